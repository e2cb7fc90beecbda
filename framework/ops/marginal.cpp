#include "framework/ops/marginal.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"
#include "framework/ops/strides.h"

namespace fovea {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

/// The cost of what cannot be, which is finite.
Real impossible() { return -std::log(std::numeric_limits<Real>::min()); }

struct MaskWalk final : Prepared {
  Shape scores;
  Strides strides{};  // of the mask; all 0 where there is none

  /// Where the mask of a row begins.
  Extent offset(Extent row) const {
    Extent at = 0;
    for (int axis = scores.rank() - 2; axis >= 0; --axis) {
      at += row % scores[axis] * strides[axis];
      row /= scores[axis];
    }
    return at;
  }
};

class MarginalCostOp final : public Op {
 public:
  std::string_view name() const override { return "marginal_cost"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    if (in.size() != 3) require_count(name(), in, 4);
    const Signature types(name(), in.first(3), {"scores [..., N]", "log_likelihoods [..., N]", "targets Index [...]"});
    if (in.size() == 4) require_index(name(), in[3], "mask");
    if (in.size() == 4 && !broadcasts_to(in[3].shape, in[0].shape)) {
      reject(name(), describe("mask", in[3]) + " does not broadcast to " + describe("scores", in[0]) +
                         "; give it that shape, or extents of 1 where it is repeated.");
    }
    return {types.type("[...]")};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    return {Type{in[2].shape, Kind::kReal}};  // log sum exp(scores) over what is allowed; +inf where there is no gradient
  }
  std::vector<Type> workspace(std::span<const Type> in) const override { return {Type{{2, in[0].shape.last()}}}; }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto prepared = std::make_shared<MaskWalk>();
    prepared->scores = in[0].shape;
    if (in.size() == 4) prepared->strides = broadcast_strides(in[3].shape, in[0].shape);
    return prepared;
  }

  // cost = log sum_n exp(s_n) - log sum_n exp(s_n + l_n)
  void forward(const OpRun& run) const override {
    const Extent width = run.in[0].shape().last();
    Real* terms = run.workspace[0].real();
    const auto log_sum = [&] { return cpu::softmax(span_of<const Real>(terms, width), span_of(terms + width, width)); };
    for (Extent row = 0; row < run.out[0].size(); ++row) {
      const Real* scores = allowed(run, row, terms);
      const Real* likelihoods = run.in[1].real() + row * width;
      if (scores != terms) copy(scores, terms, width);
      const Real partition = log_sum();
      for (Extent i = 0; i < width; ++i) terms[i] += likelihoods[i];
      const Real joint = log_sum();
      const bool counts = run.in[2].index()[row] >= 0;
      const bool is_possible = joint > -kInfinity || std::isnan(joint);
      run.scratch[0].real()[row] = counts && is_possible ? partition : kInfinity;
      run.out[0].real()[row] = !counts ? Real(0) : is_possible ? partition - joint : impossible();
    }
  }

  // the same  =>  grad_s_n += g (p_n - q_n), grad_l_n -= g q_n, with p_n = exp(s_n - Z), q_n = exp(s_n + l_n - Z + cost)
  void backward(const OpRun& run) const override {
    const Extent width = run.in[0].shape().last();
    for (Extent row = 0; row < run.out[0].size(); ++row) {
      const Real partition = run.scratch[0].real()[row];
      if (partition == kInfinity) continue;
      const Real* scores = allowed(run, row, run.workspace[0].real());
      const Real* likelihoods = run.in[1].real() + row * width;
      const Real factor = run.grad_out[0].real()[row];
      const Real joint = partition - run.out[0].real()[row];
      Real* grad_scores = run.wants(0) ? run.grad_in[0].real() + row * width : nullptr;
      Real* grad_likelihoods = run.wants(1) ? run.grad_in[1].real() + row * width : nullptr;
      for_packs(width, [=](Extent i, auto lanes) {
        const Pack score = lanes.load(scores + i);
        const Pack after = factor * cpu::exp_pack(score + lanes.load(likelihoods + i) - joint);
        if (grad_scores != nullptr) {
          put<false>(lanes, grad_scores + i, factor * cpu::exp_pack(score - partition) - after);
        }
        if (grad_likelihoods != nullptr) put<false>(lanes, grad_likelihoods + i, -after);
      });
    }
  }

  BackwardReads backward_reads() const override { return {.inputs = 0b1011, .outputs = 1}; }

 private:
  // The scores of a row, -inf where they are masked; `buffer` [N] is used where there is a mask.
  static const Real* allowed(const OpRun& run, Extent row, Real* buffer) {
    const auto& walk = *static_cast<const MaskWalk*>(run.prepared);
    const Extent width = run.in[0].shape().last();
    const Real* scores = run.in[0].real() + row * width;
    if (run.in.size() < 4) return scores;
    const Index* mask = run.in[3].index() + walk.offset(row);
    const Extent step = walk.strides[static_cast<std::size_t>(walk.scores.rank() - 1)];
    for (Extent i = 0; i < width; ++i) buffer[i] = mask[i * step] != 0 ? scores[i] : -kInfinity;
    return buffer;
  }
};

class MixtureCostOp final : public Op {
 public:
  std::string_view name() const override { return "mixture_cost"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"weights [..., N]", "log_likelihoods [..., N]", "targets Index [...]"});
    return {types.type("[...]")};
  }
  std::vector<Type> workspace(std::span<const Type> in) const override { return {Type{{2, in[0].shape.last()}}}; }

  // cost = -log sum_n exp(log w_n + l_n)
  void forward(const OpRun& run) const override {
    const Extent width = run.in[0].shape().last();
    Real* terms = run.workspace[0].real();
    for (Extent row = 0; row < run.out[0].size(); ++row) {
      const Real* likelihoods = run.in[1].real() + row * width;
      cpu::log(span_of(run.in[0].real() + row * width, width), span_of(terms, width));
      for (Extent i = 0; i < width; ++i) {
        terms[i] = run.in[0].real()[row * width + i] > 0 ? terms[i] + likelihoods[i] : -kInfinity;
      }
      const Real joint = cpu::softmax(span_of<const Real>(terms, width), span_of(terms + width, width));
      const bool counts = run.in[2].index()[row] >= 0;
      run.out[0].real()[row] = !counts ? Real(0) : joint == -kInfinity ? impossible() : -joint;
    }
  }

  // the same  =>  grad_l_n -= g w_n exp(l_n + cost), grad_w_n -= g exp(l_n + cost)
  void backward(const OpRun& run) const override {
    static const Real most = std::log(std::numeric_limits<Real>::max()) / 2;
    const Extent width = run.in[0].shape().last();
    for (Extent row = 0; row < run.out[0].size(); ++row) {
      const Real cost = run.out[0].real()[row];
      if (run.in[2].index()[row] < 0 || cost == impossible()) continue;
      const Real factor = run.grad_out[0].real()[row];
      for (Extent i = row * width; i < (row + 1) * width; ++i) {
        const Real ratio = factor * std::exp(std::min(run.in[1].real()[i] + cost, most));
        if (run.wants(0)) run.grad_in[0].real()[i] -= ratio;
        if (run.wants(1)) run.grad_in[1].real()[i] -= run.in[0].real()[i] * ratio;
      }
    }
  }

  BackwardReads backward_reads() const override { return {.inputs = 0b111, .outputs = 1}; }
};

}  // namespace

OpPointer make_marginal_cost() { return std::make_shared<MarginalCostOp>(); }
OpPointer make_mixture_cost() { return std::make_shared<MixtureCostOp>(); }

}  // namespace fovea
