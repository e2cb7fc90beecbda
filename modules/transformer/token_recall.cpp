#include "modules/transformer/token_recall.h"

#include <cmath>

#include "modules/layers/embedding.h"
#include "modules/layers/layer_norm.h"
#include "modules/transformer/multi_head.h"
#include "modules/transformer/positions.h"

namespace fovea {
namespace {

using Positions = MultiHeadOptions::Positions;

Value with_positions(Builder& b, Value x, const TokenRecallOptions& options) {
  if (options.positions == "sinusoid") return add_sinusoid(x);
  if (options.positions != "learned") return x;
  return add_positions(x, b.parameter("positions", {options.longest, options.width}, Init::normal(options.deviation)));
}

HeadProjections::Layer projection(Builder& b, const std::string& name, const TokenRecallOptions& options, double deviation) {
  const auto scope = b.scope(name);
  return {b.parameter("weight", {options.width, options.width}, Init::normal(deviation)),
          b.parameter("bias", {options.width}, Init::zero())};
}

HeadProjections projections(Builder& b, const TokenRecallOptions& options) {
  const double deviation = options.weight_deviation;
  return {.query = projection(b, "query", options, deviation),
          .key = projection(b, "key", options, deviation),
          .value = projection(b, "value", options, deviation),
          .output = projection(b, "output", options, deviation / std::sqrt(2.0 * static_cast<double>(options.layers)))};
}

Value attended(Builder& b, Value x, const TokenRecallOptions& options, const MultiHeadOptions& heads) {
  const auto scope = b.scope("self");
  MultiHeadAttention attention(b, projections(b, options), heads);
  return attention.attend({.queries = x}).y;
}

Value layer(Builder& b, Extent number, Value x, const TokenRecallOptions& options) {
  const auto scope = b.scope("layer_" + std::to_string(number));
  MultiHeadOptions heads{.heads = options.heads, .site = options.site, .reach = options.reach};
  if (number == 1 && !options.first_site.empty()) heads.site = options.first_site;
  if (options.kernel == "tiles") heads.kernel = MultiHeadOptions::Kernel::kTiles;
  if (options.positions == "rotary") heads.positions = Positions::kRotary;
  if (options.positions == "relative") heads.positions = Positions::kRelative;
  x = add(x, attended(b, LayerNorm(b, "self_norm", options.width)(x), options, heads));
  const Value y = LayerNorm(b, "feed_forward_norm", options.width)(x);
  if (options.hidden == 0) return add(x, y);
  TransformerOptions forward;
  forward.hidden = options.hidden;
  forward.dropout = 0;
  return add(x, feed_forward(b, "feed_forward", y, forward));
}

}  // namespace

void TokenRecallOptions::fields(Options& options) {
  options.add("width", width, "of a token's vector, a multiple of heads, >= 1", {.low = 1});
  options.add("layers", layers, "attention layers, one after the other, >= 1", {.low = 1});
  options.add("heads", heads, "of an attention, >= 1", {.low = 1});
  options.add("hidden", hidden, "width of the feed-forward layers, >= 0; 0: none", {.low = 0});
  options.add("positions", positions, "how places are told apart", {"none", "sinusoid", "learned", "rotary", "relative"});
  options.add("longest", longest, "positions=learned: the longest sequence, >= 1", {.low = 1});
  options.add("reach", reach, "positions=relative: farthest distance with its own bias, >= 1", {.low = 1});
  options.add("kernel", kernel, "of the heads: each scored by rows, or all as one site in tiles, for long sequences",
              {"rows", "tiles"});
  options.add("deviation", deviation, "of the tokens' vectors before training, > 0", {.low = 1e-6});
  options.add("weight_deviation", weight_deviation, "of the projections before training, > 0", {.low = 1e-6});
  options.add("first_site", first_site, "site of the first layer; empty: as the others");
  options.add("site", site, "of the heads: scorer | pattern | selector | estimator");
}

Model token_recall(const TokenRecallOptions& options) {
  return [options](Builder& b, const InputTypes& inputs) {
    const Value places = b.input("places", inputs.at("places"));  // [B, Q]
    const Embedding table(b, "tokens", options.vocabulary, options.width, Init::normal(options.deviation));
    Value x = with_positions(b, table(b.input("tokens", inputs.at("tokens"))), options);  // [B, T, E]
    for (Extent number = 1; number <= options.layers; ++number) x = layer(b, number, x, options);
    const Value asked = LayerNorm(b, "norm", options.width)(gather_items(x, places));  // [B, Q, E]
    const Value scores = linear(asked, table.weight());                                // [B, Q, V]
    const Value answers = argmax(scores);
    if (b.mode() == Mode::kEvaluate) {
      b.output("answers", answers);
      return;
    }
    const Value targets = b.input("targets", inputs.at("targets"));
    b.output("cost", mean(cross_entropy(scores, targets), 1));
    b.metric("accuracy", mean(equal(answers, targets), 1));
  };
}

}  // namespace fovea
