#include "modules/memory/dnc/allocation.h"

#include "framework/ops/signature.h"

#include <algorithm>
#include <numeric>

namespace fovea {
namespace {

class AllocationOp final : public Op {
 public:
  std::string_view name() const override { return "allocation"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"usage [B, N]"});
    return {in[0]};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    return {{in[0].shape, Kind::kIndex}, {in[0].shape, Kind::kReal}};
  }

  // P_0 = 1;  a_s(j) = (1 - u_s(j)) P_j;  P_j+1 = P_j u_s(j)     order s and products P [N]
  void forward(const OpRun& run) const override {
    const Extent width = run.in[0].shape()[1];
    for (Extent row = 0; row < run.in[0].shape()[0]; ++row) {
      const Real* usage = run.in[0].real() + row * width;
      Index* order = run.scratch[0].index() + row * width;
      std::iota(order, order + width, 0);
      std::sort(order, order + width,
                [usage](Index a, Index b) { return usage[a] < usage[b] || (usage[a] == usage[b] && a < b); });
      Real product = 1;
      for (Extent j = 0; j < width; ++j) {
        const Index slot = order[j];
        run.scratch[1].real()[row * width + j] = product;
        run.out[0].real()[row * width + slot] = (1 - usage[slot]) * product;
        product *= usage[slot];
      }
    }
  }

  // a_s(j) = (1 - u_s(j)) P_j, P_j+1 = P_j u_s(j)
  //   =>  grad_u_s(j) += (grad_P_j+1 - grad_a_s(j)) P_j,  grad_P_j = grad_a_s(j) (1 - u_s(j)) + grad_P_j+1 u_s(j)
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Extent width = run.in[0].shape()[1];
    for (Extent row = 0; row < run.in[0].shape()[0]; ++row) {
      const Real* usage = run.in[0].real() + row * width;
      const Real* grad = run.grad_out[0].real() + row * width;
      const Index* order = run.scratch[0].index() + row * width;
      const Real* products = run.scratch[1].real() + row * width;
      Real grad_product = 0;
      for (Extent j = width - 1; j >= 0; --j) {
        const Index slot = order[j];
        run.grad_in[0].real()[row * width + slot] += (grad_product - grad[slot]) * products[j];
        grad_product = grad[slot] * (1 - usage[slot]) + grad_product * usage[slot];
      }
    }
  }

  BackwardReads backward_reads() const override { return {1, 0}; }
};

}  // namespace

OpPointer make_allocation() { return std::make_shared<AllocationOp>(); }

}  // namespace fovea
