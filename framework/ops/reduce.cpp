#include "framework/ops/reduce.h"

#include <optional>

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

// x seen as [outer, extent, inner]; the middle axis is summed.
struct Blocks {
  Extent outer = 1;
  Extent extent = 1;
  Extent inner = 1;
};

Real factor_of(Reduction reduction, Extent extent) {
  return reduction == Reduction::kSum ? Real(1) : 1 / static_cast<Real>(extent);
}

void push(const Blocks& blocks, Real factor, const Real* x, Real* y) {
  for (Extent block = 0; block < blocks.outer; ++block, y += blocks.inner) {
    if (blocks.inner == 1) {
      *y = factor * cpu::sum(span_of(x, blocks.extent));
      x += blocks.extent;
      continue;
    }
    clear(y, blocks.inner);
    for (Extent i = 0; i < blocks.extent; ++i, x += blocks.inner) add_row(x, y, blocks.inner);
    if (factor != 1) cpu::scale(factor, span_of(y, blocks.inner));
  }
}

void pull(const OpRun& run, const Blocks& blocks, Real factor) {
  if (!run.wants(0)) return;
  with_flag(run.assigns(0), [&](auto assign) {
    const Real* grad_y = run.grad_out[0].real();
    Real* grad_x = run.grad_in[0].real();
    for (Extent block = 0; block < blocks.outer; ++block, grad_y += blocks.inner) {
      if (blocks.inner == 1) {
        const Pack part = cpu::broadcast(factor * *grad_y);
        for_packs(blocks.extent, [=](Extent i, auto lanes) { put<assign>(lanes, grad_x + i, part); });
        grad_x += blocks.extent;
        continue;
      }
      for (Extent i = 0; i < blocks.extent; ++i, grad_x += blocks.inner) {
        for_packs(blocks.inner,
                  [=](Extent j, auto lanes) { put<assign>(lanes, grad_x + j, factor * lanes.load(grad_y + j)); });
      }
    }
  });
}

// Over one axis, or over all but the first.
class ReduceOp final : public Op {
 public:
  explicit ReduceOp(Reduction reduction, std::optional<int> axis = {}) : reduction_(reduction), axis_(axis) {}

  std::string_view name() const override {
    const bool is_sum = reduction_ == Reduction::kSum;
    return axis_ ? (is_sum ? "sum" : "mean") : (is_sum ? "sum_all_but_first" : "mean_all_but_first");
  }

  std::vector<Type> infer(std::span<const Type> in) const override {
    if (!axis_) return {Signature(name(), in, {"x [B, ...]"}).type("[B]")};
    Signature(name(), in, {"x [...]"});
    return {Type{in[0].shape.without(front_axis(name(), *axis_, in[0].shape.rank()))}};
  }

  void forward(const OpRun& run) const override {
    const Blocks blocks = blocks_of(run.in[0].shape());
    push(blocks, factor_of(reduction_, blocks.extent), run.in[0].real(), run.out[0].real());
  }

  void backward(const OpRun& run) const override {
    const Blocks blocks = blocks_of(run.in[0].shape());
    pull(run, blocks, factor_of(reduction_, blocks.extent));
  }

  BackwardReads backward_reads() const override { return {0, 0}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  Blocks blocks_of(const Shape& x) const {
    if (!axis_) return {x[0], extent_of(x, 1, x.rank()), 1};
    const int axis = *axis_ < 0 ? *axis_ + x.rank() : *axis_;
    return {extent_of(x, 0, axis), x[axis], extent_of(x, axis + 1, x.rank())};
  }

  Reduction reduction_;
  std::optional<int> axis_;
};

}  // namespace

OpPointer make_reduce(Reduction reduction, int axis) { return std::make_shared<ReduceOp>(reduction, axis); }
OpPointer make_reduce_rows(Reduction reduction) { return std::make_shared<ReduceOp>(reduction); }

}  // namespace fovea
