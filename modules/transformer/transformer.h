#pragma once

#include <functional>
#include <string>

#include "framework/core/options.h"
#include "framework/graph/functions.h"

// Blocks of a transformer. Each function declares its parameters at the scope of its name and applies them once. Axis
// letters: B batch, T time, S time of the memory, E width.
namespace fovea {

/// The options of blocks and stacks; `fields` adds them to those of an experiment.
struct TransformerOptions {
  Extent layers = 2;
  Extent heads = 4;
  Extent hidden = 256;  // of the feed-forward layers
  double dropout = 0.1;
  std::string norm = "pre";            // "pre" or "post"
  std::string activation = "gelu";     // "gelu" or "relu"
  std::string positions = "sinusoid";  // "none", "sinusoid", "learned", "rotary" or "relative"
  Extent longest = 256;                // learned: rows of the table
  Extent reach = 16;                   // relative: the farthest distance with its own bias
  std::string kernel = "rows";         // of the heads: "rows", or "tiles" without any [T, T]
  std::string encoder_site = "scaled_dot | dense | softmax | none";
  std::string decoder_site = "scaled_dot | causal | softmax | none";
  std::string cross_site = "scaled_dot | dense | softmax | none";
  /// What replaces the feed-forward layers of a block, at the block's scope: x [B, T, E] -> [B, T, E]; empty:
  /// `feed_forward`.
  std::function<Value(Builder&, Value)> instead_of_feed_forward = {};

  void fields(Options& options);
  /// Errors    an unknown name; a size out of its bounds.
  void check() const;
};

/// Two layers applied equally to every item: y = W2 drop(f(W1 x + b1)) + b2.
///
/// Shapes    x [..., E] -> [..., E]; parameters at "inner" [hidden, E] and "outer" [E, hidden].
/// Source    Vaswani et al. 2017, arXiv:1706.03762, section 3.3.
Value feed_forward(Builder& builder, const std::string& name, Value x, const TransformerOptions& options,
                   At at = At::here());

/// What limits self-attention besides the pattern of its site: one of the two, or neither.
struct SequenceMask {
  // NOLINTNEXTLINE(google-explicit-constructor): a mask of items is one as it stands
  SequenceMask(Value of_items = {}, Value of_sequences = {}) : mask(of_items), segments(of_sequences) {}
  Value mask;      // Index [B, T] or [B, T, T], 1 = allowed
  Value segments;  // Index [B, T]: sequences packed into one; a position sees those of its segment, which is not negative.
                   // Places continue from one to the next: use relative or rotary positions, or none.
};

/// Self-attention, then feed-forward layers, each as a branch f beside its input: x + drop(f(norm(x))) where norm is "pre",
/// norm(x + drop(f(x))) where it is "post".
///
/// Shapes    x [B, T, E] -> [B, T, E]. Parameters at "self",
///           "self_norm", "feed_forward", "feed_forward_norm".
/// Source    post: Vaswani et al. 2017, section 3.1; pre: Xiong et al. 2020, arXiv:2002.04745.
Value encoder_block(Builder& builder, const std::string& name, Value x, const SequenceMask& mask,
                    const TransformerOptions& options, At at = At::here());

/// What a decoder reads besides its own sequence.
struct DecoderMemory {
  Value items;   // [B, S, D]
  Value mask{};  // Index [B, S] or [B, T, S] or empty
};

/// Self-attention (causal by its site), attention over the memory, feed-forward layers; branches as in encoder_block.
///
/// Shapes    x [B, T, E] -> [B, T, E]. Parameters as in encoder_block, and at "cross", "cross_norm".
Value decoder_block(Builder& builder, const std::string& name, Value x, const DecoderMemory& memory,
                    const TransformerOptions& options, At at = At::here());

/// Positions, `layers` blocks "layer_1", "layer_2", ..., and with "pre" a last norm.
///
/// Shapes    as those of the blocks; parameters at "positions" (learned: [longest, E]), the layers, "norm" (pre).
Value transformer_encoder(Builder& builder, const std::string& name, Value x, const SequenceMask& mask,
                          const TransformerOptions& options, At at = At::here());
Value transformer_decoder(Builder& builder, const std::string& name, Value x, const DecoderMemory& memory,
                          const TransformerOptions& options, At at = At::here());

}  // namespace fovea
