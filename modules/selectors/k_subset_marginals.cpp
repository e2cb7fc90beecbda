#include "framework/attention/k_subset.h"

#include <algorithm>

#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class KSubsetMarginals final : public Selector, public DifferentiableChoice {
 public:
  void fields(Options& options) override {
    options.add("k", k_, "items of a set, >= 1", {.low = 1});
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }
  Traits traits() const override { return {.keeps_all = true}; }
  Extent capacity(Extent items) const override { return items; }
  Extent scratch(Extent items) const override { return items + subset_scratch(items, k_); }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const std::size_t items = scores.size();
    for (std::size_t i = 0; i < items; ++i) out.kept[i] = static_cast<Index>(i);
    const Row weights = out.weights.first(items);
    subset_marginals({scores, temperature_, k_, out.scratch}, weights);
    cpu::scale(share(items), weights);
    out.count = static_cast<Extent>(items);
    out.log_prob = 0;
  }

  // w_i = p(i in S) / k  =>  grad_s_i += cov([i in S], sum_j g_j [j in S]) / (k t)
  void backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const Row scaled = choice.scratch.first(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) scaled[i] = share(scores.size()) * grad_weights[i];
    subset_marginals_backward({scores, temperature_, k_, choice.scratch.subspan(scores.size())}, scaled, grad_scores);
  }

 private:
  Real share(std::size_t items) const { return Real(1) / static_cast<Real>(std::min(static_cast<Extent>(items), k_)); }

  Extent k_ = 4;
  double temperature_ = 1;
};

FOVEA_SELECTOR("k_subset_marginals", KSubsetMarginals, R"doc(k-subset marginals: the mean weights of k_subset, exactly.

Solves    w_i = p(i in S) / k with p(S) proportional to the product over S of exp(s_i / t), |S| = k, t the temperature; k = 1
          is softmax, and no weight is above 1 / k.
Shapes    scores [N] -> weights [N], kept [N] = 0 .. N-1; rows are independent.
Gradient  exact: cov([i in S], sum over j of g_j [j in S]) / (k t).
Errors    none; k above N gives all items the weight 1 / N.
Cost      O(N k) time and scratch.
Source    Ahmed et al. 2023, arXiv:2210.01941, section 3; Chen & Liu 1997, Statistica Sinica 7, 875-892.)doc");

}  // namespace
}  // namespace fovea
