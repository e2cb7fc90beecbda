#include "modules/routing/assign.h"

#include <algorithm>
#include <string>

#include "framework/core/error.h"
#include "framework/core/registered.h"
#include "framework/core/span.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class AssignOp final : public Op {
 public:
  enum Output : std::size_t { kWanted, kKept, kCount, kDropped };

  AssignOp(std::shared_ptr<const RoutingPolicy> policy, AssignSizes sizes, bool has_bias)
      : policy_(std::move(policy)), traits_(policy_->traits()), sizes_(sizes) {
    std::size_t next = traits_.has_site ? 1 : 0;
    if (traits_.reads_scores) scores_ = next++;
    if (has_bias) bias_ = next++;
    if (traits_.reads_ids) ids_ = next++;
  }

  std::string_view name() const override { return "assign"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Shape rows = traits_.has_site ? in[0].shape.without(-1) : in[ids_].shape;
    const Shape pairs = rows.inserted(rows.rank(), sizes_.experts);
    const bool fits = rows.rank() == 2 && (!traits_.has_site || in[0] == Type{pairs, Kind::kReal}) &&
                      (scores_ == kNone || in[scores_] == Type{pairs, Kind::kReal}) &&
                      (bias_ == kNone || in[bias_] == Type{{sizes_.experts}, Kind::kReal}) &&
                      (ids_ == kNone || in[ids_] == Type{rows, Kind::kIndex});
    if (!fits) {
      std::string came;
      for (const Type& type : in) came += (came.empty() ? "" : ", ") + describe("input", type);
      reject(name(), came + " do not fit " + std::to_string(sizes_.experts) +
                         " experts; give gates and scores [B, M, E], a bias [E] and ids (Index) [B, M].");
    }
    const Extent most = policy_->places(sizes_.experts, sizes_.offered);
    expect("places", "a number of places", most, 1, sizes_.experts);
    const Shape places = rows.inserted(2, most);
    return {{places, Kind::kIndex}, {places, Kind::kIndex}, {rows, Kind::kIndex}, {rows, Kind::kIndex}};
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Shape rows = traits_.has_site ? in[0].shape : in[ids_].shape;
    return {{{policy_->scratch(rows[1], sizes_.experts)}, Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    for (const std::size_t o : {kWanted, kKept}) std::fill_n(run.out[o].index(), run.out[o].size(), Index{-1});
    for (const std::size_t o : {kCount, kDropped}) std::fill_n(run.out[o].index(), run.out[o].size(), Index{0});
    const Shape& shape = run.out[kWanted].shape();
    for (Extent b = 0; b < shape[0]; ++b) {
      const Assignment given = element(run, b);
      policy_->assign(given);
      check(given);
    }
  }

  // Whole numbers, so that sums over shards are exact in any order.
  void backward(const OpRun& run) const override {
    if (bias_ == kNone || !run.wants(bias_)) return;
    Real* grad = run.grad_in[bias_].real();
    const Index* wanted = run.out[kWanted].index();
    for (Extent i = 0; i < run.out[kWanted].size(); ++i) {
      if (wanted[i] < 0) continue;
      grad[wanted[i]] += static_cast<Real>(sizes_.experts);
      for (Extent e = 0; e < sizes_.experts; ++e) grad[e] -= 1;
    }
  }

  bool is_differentiable() const override { return bias_ != kNone; }
  bool starts_gradient() const override { return bias_ != kNone; }
  BackwardReads backward_reads() const override { return {0, 1U << kWanted}; }

 private:
  static constexpr std::size_t kNone = ~std::size_t{0};

  void expect(const char* function, const char* what, Extent came, Extent least, Extent most) const {
    if (came >= least && came <= most) return;
    throw Error(registered(*policy_) + ", " + function, std::string(what) + " from " + std::to_string(least) + " to " +
                                                            std::to_string(most) + " was expected; " + std::to_string(came) +
                                                            " came; correct the policy.");
  }

  // A wrong number would be read as the place of an expert.
  void check(const Assignment& given) const {
    for (Extent row = 0; row < given.rows; ++row) {
      const Index count = given.counts[row];
      expect("assign", "a count", count, 0, given.places);
      for (Extent place = 0; place < given.places; ++place) {
        const Index kept = given.kept[row * given.places + place];
        if (place < count) expect("assign", "an expert in `kept`", kept, 0, given.experts - 1);
        if (place >= count) expect("assign", "what `kept` holds behind the count", kept, -1, -1);
        expect("assign", "an expert in `wanted`", given.wanted_of(row, place), -1, given.experts - 1);
      }
    }
  }

  Assignment element(const OpRun& run, Extent b) const {
    const Shape& shape = run.out[kWanted].shape();
    const Extent rows = shape[1];
    const auto part = [b](auto* data, Extent size) { return std::span(data + b * size, static_cast<std::size_t>(size)); };
    Assignment of;
    of.rows = rows;
    of.experts = sizes_.experts;
    of.places = shape[2];
    if (traits_.has_site) of.gates = part(static_cast<const Real*>(run.in[0].real()), rows * sizes_.experts);
    if (scores_ != kNone) of.scores = part(static_cast<const Real*>(run.in[scores_].real()), rows * sizes_.experts);
    if (bias_ != kNone) of.bias = span_of(run.in[bias_].real(), sizes_.experts);
    if (ids_ != kNone) of.ids = part(static_cast<const Index*>(run.in[ids_].index()), rows);
    of.rng = run.rng(b);
    of.mode = run.context->mode;
    of.scratch = span_of(run.workspace[0].real(), run.workspace[0].size());
    of.wanted = part(run.out[kWanted].index(), rows * shape[2]);
    of.kept = part(run.out[kKept].index(), rows * shape[2]);
    of.counts = part(run.out[kCount].index(), rows);
    of.dropped = part(run.out[kDropped].index(), rows);
    return of;
  }

  std::shared_ptr<const RoutingPolicy> policy_;
  RoutingPolicy::Traits traits_;
  AssignSizes sizes_;
  std::size_t scores_ = kNone;  // places of the inputs after the gates
  std::size_t bias_ = kNone;
  std::size_t ids_ = kNone;
};

class PickOp final : public Op {
 public:
  std::string_view name() const override { return "pick"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"x [..., E]", "kept Index [..., K]"});
    return {types.type("[..., K]")};
  }

  void forward(const OpRun& run) const override {
    const Extent width = run.in[0].shape().last();
    const Extent places = run.in[1].shape().last();
    for (Extent i = 0; i < run.in[1].size(); ++i) {
      const Index kept = run.in[1].index()[i];
      if (kept < -1 || kept >= width) reject_index(name(), i, kept, -1, width);
      run.out[0].real()[i] = kept < 0 ? Real{0} : run.in[0].real()[i / places * width + kept];
    }
  }

  // y_k = x_(kept_k)  =>  grad_x_(kept_k) += grad_y_k
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Extent width = run.in[0].shape().last();
    const Extent places = run.in[1].shape().last();
    for (Extent i = 0; i < run.in[1].size(); ++i) {
      const Index kept = run.in[1].index()[i];
      if (kept >= 0) run.grad_in[0].real()[i / places * width + kept] += run.grad_out[0].real()[i];
    }
  }

  BackwardReads backward_reads() const override { return {2, 0}; }
};

class NormalLikeOp final : public Op {
 public:
  std::string_view name() const override { return "normal_like"; }
  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [..., E]"});
    return {in[0]};
  }
  void forward(const OpRun& run) const override {
    const Extent rows = run.in[0].shape()[0];
    const Extent size = rows == 0 ? 0 : run.in[0].size() / rows;
    for (Extent row = 0; row < rows; ++row) {
      const std::span<Real> out(run.out[0].real() + row * size, static_cast<std::size_t>(size));
      if (run.context->mode == Mode::kEvaluate) {
        std::fill(out.begin(), out.end(), Real{0});
        continue;
      }
      Rng rng = run.rng(row);
      rng.fill_normal(out);
    }
  }
  bool is_differentiable() const override { return false; }
  BackwardReads backward_reads() const override { return {0, 0}; }
};

}  // namespace

Assigned assign(std::shared_ptr<const RoutingPolicy> policy, const AssignInputs& inputs, AssignSizes sizes, At at) {
  const RoutingPolicy::Traits traits = policy->traits();
  std::vector<Value> operands;
  // Detached, so that only the bias waits for a gradient.
  if (traits.has_site) operands.push_back(detach(inputs.gates, at));
  if (traits.reads_scores) operands.push_back(detach(inputs.scores, at));
  if (!inputs.bias.is_empty()) operands.push_back(inputs.bias);
  if (traits.reads_ids) operands.push_back(inputs.ids);
  auto op = std::make_shared<AssignOp>(std::move(policy), sizes, !inputs.bias.is_empty());
  const std::vector<Value> out = innermost(operands, at).add_all(std::move(op), operands, "", at);
  return {out[AssignOp::kWanted], out[AssignOp::kKept], out[AssignOp::kCount], out[AssignOp::kDropped]};
}

Value pick(Value x, Value kept, At at) {
  const std::vector<Value> inputs{x, kept};
  return innermost(inputs, at).add(std::make_shared<PickOp>(), inputs, "", at);
}

Value normal_like(Value x, At at) {
  const std::vector<Value> inputs{x};
  return innermost(inputs, at).add(std::make_shared<NormalLikeOp>(), inputs, "", at);
}

}  // namespace fovea
