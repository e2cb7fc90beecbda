#include <algorithm>
#include <cmath>

#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class Sample final : public Selector, public SampledChoice, public EnumerableChoice {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }
  Extent capacity(Extent items) const override { return std::min<Extent>(items, 1); }

  void select(ConstRow scores, Rng rng, Choice& out) const override {
    const Real log_sum = tempered_softmax(scores, temperature_, out.scratch);
    const double place = rng.uniform();
    double cumulative = 0;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (out.scratch[i] == 0) continue;  // never chosen, not even where rounding leaves the sum below `place`
      chosen = i;
      cumulative += static_cast<double>(out.scratch[i]);
      if (place < cumulative) break;
    }
    keep(scores, chosen, log_sum, out);
  }

  void select_greedy(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const Real log_sum = tempered_softmax(scores, temperature_, out.scratch);
    const auto best = std::max_element(scores.begin(), scores.end());
    keep(scores, static_cast<std::size_t>(best - scores.begin()), log_sum, out);
  }

  Extent choices(Extent items) const override { return items; }

  void log_probs(ConstRow scores, Row out) const override {
    const Real log_sum = tempered_softmax(scores, temperature_, out);
    const Real top = cpu::max(scores);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      out[i] = static_cast<Real>(1 / temperature_) * (scores[i] - top) - log_sum;
    }
  }

  // log p_i = s_i / t - log(sum_j exp(s_j / t))  =>  grad_s_j += (g_j - p_j sum_i g_i) / t
  void log_probs_backward(ConstRow scores, ConstRow grad, Row grad_scores) const override {
    const double top = static_cast<double>(cpu::max(scores));
    double total = 0;
    double sum = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      total += std::exp((static_cast<double>(scores[i]) - top) / temperature_);
      sum += static_cast<double>(grad[i]);
    }
    for (std::size_t j = 0; j < scores.size(); ++j) {
      const double probability = std::exp((static_cast<double>(scores[j]) - top) / temperature_) / total;
      grad_scores[j] += static_cast<Real>((static_cast<double>(grad[j]) - probability * sum) / temperature_);
    }
  }

  void take(ConstRow scores, Extent number, Choice& out) const override {
    const Real log_sum = tempered_softmax(scores, temperature_, out.scratch);
    keep(scores, static_cast<std::size_t>(number), log_sum, out);
  }

  // log_prob = (s_i - max) / t - log(sum_j exp((s_j - max) / t))  =>  grad_s_j += factor ([j = i] - p_j) / t
  void log_prob_backward(ConstRow scores, const Choice& choice, Real factor, Row grad_scores) const override {
    const Row probabilities = choice.scratch.first(scores.size());
    tempered_softmax(scores, temperature_, probabilities);
    const Real scaled = factor * static_cast<Real>(1 / temperature_);
    cpu::add_scaled(-scaled, probabilities, grad_scores);
    grad_scores[choice.kept[0]] += scaled;
  }

 private:
  void keep(ConstRow scores, std::size_t chosen, Real log_sum, Choice& out) const {
    out.kept[0] = static_cast<Index>(chosen);
    out.weights[0] = 1;
    out.count = 1;
    out.log_prob = static_cast<Real>(1 / temperature_) * (scores[chosen] - cpu::max(scores)) - log_sum;
  }

  double temperature_ = 1;
};

FOVEA_SELECTOR("sample", Sample, R"doc(Sample: one item, drawn with its softmax probability, weight 1.

Solves    i ~ p, p_i = exp(s_i / t) / sum over j of exp(s_j / t); in evaluation the most probable item, ties to the lowest.
Shapes    scores [N] -> weights [1] = 1, kept [1] = i, log_prob = log p_i; rows are independent.
Gradient  none through the weight; of the log-probability: ([j = i] - p_j) / t. Needs an estimator.
Errors    none; a masked-out item never arrives.
Cost      O(N) time, N Reals of scratch; reads and writes touch one item.
Source    Xu et al. 2015, arXiv:1502.03044, section 4.1 (hard attention).)doc");

}  // namespace
}  // namespace fovea
