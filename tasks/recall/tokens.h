#pragma once

#include <string>
#include <vector>

#include "framework/task.h"
#include "tasks/data/lines.h"

// What tasks of tokens share: a sequence is read, and at a few of its places a token is asked for.
namespace fovea::tokens {

/// The tensors of a batch: tokens Index [B, T], all 0; places Index [B, Q], where a token is asked for; targets Index
/// [B, Q], which one, -1: none. What is not set yet is -1.
struct Labelled {
  Tensor tokens, places, targets;

  Labelled(Batch& batch, Extent length, Extent questions);
  Extent length() const { return tokens.shape()[1]; }
  Extent questions() const { return places.shape()[1]; }
  Index* row(Extent b) const { return tokens.index() + b * length(); }
  void ask(Extent b, Extent question, Extent place, Index target) const;
};

/// Whether each target is right: accuracy, the share of a sequence's targets, and exact, 1 where all of them are. Errors: no
/// Index output "answers" of the shape of the targets.
Judgement judged(const Batch& batch, const Outputs& outputs, const std::string& task);

/// The tokens of a line that a user has written: whole numbers in [low, high], at least one.
///
/// Errors    data::LineError.
std::vector<Index> tokens_in(const data::Field& line, const std::string& what, Extent low, Extent high);

/// The output "answers" of an item: tokens, separated by spaces. Errors: there is none.
std::string answer(const Outputs& outputs, Extent row, const std::vector<std::string>& words = {});

/// What these tensors and the output "answers" are; `words` are the names of the tokens, empty: there are none.
Meanings meanings(const std::vector<std::string>& words = {});

/// The first tokens of an item, and each place that is asked with its target; `words` are the names of the tokens, empty:
/// their numbers.
std::string text(const Batch& batch, Extent row, const std::vector<std::string>& words = {});

}  // namespace fovea::tokens
