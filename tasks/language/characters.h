#pragma once

#include <string>
#include <vector>

#include "framework/task.h"

// What tasks of characters have in common: text and target Index [B, T], the next character of each.
namespace fovea::characters {

/// -log2 of the probability that scores [B, T, V] give the targets, per character: one number for each row.
///
/// Errors    no output "scores" of that shape.
std::vector<double> bits(const Batch& batch, const Outputs& outputs, Extent vocabulary, const std::string& task);

/// Share of characters whose score is the highest of all; ties go to the lowest index.
std::vector<double> accuracy(const Batch& batch, const Outputs& outputs);

/// What "text", "target" and the output "scores" are, with the text of each character.
Meanings meanings(const std::vector<std::string>& texts);

}  // namespace fovea::characters
