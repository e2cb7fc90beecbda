#include "framework/ops/loss.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/core/options.h"
#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"
#include "framework/ops/strides.h"

namespace fovea {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

struct MaskPrepared final : Prepared {
  Extent width = 1;
  Extent step = 0;    // of the mask, within a row
  Strides strides{};  // of the mask
  Shape scores;
};

class CrossEntropyOp final : public Op {
 public:
  explicit CrossEntropyOp(double smoothing) : smoothing_(static_cast<Real>(smoothing)) {
    if (!(smoothing >= 0 && smoothing < 1)) {
      throw Error(std::string(name()),
                  "a smoothing in [0, 1) was expected; " + number_text(smoothing) + " came; give such a share.");
    }
  }

  std::string_view name() const override { return "cross_entropy"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    if (in.size() != 2) require_count(name(), in, 3);
    const Signature types(name(), in.first(2), {"scores [..., V]", "target Index [...]"});
    if (in.size() == 3) require_index(name(), in[2], "mask");
    if (in.size() == 3 && !broadcasts_to(in[2].shape, in[0].shape)) {
      reject(name(), describe("mask", in[2]) + " does not broadcast to " + describe("scores", in[0]) +
                         "; give it that shape, or extents of 1 where it is repeated.");
    }
    return {types.type("[...]")};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    return {Type{in[1].shape, Kind::kReal}};  // the log-partition; +inf where a row has no gradient
  }

  std::vector<Type> workspace(std::span<const Type> in) const override { return {Type{{in[0].shape.last()}}}; }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto prepared = std::make_shared<MaskPrepared>();
    prepared->scores = in[0].shape;
    prepared->width = in[0].shape.last();
    if (in.size() == 3) {
      prepared->strides = broadcast_strides(in[2].shape, in[0].shape);
      prepared->step = prepared->strides[in[0].shape.rank() - 1];
    }
    return prepared;
  }

  void forward(const OpRun& run) const override {
    const auto& prepared = *static_cast<const MaskPrepared*>(run.prepared);
    const Extent width = prepared.width;
    const Real* scores = run.in[0].real();
    Real* weights = run.workspace[0].real();
    for (Extent row = 0; row < run.out[0].size(); ++row, scores += width) {
      const Index target = run.in[1].index()[row];
      if (target < -1 || target >= width) reject_index(name(), row, target, -1, width);
      const Index* mask = mask_of(run, prepared, row);
      const std::span<const Real> from = allowed(scores, mask, prepared.step, weights, width);
      const Classes classes = smoothing_ > 0 ? possible(from) : Classes{};  // before softmax: both may use the workspace
      const Real partition = cpu::softmax(from, span_of(weights, width));
      const bool is_allowed = target >= 0 && (mask == nullptr || mask[target * prepared.step] != 0);
      const bool is_possible = is_allowed && scores[target] != -kInfinity;
      run.scratch[0].real()[row] = is_possible ? partition : kInfinity;
      constexpr Real kImpossible = std::numeric_limits<Real>::min();
      Real cost = is_possible ? partition - scores[target] : target < 0 ? Real(0) : -std::log(kImpossible);
      if (is_possible && smoothing_ > 0) {
        cost = (1 - smoothing_) * cost + smoothing_ * (partition - classes.sum / classes.count);
      }
      run.out[0].real()[row] = cost;
    }
  }

  // grad_scores += grad_cost (exp(scores - partition) - (1 - e) one_hot(target) - e / C) where allowed
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const auto& prepared = *static_cast<const MaskPrepared*>(run.prepared);
    const Extent width = prepared.width;
    if (run.assigns(0)) clear(run.grad_in[0].real(), run.grad_in[0].size());
    for (Extent row = 0; row < run.grad_out[0].size(); ++row) {
      const Real partition = run.scratch[0].real()[row];
      if (partition == kInfinity) continue;
      const Real* scores = run.in[0].real() + row * width;
      Real* grad = run.grad_in[0].real() + row * width;
      const Real factor = run.grad_out[0].real()[row];
      const Index* mask = mask_of(run, prepared, row);
      const std::span<const Real> from = allowed(scores, mask, prepared.step, run.workspace[0].real(), width);
      add_weights(from, partition, factor, grad);
      grad[run.in[1].index()[row]] -= smoothing_ > 0 ? factor * (1 - smoothing_) : factor;
    }
  }

  BackwardReads backward_reads() const override { return {7, 0}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  // The scores of a row, -inf where they are masked; `buffer` [V] is used where there is a mask.
  static std::span<const Real> allowed(const Real* scores, const Index* mask, Extent step, Real* buffer, Extent width) {
    const auto length = static_cast<std::size_t>(width);
    if (mask == nullptr) return {scores, length};
    for (Extent i = 0; i < width; ++i) buffer[i] = mask[i * step] != 0 ? scores[i] : -kInfinity;
    return {buffer, length};
  }

  static const Index* mask_of(const OpRun& run, const MaskPrepared& prepared, Extent row) {
    if (run.in.size() < 3) return nullptr;
    Extent offset = 0;
    for (int axis = prepared.scores.rank() - 2; axis >= 0; --axis) {
      offset += row % prepared.scores[axis] * prepared.strides[axis];
      row /= prepared.scores[axis];
    }
    return run.in[2].index() + offset;
  }

  // The classes whose score is not -inf.
  struct Classes {
    Real sum = 0;  // of their scores
    Real count = 0;
  };
  static Classes possible(std::span<const Real> scores) {
    Pack sum{};
    Pack excluded{};  // counted, since a part of a pack is filled up with zeros
    for_packs(static_cast<Extent>(scores.size()), [&](Extent i, auto lanes) {
      const Pack x = lanes.load(scores.data() + i);
      const auto is_excluded = x == cpu::broadcast(-kInfinity);
      sum += is_excluded ? Pack{} : x;
      excluded += is_excluded ? cpu::broadcast(1) : Pack{};
    });
    return {cpu::sum_lanes(sum), static_cast<Real>(scores.size()) - cpu::sum_lanes(excluded)};
  }

  // grad += factor (exp(scores - partition) - e / C)
  void add_weights(std::span<const Real> scores, Real partition, Real factor, Real* grad) const {
    const Real* from = scores.data();
    const auto width = static_cast<Extent>(scores.size());
    if (smoothing_ == 0) {
      for_packs(width, [=](Extent i, auto lanes) {
        put<false>(lanes, grad + i, factor * cpu::exp_pack(lanes.load(from + i) - partition));
      });
      return;
    }
    const Pack share = cpu::broadcast(smoothing_ / possible(scores).count);
    for_packs(width, [=](Extent i, auto lanes) {
      const Pack x = lanes.load(from + i);
      const Pack given = x == cpu::broadcast(-kInfinity) ? Pack{} : share;
      put<false>(lanes, grad + i, factor * (cpu::exp_pack(x - partition) - given));
    });
  }

  Real smoothing_;
};

class MseOp final : public Op {
 public:
  std::string_view name() const override { return "mse"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"prediction [B, ...]", "target [B, ...]"});
    types.require(in[0].shape == in[1].shape);
    return {types.type("[B]")};
  }

  void forward(const OpRun& run) const override {
    const Extent rows = run.out[0].size();
    const Extent width = run.in[0].size() / std::max<Extent>(rows, 1);
    for (Extent row = 0; row < rows; ++row) {
      const Real* prediction = run.in[0].real() + row * width;
      const Real* target = run.in[1].real() + row * width;
      Pack total{};
      for_packs(width, [&](Extent i, auto lanes) {
        const Pack difference = lanes.load(prediction + i) - lanes.load(target + i);
        total += difference * difference;
      });
      run.out[0].real()[row] = cpu::sum_lanes(total) / static_cast<Real>(width);
    }
  }

  // grad_prediction += 2 / n (prediction - target) grad_cost; grad_target is its negative
  void backward(const OpRun& run) const override {
    for (const std::size_t input : {std::size_t{0}, std::size_t{1}}) {
      if (!run.wants(input)) continue;
      with_flag(run.assigns(input), [&](auto assign) { pull<assign>(run, input); });
    }
  }

  BackwardReads backward_reads() const override { return {3, 0}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  template <bool assign>
  static void pull(const OpRun& run, std::size_t input) {
    const Extent rows = run.grad_out[0].size();
    const Extent width = run.in[0].size() / std::max<Extent>(rows, 1);
    for (Extent row = 0; row < rows; ++row) {
      const Real* prediction = run.in[0].real() + row * width;
      const Real* target = run.in[1].real() + row * width;
      Real* grad = run.grad_in[input].real() + row * width;
      const Real factor = (input == 0 ? 2 : -2) * run.grad_out[0].real()[row] / static_cast<Real>(width);
      for_packs(width, [=](Extent i, auto lanes) {
        put<assign>(lanes, grad + i, factor * (lanes.load(prediction + i) - lanes.load(target + i)));
      });
    }
  }
};

}  // namespace

OpPointer make_cross_entropy(double smoothing) { return std::make_shared<CrossEntropyOp>(smoothing); }
OpPointer make_mse() { return std::make_shared<MseOp>(); }

}  // namespace fovea
