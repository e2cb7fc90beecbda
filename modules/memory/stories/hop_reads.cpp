#include "modules/memory/stories/hop_reads.h"

namespace fovea {
namespace {

// o = sum over allowed i of score_i c_i
Value read_with_scores(const Attended& attended, Value values, Value mask) {
  Value scores = attended.scores;  // [B, 1, N]
  if (!mask.is_empty()) scores = multiply(scores, unsqueeze(to_real(mask), 1));
  return squeeze(matmul(scores, values), 1);
}

}  // namespace

HopReads::HopReads(Builder& builder, HopReadsOptions options, At at) : options_(std::move(options)) {
  const Extent width = options_.width;
  for (Extent read = 0; read < options_.reads; ++read) {
    if (options_.reads == 1) {
      sites_.emplace_back(builder, options_.site, width, width, at);
      continue;
    }
    const auto scope = builder.scope("read_" + std::to_string(read));
    queries_.push_back(builder.parameter("query", {width, width}, Init::normal(0.1), at));
    sites_.emplace_back(builder, options_.site, width, width, at);
  }
  if (options_.combine != "mlp") return;
  const auto scope = builder.scope("combine");
  inner_weight_ = builder.parameter("inner/weight", {width, (options_.reads + 1) * width}, Init::glorot(), at);
  inner_bias_ = builder.parameter("inner/bias", {width}, Init::zero(), at);
  outer_weight_ = builder.parameter("outer/weight", {width, width}, Init::normal(0.1), at);
  outer_bias_ = builder.parameter("outer/bias", {width}, Init::zero(), at);
}

HopReads::Reads HopReads::operator()(const Inputs& in) {
  Reads result;
  std::vector<Value> reads;
  for (std::size_t r = 0; r < sites_.size(); ++r) {
    const Value query = queries_.empty() ? in.state : add(in.state, linear(in.state, queries_[r]));
    result.sites.push_back(sites_[r].attend({.queries = unsqueeze(query, 1),
                                             .prepared_keys = sites_[r].prepare_keys(in.keys, in.mask),
                                             .values = in.values,
                                             .mask = in.mask}));
    Value read = squeeze(result.sites.back().read, 1);
    if (!in.linear_share.is_empty()) {  // s o' + (1 - s) o
      const Value difference = subtract(read_with_scores(result.sites.back(), in.values, in.mask), read);
      read = add(read, multiply(in.linear_share, difference));
    }
    reads.push_back(read);
  }
  result.read = combined(in.state, reads);
  return result;
}

Value HopReads::combined(const Value& state, const std::vector<Value>& reads) const {
  Value total = reads.front();
  for (std::size_t r = 1; r < reads.size(); ++r) total = add(total, reads[r]);
  if (inner_weight_.is_empty()) return total;
  std::vector<Value> all{state};
  all.insert(all.end(), reads.begin(), reads.end());
  const Value inner = relu(linear(concat(all, -1), inner_weight_, inner_bias_));
  return add(total, linear(inner, outer_weight_, outer_bias_));
}

}  // namespace fovea
