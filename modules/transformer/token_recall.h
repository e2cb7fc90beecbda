#pragma once

#include <string>

#include "framework/core/options.h"
#include "framework/experiment.h"
#include "modules/transformer/transformer.h"

namespace fovea {

/// A transformer that reads a sequence and names a token at some of its places.
struct TokenRecallOptions {
  Extent vocabulary = 8192;  // V
  Extent width = 64;         // E
  Extent layers = 2;
  Extent heads = 1;
  Extent hidden = 0;                  // of the feed-forward layers; 0: none
  std::string positions = "learned";  // as in TransformerOptions
  Extent longest = 1024;              // learned: rows of the table
  Extent reach = 16;                  // relative: farthest distance with its own bias
  std::string kernel = "rows";        // of the heads, as in TransformerOptions
  double deviation = 0.02;            // of the tokens' vectors at the start
  double weight_deviation = 0.02;     // of the projections
  std::string first_site{};           // of the first layer; empty: as the others
  std::string site = "scaled_dot | causal | softmax | none";

  void fields(Options& options);
};

/// The model of such a transformer.
///
/// Solves    x = the vectors of the tokens (and of their places); in each layer x += attention(norm(x)), then x +=
///           f(norm(x)), f feed-forward layers, or with hidden = 0 the identity; scores = norm(x) E^T only at the places
///           that are asked, E the vectors of the tokens.
/// Shapes    inputs tokens Index [B, T], places Index [B, Q] and targets Index [B, Q] -> outputs cost [B], the mean over Q,
///           and the metric accuracy; in evaluation answers Index [B, Q]. Parameters at "tokens", "layer_1", ..., "norm",
///           and "positions" where they are learned.
/// Errors    those of the sites; width not a multiple of heads; T above `longest` with learned positions.
/// Cost      B Q V E multiply-adds for the scores, B T E^2 (4 + 2 hidden / E) a layer, and that of the sites.
/// Source    Arora et al. 2023, arXiv:2312.04927: the attention model of the code for figure 2, without its dropout.
Model token_recall(const TokenRecallOptions& options);

}  // namespace fovea
