#pragma once

#include <string>

#include "framework/attention/choose/memory.h"
#include "framework/ops/thorough.h"

// Internal to ChooseOp.
namespace fovea {

/// One forward pass.
class ChooseForward {
 public:
  ChooseForward(const OpRun& run, const ChooseSetup& setup)
      : setup_(setup), memory_(run, setup.inputs), is_thorough_(fovea::is_thorough()) {}
  void pass();

 private:
  void choose_whole();
  void choose_rows();
  void choose_row(const ChooseRow& row, const Draw& draw);
  void select_whole(Extent begin, Extent end, std::span<const Rng> rngs) const;
  bool choose(ConstRow scores, const Draw& draw, Choice& choice) const;
  bool is_by_estimator() const;
  bool is_drawn(const Draw& draw) const;
  std::string chooser(const char* function) const;
  Real* log_prob_of(Extent b) const;
  void read();
  void spread();

  const ChooseSetup& setup_;
  const ChooseMemory memory_;
  const bool is_thorough_;
  Counters counters_;
};

}  // namespace fovea
