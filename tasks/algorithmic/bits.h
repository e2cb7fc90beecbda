#pragma once

#include <string>
#include <vector>

#include "framework/task.h"
#include "tasks/data/lines.h"

// What the algorithmic tasks share: sequences of vectors of bits, of which a part is the answer.
namespace fovea::bits {

/// A size that is drawn once for each batch: the number of vectors, of items, of repeats.
///
/// uniform draws it from [low, high]; mixed draws the upper end first, uniformly, and then the size, so that small ones are
/// frequent and large ones still occur. The test split takes `test` where it is above 0, and else draws uniformly.
struct Sizes {
  Extent low = 1;
  Extent high = 20;
  Extent test = 0;
  std::string curriculum = "uniform";

  /// Adds min_NAME, max_NAME, test_NAME; `what` is the noun of their help.
  void fields(Options& options, const std::string& name, const std::string& what);
  void add_curriculum(Options& options);
  void check(const std::string& task) const;
  Extent drawn(Rng& rng, Split split) const;
};

/// The tensors of a batch, all zero: input [B, T, inputs], target [B, T, outputs], mask Index [B, T].
struct Sequences {
  Tensor input, target, mask;

  Sequences(Batch& batch, Extent steps, Extent inputs, Extent outputs);
  Real* input_at(Extent row, Extent step) const { return input.real() + (row * steps() + step) * input.shape().last(); }
  /// Marks the step as judged.
  Real* target_at(Extent row, Extent step) const;
  Extent steps() const { return input.shape()[1]; }
};

using Vector = std::vector<Real>;  // of bits

/// `count` random bits.
Vector drawn(Rng& rng, Extent count);

/// The bits of a word that a user has written, such as "1011"; the words of a part of a line, at least one.
///
/// Errors    data::LineError: another number of bits, or anything else.
Vector vector_of(const data::Field& word, Extent bits);
std::vector<Vector> vectors_in(const data::Field& line, Extent bits);
/// "vectors of 4 bits, separated by spaces", with an example where it is short.
std::string format(Extent bits);

/// What the output "scores" says at the steps that are judged, or, where nothing says which, at all: vectors, separated by
/// spaces. A channel after the bits is the mark of the end. Errors: no Real "scores" of the steps and bits.
std::string answer(const Batch& batch, const Outputs& outputs, Extent row, Extent bits, const std::string& task);

/// Whether every judged bit has the sign of its score: exact, wrong_bits (a sequence) and cost_bits, the cost of the
/// sequence in bits by the sigmoids of the scores. Errors: no Real "scores" of the shape of the target.
Judgement judged(const Batch& batch, const Outputs& outputs, const std::string& task);

/// What these tensors and the output "scores" are.
Meanings meanings();

/// An item as people read it: time goes to the right, # is 1, . is 0, blank is not judged.
std::string text(const Batch& batch, Extent row);

}  // namespace fovea::bits
