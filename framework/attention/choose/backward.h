#pragma once

#include "framework/attention/choose/memory.h"
#include "framework/attention/whole_items.h"

// Internal to ChooseOp.
namespace fovea {

/// One backward pass.
class ChooseBackward {
 public:
  ChooseBackward(const OpRun& run, const ChooseSetup& setup) : setup_(setup), memory_(run, setup.inputs) {}
  void pass();

 private:
  void pull();
  void pull_whole();
  void pull_penalty();
  void pull_rows(Extent b);
  void pull_row(const ChooseRow& row, const Draw& draw);
  void pull_log_prob(const ChooseRow& row, const Choice& choice, const Draw& draw, Real score, Row grad_scores) const;
  void give_grad_scores(const ChooseRow& row, ConstRow grad_scores);
  void pull_weights_by_product(Extent b);
  ConstRow grad_weights(const ChooseRow& row, const Choice& choice) const;
  void pull_values(Extent b);
  Real advantage(const ChooseRow& row) const;
  const std::span<const Real>* of_slot(std::span<const std::span<const Real>> all) const;
  // Of estimators that pull all draws of an item together, in whole_items.cpp.
  void pull_items();
  void pull_item(Extent first, Extent draws);
  DrawRun draw_run(const ChooseRow& row, std::size_t number) const;

  const ChooseSetup& setup_;
  const ChooseMemory memory_;
  Counters counters_;
};

}  // namespace fovea
