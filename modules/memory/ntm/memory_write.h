#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// memory [B, N, D], weights [B, N], erase [B, D], added [B, D] -> memory_n (1 - w_n erase) + w_n added [B, N, D].
OpPointer make_memory_write();

}  // namespace fovea
