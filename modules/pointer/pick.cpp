#include "modules/pointer/pick.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea::pointer {
namespace {

/// The best allowed item and the log-partition of the allowed scores, in one pass. scores [N], mask [N].
struct Best {
  Index item = -1;
  Real log_prob = 0;
};

Best best_allowed(const Real* scores, const Index* mask, Extent items) {
  Best best;
  Real top = -std::numeric_limits<Real>::infinity();
  for (Extent n = 0; n < items; ++n) {
    if (mask[n] != 0 && (best.item < 0 || scores[n] > top)) {
      top = scores[n];
      best.item = static_cast<Index>(n);
    }
  }
  if (best.item < 0) return best;
  Real total = 0;
  for (Extent n = 0; n < items; ++n) total += mask[n] != 0 ? std::exp(scores[n] - top) : Real(0);
  best.log_prob = -std::log(total);
  return best;
}

/// Only the index of the best allowed score.
Index argmax_allowed(const Real* scores, const Index* mask, Extent items) {
  Index best = -1;
  for (Extent n = 0; n < items; ++n) {
    if (mask[n] != 0 && (best < 0 || scores[n] > scores[best])) best = static_cast<Index>(n);
  }
  return best;
}

class PickItem : public Op {
 public:
  explicit PickItem(Use use) : use_(use) {}

  std::string_view name() const override { return "pick_item"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"scores [..., N]", "mask Index [B, N]"});
    types.require(in[0].shape.size() == in[1].shape.size());
    return {types.type("Index [B]"), types.type("[B]"), in[1]};
  }

  void forward(const OpRun& run) const override {
    const Extent items = run.in[1].shape().last();
    const Extent rows = run.in[1].shape()[0];
    run.count({.scored_pairs = static_cast<std::uint64_t>(rows * items)});
    for (Extent b = 0; b < rows; ++b) {
      const Index* mask = run.in[1].index() + b * items;
      Index* remaining = run.out[2].index() + b * items;
      const Best best = best_allowed(run.in[0].real() + b * items, mask, items);
      run.out[0].index()[b] = best.item;
      run.out[1].real()[b] = best.log_prob;
      std::copy_n(mask, items, remaining);
      if (use_ == Use::kOnce && best.item >= 0) remaining[best.item] = 0;
    }
  }

 private:
  Use use_;
};

class FreeBefore : public Op {
 public:
  explicit FreeBefore(Use use) : use_(use) {}

  std::string_view name() const override { return "free_before"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"targets Index [B, M]", "items any [B, N, ...]"});
    return {types.type("Index [B, M, N]")};
  }

  void forward(const OpRun& run) const override {
    const Shape& shape = run.out[0].shape();
    const Extent items = shape[2];
    run.count({.scored_pairs = static_cast<std::uint64_t>(run.out[0].size())});  // what the mask is for
    for (Extent row = 0; row < shape[0] * shape[1]; ++row) {
      Index* mask = run.out[0].index() + row * items;
      if (row % shape[1] == 0) {
        std::fill_n(mask, items, Index{1});
        continue;
      }
      std::copy_n(mask - items, items, mask);
      const Index used = run.in[0].index()[row - 1];
      if (use_ == Use::kOnce && used >= 0) mask[used] = 0;
    }
  }

 private:
  Use use_;
};

class PointingAccuracy : public Op {
 public:
  std::string_view name() const override { return "pointing_accuracy"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"scores [B, M, N]", "mask Index [B, M, N]", "targets Index [B, M]"});
    return {types.type("[B]"), types.type("[B]")};
  }

  void forward(const OpRun& run) const override {
    const Shape& shape = run.in[0].shape();
    const Extent outputs = shape[1];
    const Extent items = shape[2];
    for (Extent b = 0; b < shape[0]; ++b) {
      Extent right = 0;
      for (Extent m = b * outputs; m < (b + 1) * outputs; ++m) {
        const Index best = argmax_allowed(run.in[0].real() + m * items, run.in[1].index() + m * items, items);
        right += best == run.in[2].index()[m] ? 1 : 0;
      }
      run.out[0].real()[b] = right == outputs ? Real(1) : Real(0);
      run.out[1].real()[b] = static_cast<Real>(right) / static_cast<Real>(outputs);
    }
  }
};

class TeacherInputs : public Op {
 public:
  std::string_view name() const override { return "teacher_inputs"; }
  BackwardReads backward_reads() const override { return {.inputs = 0b100, .outputs = 0}; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"items [B, N, D]", "start [D]", "targets Index [B, M]"});
    return {types.type("[M, B, D]")};
  }

  void forward(const OpRun& run) const override {
    const auto width = run.in[0].shape()[2];
    for_each_row(run, [&](const Real* item, Extent row, Source source) {
      Real* out = run.out[0].real() + row * width;
      if (source == Source::kNothing) {
        std::fill_n(out, width, Real(0));
      } else {
        std::copy_n(source == Source::kStart ? run.in[1].real() : item, width, out);
      }
    });
  }

  void backward(const OpRun& run) const override {
    const auto width = static_cast<std::size_t>(run.in[0].shape()[2]);
    for_each_row(run, [&](const Real* item, Extent row, Source source) {
      const std::span<const Real> grad{run.grad_out[0].real() + row * static_cast<Extent>(width), width};
      if (source == Source::kStart && run.wants(1)) cpu::add(grad, {run.grad_in[1].real(), width});
      if (source != Source::kItem || !run.wants(0)) return;
      cpu::add(grad, {run.grad_in[0].real() + (item - run.in[0].real()), width});  // add: an item may be read twice
    });
  }

 private:
  enum class Source : std::uint8_t { kStart, kItem, kNothing };

  /// Calls body(item row read, output row, source) for all [M, B] in order.
  template <class Body>
  static void for_each_row(const OpRun& run, const Body& body) {
    const Shape& items = run.in[0].shape();
    const Extent outputs = run.in[2].shape()[1];
    const Extent batch = items[0];
    for (Extent m = 0; m < outputs; ++m) {
      for (Extent b = 0; b < batch; ++b) {
        const Index target = m == 0 ? 0 : run.in[2].index()[b * outputs + m - 1];
        const Source source = m == 0 ? Source::kStart : target < 0 ? Source::kNothing : Source::kItem;
        body(run.in[0].real() + (b * items[1] + std::max(target, Index{0})) * items[2], m * batch + b, source);
      }
    }
  }
};

}  // namespace

Value teacher_inputs(Value items, Value start, Value targets, At at) {
  return targets.builder().add(std::make_shared<TeacherInputs>(), {items, start, targets}, "", at);
}

Value free_before(Value targets, Value items, Use use, At at) {
  return targets.builder().add(std::make_shared<FreeBefore>(use), {targets, items}, "", at);
}

Accuracy pointing_accuracy(Value scores, Value mask, Value targets, At at) {
  const auto out = scores.builder().add_all(std::make_shared<PointingAccuracy>(), {scores, mask, targets}, "", at);
  return {out[0], out[1]};
}

Picked pick_item(Value scores, Value mask, Use use, At at) {
  const auto out = scores.builder().add_all(std::make_shared<PickItem>(use), {scores, mask}, "", at);
  return {out[0], out[1], out[2]};
}

}  // namespace fovea::pointer
