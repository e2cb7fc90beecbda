#include "modules/routing/memory_mixture.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class SlotsOfOp final : public Op {
 public:
  SlotsOfOp(Extent memories, Extent slots) : memories_(memories), slots_(slots) {}
  std::string_view name() const override { return "slots_of"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"opened Index [B, M]"});
    return {Type{in[0].shape.inserted(2, memories_ * slots_), Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    Index* out = run.out[0].index();
    std::fill_n(out, run.out[0].size(), Index{0});
    for (Extent row = 0; row < run.in[0].size(); ++row, out += memories_ * slots_) {
      const Index opened = run.in[0].index()[row];
      if (opened < -1 || opened >= memories_) reject_index(name(), row, opened, -1, memories_);
      if (opened >= 0) std::fill_n(out + opened * slots_, slots_, Index{1});
    }
  }
  bool is_differentiable() const override { return false; }
  BackwardReads backward_reads() const override { return {0, 0}; }

 private:
  Extent memories_;
  Extent slots_;
};

RouterOptions route_of(const MemoryMixtureOptions& options) {
  RouterOptions route = options.route;
  route.keys = options.keys == "mean" ? RouterOptions::Keys::kGiven : RouterOptions::Keys::kLearned;
  return route;
}

Site read_site(Builder& builder, const MemoryMixtureOptions& options, At at) {
  const auto scope = builder.scope("read");
  return Site(builder, options.site, options.route.width, options.route.width, at);
}

}  // namespace

void MemoryMixtureOptions::fields(Options& options) {
  route.fields(options);
  options.add("memory_keys", keys, "keys of the memories: the mean of those of their slots, or learned",
              {"mean", "learned"});
  options.add("read_site", site, "site of every read: scorer | pattern | selector | estimator");
}

MemoryMixture::MemoryMixture(Builder& builder, MemoryMixtureOptions options, At at)
    : options_(std::move(options)), router_(builder, route_of(options_), at), site_(read_site(builder, options_, at)) {}

MemoryMixture::Result MemoryMixture::operator()(const Inputs& inputs, At at) {
  const Shape& keys = inputs.keys.shape();
  const Shape& values = inputs.values.shape();
  if (keys.rank() != 4 || values.rank() != 4 || keys.without(-1) != values.without(-1) ||
      keys[1] != options_.route.experts) {
    throw at.error("memory_mixture", "keys [B, E, S, D] and values [B, E, S, V] of " +
                                         std::to_string(options_.route.experts) + " memories were expected; " + keys.text() +
                                         " and " + values.text() + " came; give each equally many slots");
  }
  const Extent slots = keys[2];
  Result result;
  Router::Inputs route{.x = inputs.queries, .ids = inputs.ids};
  if (options_.keys == "mean") route.keys = mean(inputs.keys, 2, at);  // [B, E, D]
  result.routed = router_(route, at);
  const Value all_keys = site_.prepare_keys(reshape(inputs.keys, {0, keys[1] * slots, keys[3]}, at));
  const Value all_values = reshape(inputs.values, {0, keys[1] * slots, values[3]}, at);
  std::vector<Value> reads;
  for (Extent k = 0; k < result.routed.kept.shape().last(); ++k) {
    const Value opened = squeeze(slice(result.routed.kept, 2, k, k + 1, at), 2);
    result.reads.push_back(site_.attend({.queries = inputs.queries,
                                         .prepared_keys = all_keys,
                                         .values = all_values,
                                         .mask = slots_of(opened, keys[1], slots, at)},
                                        at));
    reads.push_back(result.reads.back().read);
  }
  result.y = sum(multiply(unsqueeze(result.routed.weights, 3), stack(reads, 2, at), at), 2, at);
  return result;
}

Value slots_of(Value opened, Extent memories, Extent slots, At at) {
  const std::vector<Value> inputs{opened};
  return innermost(inputs, at).add(std::make_shared<SlotsOfOp>(memories, slots), inputs, "", at);
}

}  // namespace fovea
