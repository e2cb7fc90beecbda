#include "framework/attention/k_subset.h"

#include <algorithm>

#include "framework/attention/selector.h"
#include "framework/attention/subset_list.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class KSubset final : public Selector, public SampledChoice, public EnumerableChoice {
 public:
  void fields(Options& options) override {
    options.add("k", k_, "items kept, >= 1", {.low = 1});
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }
  Extent capacity(Extent items) const override { return std::min(items, k_); }
  // Also a number for each choice, if they can be enumerated.
  Extent scratch(Extent items) const override {
    return std::max(items + subset_scratch(items, k_), std::min(subset_count(items, k_), kMostSubsets));
  }

  void select(ConstRow scores, Rng rng, Choice& out) const override {
    const std::span<Index> kept = prepare(scores, out);
    out.log_prob = draw_subset(row_of(scores, out), rng, kept);
  }

  void select_greedy(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const std::span<Index> kept = prepare(scores, out);
    keep_best(scores, kept);
    out.log_prob = subset_log_prob(row_of(scores, out), kept);
  }

  // log p(S) = sum over S of s_i / t - log Z  =>  grad_s_i += factor ([i in S] - p(i in S)) / t
  void log_prob_backward(ConstRow scores, const Choice& choice, Real factor, Row grad_scores) const override {
    const Row marginals = choice.scratch.first(scores.size());
    subset_marginals(row_of(scores, choice), marginals);
    const Real scaled = factor * static_cast<Real>(1 / temperature_);
    cpu::add_scaled(-scaled, marginals, grad_scores);
    for (Extent i = 0; i < choice.count; ++i) {
      grad_scores[choice.kept[i]] += scaled;
    }
  }

  Extent choices(Extent items) const override {
    const Extent count = subset_count(items, k_);
    return count <= kMostSubsets ? count : 0;
  }

  void log_probs(ConstRow scores, Row out) const override { subset_log_probs(scores, temperature_, k_, out); }

  void log_probs_backward(ConstRow scores, ConstRow grad, Row grad_scores) const override {
    subset_log_probs_backward(scores, temperature_, k_, grad, grad_scores);
  }

  void take(ConstRow scores, Extent number, Choice& out) const override {
    const std::span<Index> kept = prepare(scores, out);
    subset_of_number(static_cast<Extent>(scores.size()), number, kept);
    out.log_prob = subset_log_prob(row_of(scores, out), kept);
  }

  // E[w_i] = p(i in S) / k
  void mean_weights_backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const Row scaled = choice.scratch.first(scores.size());
    const Real share = Real(1) / static_cast<Real>(capacity(static_cast<Extent>(scores.size())));
    for (std::size_t i = 0; i < scores.size(); ++i) scaled[i] = share * grad_weights[i];
    subset_marginals_backward(row_of(scores, choice), scaled, grad_scores);
  }

 private:
  std::span<Index> prepare(ConstRow scores, Choice& out) const {
    out.count = capacity(static_cast<Extent>(scores.size()));
    const auto count = static_cast<std::size_t>(out.count);
    std::fill_n(out.weights.begin(), count, Real(1) / static_cast<Real>(out.count));
    return out.kept.first(count);
  }
  SubsetRow row_of(ConstRow scores, const Choice& choice) const {
    return {scores, temperature_, k_, choice.scratch.subspan(scores.size())};
  }

  Extent k_ = 4;
  double temperature_ = 1;
};

FOVEA_SELECTOR("k_subset", KSubset,
               R"doc(k-subset: a set of k items, drawn from the conditional Bernoulli distribution, weights 1 / k.

Solves    S ~ p, p(S) proportional to the product over S of exp(s_i / t), |S| = k, t the temperature; in evaluation the most
          probable set, ties to the lowest indices.
Shapes    scores [N] -> weights [min(k, N)] = 1 / min(k, N), kept [min(k, N)] ascending, log_prob = log p(S); rows are
          independent.
Gradient  none through the weights; of the log-probability: ([i in S] - p(i in S)) / t with exact marginals. Needs an estimator.
          The choices can be enumerated where there are at most 4096 sets.
Errors    none; k above N keeps all N.
Cost      O(N k) time and scratch, with a place for every set too where they can be enumerated; reads and writes touch k
          items.
Source    Chen & Liu 1997, Statistica Sinica 7, 875-892; Ahmed et al. 2023, arXiv:2210.01941.)doc");

}  // namespace
}  // namespace fovea
