#pragma once

#include "framework/ops/checks.h"
#include "modules/program/machine.h"

namespace fovea::program {

/// The parts that all ops of a machine have in common; no gradient passes them.
class MachineOp : public Op {
 public:
  explicit MachineOp(Instructions set) : set_(std::move(set)) {}
  bool is_differentiable() const final { return false; }

 protected:
  const InstructionSet& set() const { return *set_; }
  /// The operation of a number in [0, O); null for halt and -1.
  const InstructionSet::Operation* operation(Index number) const {
    if (number > set_->halt()) reject_index(name(), 0, number, -1, set_->halt() + 1);
    return number < 0 || number == set_->halt() ? nullptr : &set_->operations[number];
  }
  void require_words(const Type& words) const {
    require_index(name(), words, "words");
    if (words.shape.rank() == 3 && words.shape[2] == set_->registers) return;
    reject(name(), "words [B, P, R] with R = " + std::to_string(set_->registers) + " were expected; " +
                       describe("words", words) + " came; give a word for each register.");
  }

 private:
  Instructions set_;
};

/// Errors where `wanted` is not Index [B, P, L] for words [B, P, R], L of at most R.
void require_wanted(std::string_view op, const Type& words, const Type& wanted);

}  // namespace fovea::program
