#include "modules/routing/expert_linear.h"

#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class ExpertLinearOp final : public Op {
 public:
  std::string_view name() const override { return "expert_linear"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const bool is_shared = !in.empty() && in[0].shape.rank() == 3;
    const Signature types(
        name(), in,
        {is_shared ? "x [B, M, D]" : "x [B, M, K, D]", "kept Index [B, M, K]", "weight [E, O, D]", "bias [E, O]"});
    return {types.type("[B, M, K, O]")};
  }

  void forward(const OpRun& run) const override {
    const Extents e = extents(run);
    std::fill_n(run.out[0].real(), run.out[0].size(), Real{0});
    check_indices(run, e);
    each_pair(run, e, [&](Extent expert, std::size_t from, std::size_t pair) {
      const std::size_t first = static_cast<std::size_t>(expert) * e.outputs;
      for (std::size_t o = 0; o < e.outputs; ++o) {
        const Real* weight = run.in[2].real() + (first + o) * e.width;
        run.out[0].real()[pair * e.outputs + o] =
            run.in[3].real()[first + o] + cpu::dot({weight, e.width}, {run.in[0].real() + from, e.width});
      }
    });
  }

  // y = W x + b  =>  grad_x += W^T g, grad_W += g x^T, grad_b += g
  void backward(const OpRun& run) const override {
    const Extents e = extents(run);
    each_pair(run, e, [&](Extent expert, std::size_t from, std::size_t pair) {
      const std::size_t first = static_cast<std::size_t>(expert) * e.outputs;
      const Real* grad = run.grad_out[0].real() + pair * e.outputs;
      for (std::size_t o = 0; o < e.outputs; ++o) {
        const std::size_t weight = (first + o) * e.width;
        if (run.wants(0)) {
          cpu::add_scaled(grad[o], {run.in[2].real() + weight, e.width}, {run.grad_in[0].real() + from, e.width});
        }
        if (run.wants(2)) {
          cpu::add_scaled(grad[o], {run.in[0].real() + from, e.width}, {run.grad_in[2].real() + weight, e.width});
        }
        if (run.wants(3)) run.grad_in[3].real()[first + o] += grad[o];
      }
    });
  }

  BackwardReads backward_reads() const override { return {7, 0}; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[1].shape.size()) * static_cast<double>(in[2].shape[1] * in[2].shape[2]);
  }

 private:
  struct Extents {
    Extent experts;
    Extent pairs;        // B M K
    Extent pairs_per_x;  // K where experts share a row of x, else 1
    std::size_t outputs;
    std::size_t width;
  };

  static Extents extents(const OpRun& run) {
    const Shape& weight = run.in[2].shape();
    return {weight[0], run.in[1].size(), run.in[0].shape().rank() == 3 ? run.in[1].shape().last() : 1,
            static_cast<std::size_t>(weight[1]), static_cast<std::size_t>(weight[2])};
  }

  void check_indices(const OpRun& run, const Extents& e) const {
    for (Extent pair = 0; pair < e.pairs; ++pair) {
      const Index expert = run.in[1].index()[pair];
      if (expert < -1 || expert >= e.experts) reject_index(name(), pair, expert, -1, e.experts);
    }
  }

  // Expert by expert, so that its weights stay in the cache; the order of the sums is that of experts, then rows.
  template <class Body>
  static void each_pair(const OpRun& run, const Extents& e, Body body) {
    for (Extent expert = 0; expert < e.experts; ++expert) {
      for (Extent pair = 0; pair < e.pairs; ++pair) {
        if (run.in[1].index()[pair] != expert) continue;
        body(expert, static_cast<std::size_t>(pair / e.pairs_per_x) * e.width, static_cast<std::size_t>(pair));
      }
    }
  }
};

}  // namespace

Value expert_linear(Value x, Value kept, Value weight, Value bias, At at) {
  const std::vector<Value> inputs{x, kept, weight, bias};
  return innermost(inputs, at).add(std::make_shared<ExpertLinearOp>(), inputs, "", at);
}

}  // namespace fovea
