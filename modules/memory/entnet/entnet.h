#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/attention/site/site.h"
#include "framework/core/options.h"
#include "modules/layers/gated_sentence.h"

namespace fovea {

/// The options of a recurrent entity network; `fields` adds them to those of an experiment.
struct EntNetOptions {
  Extent words = 0;            // V, of the vocabulary; set by the model, as the two below
  Extent statement_words = 0;  // the most words of a statement
  Extent question_words = 0;
  Extent width = 100;
  Extent slots = 20;
  std::string encoding = "mask";    // or "position", "bag_of_words", "gru"
  std::vector<Extent> key_words{};  // numbers of words whose vectors are the keys; set by the model; none: keys are learned
  std::string write = "all";        // or the site of the writes
  std::string site = "dot | dense | softmax | none";

  void fields(Options& options);
};

/// A recurrent entity network: slots that each follow one thing through a story, written sentence by sentence by gates.
///
/// Solves    a sentence s = sum over j of f_j * x_j, with a mask f_j learned for each place. Slot n has a key w_n and a
///           state h_n, which is w_n at first. For each sentence of the story, gate_n = sigmoid(s . h_n + s . w_n),
///           h_n = h_n + gate_n phi(U h_n + V w_n + W s), and h_n is divided by its norm; phi is prelu. A sentence that is
///           masked changes nothing. The question q is encoded with its own masks; the site reads u among the slots, and
///           the scores of the answer are R phi(q + H u).
///           `write`: "all" slots by their gates alone; or a site of queries s and keys h_n + w_n, whose scores, instead
///           of s . (h_n + w_n), and weights give gate_n = weight_n sigmoid(score_n): only chosen slots are written.
///           `key_words`: w_n is the vector of a word, one slot for each.
/// Shapes    story Index [B, T, J], question Index [B, L], mask Index [B, T] or empty -> scores [B, V], states [B, N, D];
///           word 0 is padding. Parameters at the current scope: embedding [V, D], mask_statement [J, D] and mask_question
///           [L, D] (encoding mask) or gru/..., keys [N, D], slot/state, slot/key, slot/sentence [D, D], slot/slope [1],
///           answer/read [D, D], answer/slope [1], answer/weight [V, D].
/// Gradient  exact, and that of the sites.
/// Errors    no words or lengths; key words outside the vocabulary.
/// Cost      N D^2 multiply-adds a sentence: with write=all in one op (see modules/memory/entnet/entity_memory.h), else in a
///           loop.
/// Source    Henaff et al. 2017, arXiv:1612.03969, sections 2 and 4.2: normal weights of deviation 0.1, masks and slopes 1.
class EntNet {
 public:
  EntNet(Builder& builder, EntNetOptions options, At at = At::here());

  struct Answer {
    Value scores;   // [B, V]
    Attended read;  // queries [B, 1, D] of the slots
    Value states;   // [B, N, D], after the story
  };
  Answer operator()(Value story, Value question, Value mask = {});

 private:
  void declare(Builder& builder, At at);
  Value encoded(Value words, Value masks) const;
  Value written(Value sentences, Value mask) const;
  Value written_by_site(Value sentences, Value mask);

  EntNetOptions options_;
  std::optional<GatedSentence> gru_;
  Value embedding_, statement_masks_, question_masks_;
  Value keys_, state_weight_, key_weight_, sentence_weight_, slope_;
  Value read_weight_, read_slope_, answer_;
  std::optional<Site> write_;
  std::optional<Site> read_;
};

}  // namespace fovea
