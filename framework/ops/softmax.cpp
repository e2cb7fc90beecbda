#include "framework/ops/softmax.h"

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"
#include "framework/ops/strides.h"

namespace fovea {
namespace {

// y = softmax(x): grad_x += y (grad_y - sum(y grad_y));  y = log softmax(x): grad_x += grad_y - exp(y) sum(grad_y)
template <bool is_log>
void pull(const OpRun& run) {
  if (!run.wants(0)) return;
  const RowShape shape = row_shape(run.out[0].shape());
  const Extent width = shape.width;
  const Extent rows = shape.rows;
  const Real* y = run.out[0].real();
  const Real* grad_y = run.grad_out[0].real();
  Real* grad_x = run.grad_in[0].real();
  with_flag(run.assigns(0), [&](auto assign) {
    for (Extent row = 0; row < rows; ++row, y += width, grad_y += width, grad_x += width) {
      const Real total = is_log ? cpu::sum(span_of(grad_y, width)) : cpu::dot(span_of(y, width), span_of(grad_y, width));
      for_packs(width, [=](Extent i, auto lanes) {
        const Pack part = is_log ? lanes.load(grad_y + i) - cpu::exp_pack(lanes.load(y + i)) * total
                                 : lanes.load(y + i) * (lanes.load(grad_y + i) - total);
        put<assign>(lanes, grad_x + i, part);
      });
    }
  });
}

// The softmax of rows, or its logarithm.
template <bool is_log>
class SoftmaxOp final : public Op {
 public:
  std::string_view name() const override { return is_log ? "log_softmax" : "softmax"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [...]"});
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    const RowShape shape = row_shape(run.in[0].shape());
    const Extent width = shape.width;
    const Extent rows = shape.rows;
    const Real* x = run.in[0].real();
    Real* y = run.out[0].real();
    for (Extent row = 0; row < rows; ++row, x += width, y += width) {
      const Real partition = cpu::softmax(span_of(x, width), span_of(y, width));
      if constexpr (!is_log) continue;
      for_packs(width, [=](Extent i, auto lanes) { lanes.store(y + i, lanes.load(x + i) - partition); });
    }
  }

  void backward(const OpRun& run) const override { pull<is_log>(run); }

  BackwardReads backward_reads() const override { return {0, 1}; }
  bool can_assign(std::size_t) const override { return true; }
};

struct MaskPrepared final : Prepared {
  Walk walk;
};

class MaskedSoftmaxOp final : public Op {
 public:
  std::string_view name() const override { return "masked_softmax"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_real(name(), in[0], "x");
    require_index(name(), in[1], "mask");
    if (!broadcasts_to(in[1].shape, in[0].shape)) {
      reject(name(), describe("mask", in[1]) + " does not broadcast to " + describe("x", in[0]) +
                         "; give a mask of that shape, or with extents of 1 where it is repeated.");
    }
    return {in[0]};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto prepared = std::make_shared<MaskPrepared>();
    const Shape& out = in[0].shape;
    prepared->walk = make_walk(out, dense_strides(out), broadcast_strides(in[1].shape, out));
    return prepared;
  }

  void forward(const OpRun& run) const override {
    const Walk& walk = static_cast<const MaskPrepared*>(run.prepared)->walk;
    const RowShape shape = row_shape(run.in[0].shape());
    const Extent width = shape.width;
    const Extent rows = shape.rows;
    const Real* x = run.in[0].real();
    Real* y = run.out[0].real();
    constexpr Real kNever = -std::numeric_limits<Real>::infinity();
    each_run(walk, [&](Extent out, Extent, Extent at_mask) {
      const Index* mask = run.in[1].index() + at_mask;
      for (Extent i = 0; i < walk.run; ++i) y[out + i] = mask[i * walk.run_b] != 0 ? x[out + i] : kNever;
    });
    for (Extent row = 0; row < rows; ++row, y += width) cpu::softmax(span_of(y, width), span_of(y, width));
  }

  void backward(const OpRun& run) const override { pull<false>(run); }  // masked entries have y = 0

  BackwardReads backward_reads() const override { return {0, 1}; }
  bool can_assign(std::size_t) const override { return true; }
};

}  // namespace

OpPointer make_softmax() { return std::make_shared<SoftmaxOp<false>>(); }
OpPointer make_log_softmax() { return std::make_shared<SoftmaxOp<true>>(); }
OpPointer make_masked_softmax() { return std::make_shared<MaskedSoftmaxOp>(); }

}  // namespace fovea
