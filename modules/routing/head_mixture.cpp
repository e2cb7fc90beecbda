#include "modules/routing/head_mixture.h"

#include "framework/graph/functions.h"
#include "modules/routing/expert_linear.h"

namespace fovea {
namespace {

Site head_site(Builder& builder, const HeadMixtureOptions& options, At at) {
  const auto scope = builder.scope("head");
  return Site(builder, options.site, options.head_width, options.head_width, at);
}

}  // namespace

void HeadMixtureOptions::fields(Options& options) {
  route.fields(options);
  options.add("head_width", head_width, "width of a head, >= 1", {.low = 1});
  options.add("head_site", site, "site of every head: scorer | pattern | selector | estimator");
}

HeadMixture::HeadMixture(Builder& builder, HeadMixtureOptions options, At at)
    : options_(std::move(options)), router_(builder, options_.route, at), site_(head_site(builder, options_, at)) {
  const Extent heads = options_.route.experts;
  const Extent width = options_.route.width;
  const Extent own = options_.head_width;
  query_ = builder.parameter("query", {heads, own, width}, {}, at);
  query_bias_ = builder.parameter("query_bias", {heads, own}, Init::zero(), at);
  key_ = builder.parameter("key", {own, width}, {}, at);
  value_ = builder.parameter("value", {own, width}, {}, at);
  output_ = builder.parameter("output", {heads, width, own}, {}, at);
  output_bias_ = builder.parameter("output_bias", {heads, width}, Init::zero(), at);
}

HeadMixture::Result HeadMixture::operator()(const Inputs& inputs, At at) {
  const Value memory = inputs.memory.is_empty() ? inputs.queries : inputs.memory;
  Result result;
  result.routed = router_({.x = inputs.queries, .ids = inputs.ids}, at);
  const Value kept = result.routed.kept;
  const Value queries = expert_linear(inputs.queries, kept, query_, query_bias_, at);  // [B, M, K, H]
  const Value keys = site_.prepare_keys(linear(memory, key_, {}, at));
  const Value values = linear(memory, value_, {}, at);
  std::vector<Value> reads;
  for (Extent k = 0; k < kept.shape().last(); ++k) {
    const Value own = squeeze(slice(queries, 2, k, k + 1, at), 2);
    result.heads.push_back(site_.attend({.queries = own, .prepared_keys = keys, .values = values, .mask = inputs.mask}, at));
    reads.push_back(result.heads.back().read);
  }
  const Value outputs = expert_linear(stack(reads, 2, at), kept, output_, output_bias_, at);  // [B, M, K, D]
  result.y = sum(multiply(unsqueeze(result.routed.weights, 3), outputs, at), 2, at);
  return result;
}

}  // namespace fovea
