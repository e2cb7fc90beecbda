#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"
#include "framework/cpu/simplex.h"

namespace fovea {
namespace {

class Sparsemax final : public Selector {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sparse", {.low = 1e-6});
  }
  Traits traits() const override { return {.is_differentiable = true}; }
  Extent capacity(Extent items) const override { return items; }
  Extent scratch(Extent items) const override { return cpu::simplex_scratch(items); }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    out.count = cpu::sparsemax(scores, temperature_, {out.weights.data(), out.kept.data(), out.scratch.data()});
    out.log_prob = 0;
  }

  // p_i = max(s_i / t - tau, 0), sum_j p_j = 1  =>  grad_s_i += (g_i - mean of g over kept) / t on kept
  void backward(ConstRow /*scores*/, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const auto count = static_cast<std::size_t>(choice.count);
    const Real mean = cpu::sum(grad_weights.first(count)) / static_cast<Real>(choice.count);
    const auto factor = static_cast<Real>(1 / temperature_);
    for (std::size_t i = 0; i < count; ++i) {
      grad_scores[static_cast<std::size_t>(choice.kept[i])] += factor * (grad_weights[i] - mean);
    }
  }

 private:
  double temperature_ = 1;
};

FOVEA_SELECTOR("sparsemax", Sparsemax, R"doc(Sparsemax: Euclidean projection of a row of scores onto the simplex.

Solves    min over p of |p - s / t|^2, p >= 0, sum of p = 1: p_i = max(s_i / t - tau, 0), t the temperature.
Shapes    scores [N] -> weights [K], kept [K] = those above 0, ascending, 1 <= K <= N; rows are independent.
Gradient  exact: (g_i - mean of g over kept) / t on kept, 0 elsewhere; not defined where the support changes.
Errors    none; a masked-out item never arrives.
Cost      O(N) time, and a few passes over the scores within t of the largest; N Reals of scratch.
Source    Martins & Astudillo 2016, arXiv:1602.02068, equations 2 and 9; tau by Newton's method instead of a sort.)doc");

}  // namespace
}  // namespace fovea
