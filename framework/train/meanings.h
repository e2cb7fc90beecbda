#pragma once

#include <string>

#include "framework/results/record.h"
#include "framework/task.h"

namespace fovea {

/// The name of a tensor or an output as the name of an array of the results.
std::string flat_name(std::string name);

/// What a task says of a tensor, by the name of its array or by its own; null where it says nothing.
const TensorMeaning* find_meaning(const Meanings& meanings, const std::string& array, const std::string& name);

/// Names the axes of an array of the sample of a split and says what its numbers are; null: whatever can be told from them.
void explain(Array& array, const TensorMeaning* meaning, const Meanings& all, const std::string& split);

}  // namespace fovea
