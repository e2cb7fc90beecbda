#include "framework/attention/selector.h"
#include "framework/cpu/simplex.h"

namespace fovea {
namespace {

class Sparsemax final : public Selector, public DifferentiableChoice, public ManyRows {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sparse", {.low = 1e-6});
  }
  Extent capacity(Extent items) const override { return items; }
  Extent scratch(Extent items) const override { return cpu::simplex_scratch(items); }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    out.count = cpu::sparsemax(scores, temperature_, {out.weights.data(), out.kept.data(), out.scratch.data()});
    out.log_prob = 0;
  }

  // p_i = max(s_i / t - tau, 0), sum_j p_j = 1  =>  grad_s_i += (g_i - mean of g over kept) / t on kept
  void backward(ConstRow /*scores*/, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const ConstRow weights = choice.weights.first(choice.count);
    cpu::sparsemax_backward({weights, choice.kept.data(), grad_weights.data()}, temperature_, grad_scores.data());
  }

  void select_rows(const Rows& rows, std::span<const Rng> /*rngs*/) const override {
    cpu::sparsemax_rows(rows.scores, rows.items, temperature_,
                        {rows.capacity, rows.weights.data(), rows.kept.data(), rows.counts.data(), rows.scratch.data()});
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
