#include "modules/transformer/multi_head.h"

#include "framework/core/error.h"
#include "modules/layers/linear.h"
#include "modules/transformer/positions.h"

namespace fovea {
namespace {

HeadProjections::Layer layer(Builder& builder, const std::string& name, Extent inputs, Extent outputs, At at) {
  const Linear declared(builder, name, inputs, outputs, Bias::kYes, at);
  return {declared.weight(), declared.bias()};
}

Value apply(Value x, const HeadProjections::Layer& by, At at) { return linear(x, by.weight, by.bias, at); }

}  // namespace

MultiHeadAttention::MultiHeadAttention(Builder& builder, const std::string& name, Widths widths,
                                       const MultiHeadOptions& options, At at)
    : options_(options) {
  const auto scope = builder.scope(name);
  layers_ = {.query = layer(builder, "query", widths.queries, widths.queries, at),
             .key = layer(builder, "key", widths.memory, widths.queries, at),
             .value = layer(builder, "value", widths.memory, widths.queries, at),
             .output = layer(builder, "output", widths.queries, widths.queries, at)};
  declare_heads(builder, at);
}

MultiHeadAttention::MultiHeadAttention(Builder& builder, const HeadProjections& layers, const MultiHeadOptions& options,
                                       At at)
    : options_(options), layers_(layers) {
  declare_heads(builder, at);
}

void MultiHeadAttention::declare_heads(Builder& builder, At at) {
  const Extent width = layers_.query.weight.shape()[0];
  if (options_.heads < 1 || width % options_.heads != 0) {
    throw Error(builder.place("multi_head_attention"),
                "a width that is a multiple of the heads was expected; the width is " + std::to_string(width) +
                    " and there are " + std::to_string(options_.heads) + " heads; change one of them.");
  }
  if (options_.reach < 1) {
    throw Error(builder.place("multi_head_attention"),
                "a reach >= 1 was expected; it is " + std::to_string(options_.reach) + "; give a farther one.");
  }
  width_ = width / options_.heads;
  if (options_.kernel == MultiHeadOptions::Kernel::kTiles) {
    if (options_.positions == MultiHeadOptions::Positions::kRelative) {
      throw Error(builder.place("multi_head_attention"),
                  "positions without a bias of the scores were expected in tiles; relative ones came; use rotary or rows.");
    }
    const auto scope = builder.scope("heads");
    heads_.push_back({Site(builder, options_.site, width_, width_, at), {}});
    return;
  }
  for (Extent head = 0; head < options_.heads; ++head) {
    const auto scope = builder.scope("head_" + std::to_string(head + 1));
    Value distances;
    if (options_.positions == MultiHeadOptions::Positions::kRelative) {
      distances = builder.parameter("distances", {2 * options_.reach + 1}, Init::zero(), at);
    }
    heads_.push_back({Site(builder, options_.site, width_, width_, at), distances});
  }
}

Attended MultiHeadAttention::attend_tiles(const Projected& projected, const Inputs& inputs, At at) {
  const Value mask = inputs.mask;
  if (!mask.is_empty() && mask.shape().rank() != 2) {
    throw Error("multi_head_attention", "a mask of items [B, N] was expected in tiles; " + mask.shape().text() +
                                            " came; write which pairs exist as a pattern (at " + at.text() + ").");
  }
  return heads_.front().site.attend_heads({.queries = projected.queries,
                                           .items = projected.keys,
                                           .values = projected.values,
                                           .mask = mask,
                                           .query_segments = inputs.segments,
                                           .item_segments = inputs.segments,
                                           .heads = options_.heads,
                                           .item_heads = options_.heads},
                                          at);
}

void MultiHeadAttention::check_segments(const Inputs& inputs, At at) const {
  if (inputs.segments.is_empty()) return;
  if (!inputs.mask.is_empty() || !inputs.memory.is_empty()) {
    throw Error("multi_head_attention",
                "only segments were expected, for self-attention; a mask or a memory came with them; give padding a "
                "segment of -1 (at " +
                    at.text() + ").");
  }
  if (heads_.front().site.groups_keys()) {
    throw Error("multi_head_attention",
                "separate sequences were expected by a pattern that groups keys; segments came with '" +
                    heads_.front().site.text() + "'; give each sequence its own row (at " + at.text() + ").");
  }
}

MultiHeadAttention::Result MultiHeadAttention::attend(const Inputs& inputs, At at) {
  check_segments(inputs, at);
  const Value memory = inputs.memory.is_empty() ? inputs.queries : inputs.memory;
  Value queries = apply(inputs.queries, layers_.query, at);
  Value keys = apply(memory, layers_.key, at);
  const Value values = apply(memory, layers_.value, at);
  if (options_.positions == MultiHeadOptions::Positions::kRotary) {
    queries = rotate_positions(queries, {.width = width_}, at);
    keys = rotate_positions(keys, {.width = width_}, at);
  }
  Result result;
  if (options_.kernel == MultiHeadOptions::Kernel::kTiles) {
    result.heads.push_back(attend_tiles({queries, keys, values}, inputs, at));
    result.y = apply(result.heads.back().read, layers_.output, at);
    return result;
  }
  const Value mask = inputs.segments.is_empty() ? inputs.mask : same_segment(inputs.segments, inputs.segments, at);
  std::vector<Value> reads;
  const bool is_of_keys = !mask.is_empty() && mask.shape().rank() == 2;
  Extent begin = 0;
  for (Head& head : heads_) {
    const auto block = [&](Value x) { return slice(x, 2, begin, begin + width_, at); };
    Site::Inputs of_head{.queries = block(queries),
                         .prepared_keys = head.site.prepare_keys(block(keys), is_of_keys ? mask : Value{}),
                         .values = block(values),
                         .mask = mask};
    if (!head.distances.is_empty()) of_head.bias = relative_bias(head.distances, queries, keys, at);
    result.heads.push_back(head.site.attend(of_head, at));
    reads.push_back(result.heads.back().read);
    begin += width_;
  }
  result.y = apply(concat(reads, 2, at), layers_.output, at);
  return result;
}

}  // namespace fovea
