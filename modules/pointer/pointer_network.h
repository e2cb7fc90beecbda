#pragma once

#include <string>

#include "framework/core/options.h"
#include "framework/experiment.h"

namespace fovea {

/// The options of a pointer network; `fields` adds them to those of an experiment.
struct PointerOptions {
  std::string encoder = "set";  // "lstm" or "set"
  Extent hidden = 64;           // H
  Extent item_layers = 1;       // of the embedding of an item; 0: items enter as they are
  Extent process_steps = 3;     // reads of the set encoder before the first output
  std::string site = "additive | dense | softmax | none";
  Extent glimpses = 0;   // reads of the remaining items before each pointing
  double tanh_clip = 0;  // scores become clip * tanh(score); 0: as they are
  bool use_once = true;  // an item that was chosen is masked from then on
  Extent beam = 1;       // beams of the search in evaluation; 1: greedy

  void fields(Options& options);
};

/// A pointer network: an encoder reads N items, a decoder points at one of them in each of M steps.
///
/// Solves    p(y_m = n | y_<m, items) = softmax over allowed n of score(query_m, key_n). The decoder is an LSTM that starts
///           from what the encoder has read and is fed the item chosen last; the key of an item comes from the encoder.
///           Encoder "lstm" reads the items one after another and keys are its states (Vinyals et al. 2015). Encoder "set"
///           treats all items alike: keys come from the embedded items, the start from a few attention reads over them
///           by an LSTM without input (the process block of Vinyals et al. 2016), so the order of the items plays no part.
/// Shapes    inputs "items" [B, N, D] and, in training, "targets" Index [B, M].
///           Mode::kTrain: output "cost" [B], -log p of the targets, averaged over M, and the metrics sequence_accuracy and
///           element_accuracy [B] of choices made under teacher forcing.
///           Mode::kEvaluate: outputs "pointers" Index [B, N], as many steps as there are items, and "log_prob" [B]; each
///           step is fed the choice of the one before. The best beam, where `beam` > 1.
/// Errors    a site whose selector is not softmax (teacher forcing has no use for a choice), sizes below 1.
/// Cost      training: all steps at once. Greedy: keys are prepared once; a step costs one LSTM step, one product for the
///           query and N scores a row.
/// Source    Vinyals, Fortunato & Jaitly 2015, arXiv:1506.03134; Vinyals, Bengio & Kudlur 2016, arXiv:1511.06391;
///           glimpses and clipped scores: Bello et al. 2016, arXiv:1611.09940.
void pointer_network(Builder& b, const InputTypes& inputs, const PointerOptions& options);

/// The same as a model for a RunSpec.
Model pointer_model(const PointerOptions& options);

}  // namespace fovea
