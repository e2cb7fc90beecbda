#pragma once

// The header of models that attend: Site, its text, and what it gives.
#include "framework/attention/site/site.h"
