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

/// The tensors of a batch for texts of this length.
struct Texts {
  Tensor text, target;  // Index [B, T]
  Texts(Batch& batch, Extent length);
};

/// The only row of a batch: a text that a user has written, and each next character; the last one is not known, and 0.
void write(const std::vector<Index>& characters, Batch& batch);

/// The three most probable characters after the end of a text, with their probabilities: "e 61 %, a 20 %, ' ' 8 %"; `texts`
/// are those of the characters. Errors: no output "scores" of the text and the characters.
std::string answer(const Batch& batch, const Outputs& outputs, Extent row, const std::vector<std::string>& texts,
                   const std::string& task);

/// What "text", "target" and the output "scores" are, with the text of each character.
Meanings meanings(const std::vector<std::string>& texts);

}  // namespace fovea::characters
