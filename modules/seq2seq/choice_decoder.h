#pragma once

#include <string>

#include "framework/core/options.h"
#include "modules/seq2seq/decoder.h"

// A recurrent decoder whose state does not depend on what it reads, so that the choices of all words are independent given
// the words before, and a sum over them all is a product of sums over items. Axis letters as in decoder.h, F width of the
// hidden layer before the words.
namespace fovea::seq2seq {

/// The options of a decoder; `fields` adds them to those of an experiment, except for sizes that the task decides.
struct ChoiceDecoderOptions {
  Extent words = 0;    // V, target words
  Extent outputs = 0;  // M, words written in evaluation
  Extent embedding = 32;
  Extent hidden = 64;  // H and F
  std::string site = "bilinear | dense | softmax | none";
  std::string attention = "read";  // or "marginal", "draws"

  void fields(Options& options);
};

/// A decoder that looks at the memory for each word, without feeding back what it has seen.
///
/// Solves    h_0 = tanh(W summary + b); h_m = GRU(e(y_{m-1}), h_{m-1}); the site weighs items by the query h_m: w_mn;
///           f(x) = softmax(U tanh(P h_m + Q x + c)) is the distribution of word m where x was seen. Then
///             read      p(y_m) = f(sum over n of w_mn x_n): what is read is mixed, softly or by a hard choice;
///             marginal  p(y_m) = sum over n of w_mn f(x_n): what is written is mixed. With the selector softmax this is the
///                       exact marginal likelihood of hard attention, summed over all N^M alignments;
///             draws     as read with one item, trained by several draws of each word alone (see word_draws.h): for
///                       estimators that compare draws, such as unordered_set. Written: f of the best item.
/// Shapes    memory [B, N, D], targets Index [B, M] in [-1, V); -1 costs nothing. The site is at "steps/attention", in
///           training with M queries at once and in evaluation with one a step, so that its pattern has to be dense.
/// Outputs   teach: "cost" [B], -log p of the targets averaged over M. decode_choices: as decode_greedily, where the
///           probability of the words is that of the sums above; the weights that the site publishes are w.
/// Errors    words, outputs, embedding or hidden below 1; a pattern that is not dense; marginal with an estimator; draws
///           with what word_draws.h refuses.
/// Cost      marginal: B M N (F + F V) multiply-adds for the words, in place of B M (F + F V); draws: with R in place of N.
/// Source    Wu, Shapiro & Cotterell 2018, arXiv:1808.10024, sections 2 to 4: their model without input feeding; with sparse
///           weights Correia et al. 2020, arXiv:2007.01919.
void teach_choices(Builder& b, const Memory& memory, Value targets, const ChoiceDecoderOptions& options);
void decode_choices(Builder& b, const Memory& memory, const ChoiceDecoderOptions& options);

}  // namespace fovea::seq2seq
