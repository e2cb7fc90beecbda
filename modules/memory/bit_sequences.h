#pragma once

#include <string>

#include "framework/experiment.h"
#include "modules/memory/dnc/dnc_memory.h"
#include "modules/memory/memory_network.h"
#include "modules/memory/ntm/ntm_memory.h"
#include "modules/memory/sparse/sam_memory.h"

namespace fovea {

/// A network for sequences of vectors of bits, as in the algorithmic tasks.
struct BitSequencesOptions {
  std::string network = "ntm";  // ntm, dnc, sam, or lstm: without a memory
  ControllerOptions controller;
  NtmOptions ntm;
  DncOptions dnc;
  SamOptions sam;
};

/// The model of a run: a network that gives a score for every bit of the target at every step.
///
/// Solves    cost = mean over the bits of the judged steps of log(1 + exp(score)) - bit score.
/// Shapes    batch: input [B, T, D], target [B, T, O], mask Index [B, T] -> "cost" [B], "metric/cost_bits" [B], that of
///           the sequence in bits; in evaluation "scores" [B, T, O].
///           In evaluation a memory has at least T slots, with T of the first batch, so that no write has to reuse a slot.
/// Errors    an unknown network.
/// Source    Graves et al. 2014, arXiv:1410.5401, section 4.
Model bit_sequences(const BitSequencesOptions& options);

/// The settings that its runs share: Adam with its defaults and a falling rate, clipped gradients, evaluations in small
/// batches.
TrainSettings bit_sequences_training();

/// An experiment that trains networks on short sequences of bits and tests them on long ones. A differentiable neural
/// computer has an LSTM as its controller, and is not tested on the longest: its links take N^2 numbers at every step.
class BitSequencesExperiment : public Experiment {
 public:
  void fields(Options& options) override;
  std::vector<RunSpec> runs() const override;
  std::vector<Comparison> published() const override;

 protected:
  struct Tests {
    std::string size;   // "length"
    std::string title;  // of the table: "wrong bits of a sequence"
    Extent steps;       // of training
    Extent longest_linked;
    Extent rows;  // of a test, and of one that is longer
    Extent longer_rows;
  };
  explicit BitSequencesExperiment(Tests tests) : about_(std::move(tests)) {}

  virtual std::string task_text(Extent test) const = 0;
  std::string test_name(Extent test) const { return about_.size + "=" + std::to_string(test); }

  std::vector<Extent> tests_;
  BitSequencesOptions model_;

 private:
  RunSpec run_of(const std::string& network) const;

  Tests about_;
  std::string networks_ = "all";
  Extent baseline_ = 256;  // units of the LSTM without a memory
};

}  // namespace fovea
