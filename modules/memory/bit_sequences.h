#pragma once

#include <string>

#include "framework/experiment.h"
#include "modules/memory/dnc/dnc_memory.h"
#include "modules/memory/memory_network.h"
#include "modules/memory/ntm/ntm_memory.h"
#include "modules/memory/sparse/sam_memory.h"

namespace fovea {

/// A network for sequences of vectors of bits, such as the algorithmic tasks have them.
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
/// Shapes    batch: input [B, T, D], target [B, T, O], mask Index [B, T] -> "cost" [B], "metric/cost_bits" [B], that of a
///           sequence in bits; in evaluation "scores" [B, T, O].
///           In evaluation a memory has T slots at least, as the first batch has it, so that no write meets an old one.
/// Errors    another network.
/// Source    Graves et al. 2014, arXiv:1410.5401, section 4.
Model bit_sequences(const BitSequencesOptions& options);

/// The settings that its runs share: Adam as by default with a falling rate, clipped gradients, evaluations in small
/// batches.
TrainSettings bit_sequences_training();

/// A run of one of the networks, named for it, without a task: a differentiable neural computer has an LSTM for its
/// controller, and where no memory is, that has `hidden` units.
RunSpec bit_sequences_run(const std::string& network, BitSequencesOptions model, Extent hidden);

}  // namespace fovea
