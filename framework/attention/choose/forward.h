#pragma once

#include "framework/attention/choose/memory.h"

// Internal to ChooseOp.
namespace fovea {

/// One forward pass.
class ChooseForward {
 public:
  ChooseForward(const OpRun& run, const ChooseSetup& setup) : setup_(setup), memory_(run, setup.inputs) {}
  void pass();

 private:
  void choose_whole();
  void choose_rows();
  void choose_row(const ChooseRow& row, const Draw& draw);
  bool choose(ConstRow scores, const Draw& draw, Choice& choice) const;
  Real* log_prob_of(Extent b) const;
  void read();
  void spread();

  const ChooseSetup& setup_;
  const ChooseMemory memory_;
  Counters counters_;
};

}  // namespace fovea
