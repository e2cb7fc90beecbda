#pragma once

#include <string>
#include <vector>

#include "framework/results/record.h"

namespace fovea::cli {

/// What the sites of a record chose for each item of its sample, as `fovea reads` prints it: for people. Of sites that ask
/// too often for that, a sentence.
std::vector<std::string> explained_items(RunRecord record);

}  // namespace fovea::cli
