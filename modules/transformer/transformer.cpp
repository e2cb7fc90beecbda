#include "modules/transformer/transformer.h"

#include "framework/core/error.h"
#include "modules/layers/layer_norm.h"
#include "modules/layers/linear.h"
#include "modules/transformer/multi_head.h"
#include "modules/transformer/positions.h"

namespace fovea {
namespace {

MultiHeadOptions head_options(const TransformerOptions& options, const std::string& site) {
  using Positions = MultiHeadOptions::Positions;
  const Positions positions = options.positions == "rotary"     ? Positions::kRotary
                              : options.positions == "relative" ? Positions::kRelative
                                                                : Positions::kNone;
  using Kernel = MultiHeadOptions::Kernel;
  return {.heads = options.heads,
          .site = site,
          .positions = positions,
          .reach = options.reach,
          .kernel = options.kernel == "tiles" ? Kernel::kTiles : Kernel::kRows};
}

/// x with the branch f, named for its norm and its path.
template <class Branch>
Value with_branch(Builder& b, const std::string& name, Value x, const TransformerOptions& options, const Branch& f) {
  const LayerNorm norm(b, name + "_norm", x.shape().last());
  const bool is_first = options.norm == "pre";
  const Value y = f(is_first ? norm(x) : x);
  const Value sum = add(x, options.dropout > 0 ? dropout(y, options.dropout) : y);
  return is_first ? sum : norm(sum);
}

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Value with_self(Builder& b, Value x, const SequenceMask& mask, const std::string& site, const TransformerOptions& options,
                At at) {
  return with_branch(b, "self", x, options, [&](Value y) {
    const Extent width = y.shape().last();
    MultiHeadAttention attention(b, "self", {width, width}, head_options(options, site), at);
    return attention.attend({.queries = y, .mask = mask.mask, .segments = mask.segments}, at).y;
  });
}

Value with_cross(Builder& b, Value x, const DecoderMemory& memory, const TransformerOptions& options, At at) {
  return with_branch(b, "cross", x, options, [&](Value y) {
    MultiHeadOptions heads = head_options(options, options.cross_site);
    heads.positions = MultiHeadOptions::Positions::kNone;  // places of two sequences are not comparable
    MultiHeadAttention attention(b, "cross", {y.shape().last(), memory.items.shape().last()}, heads, at);
    return attention.attend({.queries = y, .memory = memory.items, .mask = memory.mask}, at).y;
  });
}

Value with_feed_forward(Builder& b, Value x, const TransformerOptions& options, At at) {
  return with_branch(b, "feed_forward", x, options, [&](Value y) {
    if (options.instead_of_feed_forward) return options.instead_of_feed_forward(b, y);
    return feed_forward(b, "feed_forward", y, options, at);
  });
}

Value with_positions(Builder& b, Value x, const TransformerOptions& options, At at) {
  if (options.positions == "sinusoid") return add_sinusoid(x, at);
  if (options.positions != "learned") return x;
  return add_positions(x, b.parameter("positions", {options.longest, x.shape().last()}, Init::normal(0.02), at), at);
}

/// Positions, the layers (given a name each) and the last norm.
template <class Layer>
Value stack_of(Builder& b, Value x, const TransformerOptions& options, At at, const Layer& layer) {
  x = with_positions(b, x, options, at);
  for (Extent i = 1; i <= options.layers; ++i) x = layer("layer_" + std::to_string(i), x);
  return options.norm == "pre" ? LayerNorm(b, "norm", x.shape().last())(x) : x;
}

}  // namespace

void TransformerOptions::fields(Options& options) {
  options.add("layers", layers, "blocks, >= 1", {.low = 1});
  options.add("heads", heads, "heads of an attention; the width is a multiple of it, >= 1", {.low = 1});
  options.add("hidden", hidden, "width of the feed-forward layers, >= 1", {.low = 1});
  options.add("dropout", dropout, "share of the elements of a branch that training drops, in [0, 1)",
              {.low = 0, .high = 0.999});
  options.add("norm", norm, "where a branch is normalised", {"pre", "post"});
  options.add("activation", activation, "of the feed-forward layers", {"gelu", "relu"});
  options.add("positions", positions, "how places are told apart", {"none", "sinusoid", "learned", "rotary", "relative"});
  options.add("longest", longest, "positions=learned: the longest sequence, >= 1", {.low = 1});
  options.add("reach", reach, "positions=relative: farthest distance with its own bias, >= 1", {.low = 1});
  options.add("kernel", kernel, "of the heads: each scored by rows, or all as one site in tiles, for long sequences",
              {"rows", "tiles"});
  options.add("encoder_site", encoder_site, "site of the encoder's heads: scorer | pattern | selector | estimator");
  options.add("decoder_site", decoder_site, "site of the decoder's heads over its own sequence");
  options.add("cross_site", cross_site, "site of the decoder's heads over the memory");
}

void TransformerOptions::check() const {
  TransformerOptions copy;
  Options known;
  copy.fields(known);
  TransformerOptions self = *this;
  Options given;
  self.fields(given);
  for (const auto& [name, text] : given.values()) known.set(name, text);
}

Value feed_forward(Builder& builder, const std::string& name, Value x, const TransformerOptions& options, At at) {
  const auto scope = builder.scope(name);
  const Extent width = x.shape().last();
  const Value inner = linear_layer(builder, "inner", x, options.hidden, Bias::kYes, at);
  const Value active = options.activation == "relu" ? relu(inner, at) : gelu(inner, at);
  const Value kept = options.dropout > 0 ? dropout(active, options.dropout, at) : active;
  return linear_layer(builder, "outer", kept, width, Bias::kYes, at);
}

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Value encoder_block(Builder& builder, const std::string& name, Value x, const SequenceMask& mask,
                    const TransformerOptions& options, At at) {
  options.check();
  const auto scope = builder.scope(name);
  return with_feed_forward(builder, with_self(builder, x, mask, options.encoder_site, options, at), options, at);
}

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Value decoder_block(Builder& builder, const std::string& name, Value x, const DecoderMemory& memory,
                    const TransformerOptions& options, At at) {
  options.check();
  const auto scope = builder.scope(name);
  const Value own = with_self(builder, x, {}, options.decoder_site, options, at);
  return with_feed_forward(builder, with_cross(builder, own, memory, options, at), options, at);
}

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Value transformer_encoder(Builder& builder, const std::string& name, Value x, const SequenceMask& mask,
                          const TransformerOptions& options, At at) {
  options.check();
  const auto scope = builder.scope(name);
  return stack_of(builder, x, options, at,
                  [&](const std::string& layer, Value y) { return encoder_block(builder, layer, y, mask, options, at); });
}

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Value transformer_decoder(Builder& builder, const std::string& name, Value x, const DecoderMemory& memory,
                          const TransformerOptions& options, At at) {
  options.check();
  const auto scope = builder.scope(name);
  return stack_of(builder, x, options, at,
                  [&](const std::string& layer, Value y) { return decoder_block(builder, layer, y, memory, options, at); });
}

}  // namespace fovea
