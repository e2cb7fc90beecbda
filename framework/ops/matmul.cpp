#include "framework/cpu/packs.h"
#include "framework/cpu/tiled_gemm.h"
#include "framework/ops/linear.h"

namespace fovea {
namespace {

// One product of each batch item; steps are 0 where a matrix is shared.
struct Pair {
  cpu::TiledGemm gemm[2];  // [1]: assigning
};

struct Products {
  Pair pair;
  Extent step_first = 0;
  Extent step_second = 0;
  Extent step_result = 0;
};

struct MatmulPrepared final : Prepared {
  Extent batch = 1;
  Products forward, grad_a, grad_b;
};

class MatmulOp final : public Op {
 public:
  MatmulOp(bool transpose_a, bool transpose_b, cpu::Products products)
      : transpose_a_(transpose_a), transpose_b_(transpose_b), products_(products) {}

  std::string_view name() const override { return "matmul"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_real(name(), in[0], "a");
    require_real(name(), in[1], "b");
    require_rank(name(), in[0], 2, "a");
    require_rank(name(), in[1], 2, "b");
    const Shape& a = in[0].shape;
    const Shape& b = in[1].shape;
    const bool depths_fit = depth_of(a, transpose_a_, -1) == depth_of(b, transpose_b_, -2);
    if (!depths_fit || !(b.rank() == 2 || a.without(-1).without(-1) == b.without(-1).without(-1))) {
      reject(name(), describe(transpose_a_ ? "transposed a" : "a", in[0]) + " and " +
                         describe(transpose_b_ ? "transposed b" : "b", in[1]) +
                         " do not fit; give [..., M, K] and [..., K, N] with equal leading axes, or b [K, N].");
    }
    return {Type{a.with(-2, depth_of(a, transpose_a_, -2)).with(-1, depth_of(b, transpose_b_, -1)), Kind::kReal}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto prepared = std::make_shared<MatmulPrepared>();
    const bool shared = in[1].shape.rank() == 2;
    Extent m = depth_of(in[0].shape, transpose_a_, -2);
    const Extent k = depth_of(in[0].shape, transpose_a_, -1);
    const Extent n = depth_of(in[1].shape, transpose_b_, -1);
    prepared->batch = extent_of(in[0].shape, 0, in[0].shape.rank() - 2);
    if (shared && !transpose_a_) {  // one product: the batch lies along the rows
      m *= prepared->batch;
      prepared->batch = 1;
    }
    const Extent step_b = shared ? 0 : k * n;
    // y = op(a) op(b)
    prepared->forward = Products{make(m, n, k, transpose_a_, transpose_b_), m * k, step_b, m * n};
    // grad of op(a) [M, K] = grad_y op(b)^T, stored transposed where a is
    prepared->grad_a = transpose_a_ ? Products{make(k, m, n, transpose_b_, true), step_b, m * n, m * k}
                                    : Products{make(m, k, n, false, !transpose_b_), m * n, step_b, m * k};
    // grad of op(b) [K, N] = op(a)^T grad_y, stored transposed where b is
    prepared->grad_b = transpose_b_ ? Products{make(n, k, m, true, transpose_a_), m * n, m * k, step_b}
                                    : Products{make(k, n, m, !transpose_a_, false), m * k, m * n, step_b};
    return prepared;
  }

  void forward(const OpRun& run) const override {
    const auto& prepared = *static_cast<const MatmulPrepared*>(run.prepared);
    multiply(prepared.forward, prepared.batch, run.in[0].real(), run.in[1].real(), {run.out[0].real(), true});
  }

  void backward(const OpRun& run) const override {
    const auto& prepared = *static_cast<const MatmulPrepared*>(run.prepared);
    const Real* a = run.in[0].real();
    const Real* b = run.in[1].real();
    const Real* grad_y = run.grad_out[0].real();
    if (run.wants(0)) {
      multiply(prepared.grad_a, prepared.batch, transpose_a_ ? b : grad_y, transpose_a_ ? grad_y : b,
               {run.grad_in[0].real(), run.assigns(0)});
    }
    if (run.wants(1)) {
      multiply(prepared.grad_b, prepared.batch, transpose_b_ ? grad_y : a, transpose_b_ ? a : grad_y,
               {run.grad_in[1].real(), run.assigns(1)});
    }
  }

  BackwardReads backward_reads() const override { return {3, 0}; }
  bool can_assign(std::size_t) const override { return true; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(depth_of(in[1].shape, transpose_b_, -1));
  }

 private:
  // The extent of axis -2 or -1 after the transposition.
  static Extent depth_of(const Shape& shape, bool transpose, int axis) { return shape[transpose ? -3 - axis : axis]; }

  Pair make(Extent m, Extent n, Extent k, bool first_transposed, bool second_transposed) const {
    Pair pair;
    for (const bool assign : {false, true}) {
      pair.gemm[assign] = cpu::TiledGemm({.m = m,
                                          .n = n,
                                          .k = k,
                                          .transpose_a = first_transposed,
                                          .transpose_b = second_transposed,
                                          .accumulate = !assign,
                                          .products = products_});
    }
    return pair;
  }

  struct Result {
    Real* data;
    bool assign;
  };
  static void multiply(const Products& products, Extent batch, const Real* first, const Real* second, Result result) {
    for (Extent item = 0; item < batch; ++item) {
      // A shared result is assigned by the first item, the others add to it.
      const bool assigns = result.assign && (item == 0 || products.step_result != 0);
      products.pair.gemm[assigns](first, second, result.data);
      first += products.step_first;
      second += products.step_second;
      result.data += products.step_result;
    }
  }

  bool transpose_a_;
  bool transpose_b_;
  cpu::Products products_;
};

}  // namespace

OpPointer make_matmul(bool transpose_a, bool transpose_b, cpu::Products products) {
  return std::make_shared<MatmulOp>(transpose_a, transpose_b, products);
}

}  // namespace fovea
