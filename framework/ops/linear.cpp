#include "framework/ops/linear.h"

#include "framework/cpu/packs.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

struct LinearPrepared final : Prepared {
  Extent rows = 0;
  Extent width = 0;
  cpu::Gemm forward;
  cpu::Gemm grad_x[2];  // [1]: assigning
  cpu::Gemm grad_weight[2];
};

// to += the sum of the rows of from [rows, width], in their order.
void add_column_sums(const Real* from, Real* to, Extent rows, Extent width) {
  for_packs(width, [=](Extent i, auto lanes) {
    Pack total{};
    for (Extent row = 0; row < rows; ++row) total += lanes.load(from + row * width + i);
    put<false>(lanes, to + i, total);
  });
}

class LinearOp final : public Op {
 public:
  explicit LinearOp(cpu::Products products) : products_(products) {}

  std::string_view name() const override { return "linear"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"x [..., D]", "weight [O, D]", "bias? [O]"});
    return {types.type("[..., O]")};
  }

  // y [R, O] = x [R, D] weight^T;  grad_x = grad_y weight;  grad_weight = grad_y^T x
  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto prepared = std::make_shared<LinearPrepared>();
    const Extent width = in[1].shape[0];
    const Extent depth = in[1].shape[1];
    const Extent rows = extent_of(in[0].shape, 0, in[0].shape.rank() - 1);
    prepared->rows = rows;
    prepared->width = width;
    prepared->forward = cpu::Gemm({.m = rows, .n = width, .k = depth, .transpose_b = true, .products = products_});
    for (const bool assign : {false, true}) {
      prepared->grad_x[assign] =
          cpu::Gemm({.m = rows, .n = depth, .k = width, .accumulate = !assign, .products = products_});
      prepared->grad_weight[assign] =
          cpu::Gemm({.m = width, .n = depth, .k = rows, .transpose_a = true, .accumulate = !assign, .products = products_});
    }
    return prepared;
  }

  void forward(const OpRun& run) const override {
    const auto& prepared = *static_cast<const LinearPrepared*>(run.prepared);
    Real* y = run.out[0].real();
    prepared.forward(run.in[0].real(), run.in[1].real(), y);
    if (run.in.size() < 3) return;
    const Real* bias = run.in[2].real();
    const Extent width = prepared.width;
    for (Extent row = 0; row < prepared.rows; ++row) add_row(bias, y + row * width, width);
  }

  void backward(const OpRun& run) const override {
    const auto& prepared = *static_cast<const LinearPrepared*>(run.prepared);
    const Real* grad_y = run.grad_out[0].real();
    if (run.wants(0)) prepared.grad_x[run.assigns(0)](grad_y, run.in[1].real(), run.grad_in[0].real());
    if (run.wants(1)) prepared.grad_weight[run.assigns(1)](grad_y, run.in[0].real(), run.grad_in[1].real());
    if (run.in.size() < 3 || !run.wants(2)) return;
    if (run.assigns(2)) clear(run.grad_in[2].real(), prepared.width);
    add_column_sums(grad_y, run.grad_in[2].real(), prepared.rows, prepared.width);
  }

  BackwardReads backward_reads() const override { return {3, 0}; }
  bool can_assign(std::size_t) const override { return true; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(in[1].shape[0]);
  }

 private:
  cpu::Products products_;
};

}  // namespace

OpPointer make_linear(cpu::Products products) { return std::make_shared<LinearOp>(products); }

}  // namespace fovea
