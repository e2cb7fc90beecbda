#include <cmath>

#include "framework/attention/estimator.h"

namespace fovea {
namespace {

class Reinmax final : public Estimator, public WeightPath {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "of the softmax that is mixed with the choice, > 0", {.low = 1e-6});
  }
  Traits traits() const override { return {.is_biased = true, .needs_enumeration = true, .needs_one_item = true}; }
  Reads reads() const override { return Reads::kAll; }

  // p1 = (one_hot(choice) + softmax(log p / t)) / 2;  grad = 2 J(p1)^T g - J(p)^T g / 2,  J(q) = diag(q) - q q^T
  void through_choice(const SelectorParts& selector, ConstRow scores, const Choice& choice, const Draw& /*draw*/,
                      ConstRow grad_weights, Row grad_scores) const override {
    const auto chosen = static_cast<std::size_t>(choice.kept[0]);
    const std::size_t n = scores.size();
    const Row log_probs = choice.scratch.first(n);
    selector.enumerable->log_probs(scores, log_probs);
    const auto probability = [&](std::size_t i) { return std::exp(static_cast<double>(log_probs[i])); };
    double total = 0;
    for (const Real log_prob : log_probs) total += std::exp(static_cast<double>(log_prob) / temperature_);
    const auto mixed = [&](std::size_t i) {
      const double tempered = std::exp(static_cast<double>(log_probs[i]) / temperature_) / total;
      return 0.5 * ((i == chosen ? 1 : 0) + tempered);
    };
    double mean = 0;
    double mean_mixed = 0;
    for (std::size_t i = 0; i < n; ++i) {
      mean += probability(i) * static_cast<double>(grad_weights[i]);
      mean_mixed += mixed(i) * static_cast<double>(grad_weights[i]);
    }
    for (std::size_t i = 0; i < n; ++i) {
      const auto g = static_cast<double>(grad_weights[i]);
      log_probs[i] = static_cast<Real>(2 * mixed(i) * (g - mean_mixed) - 0.5 * probability(i) * (g - mean));
    }
    selector.enumerable->log_probs_backward(scores, log_probs, grad_scores);
  }

 private:
  double temperature_ = 1;
};

FOVEA_ESTIMATOR("reinmax", Reinmax, R"doc(ReinMax: straight-through of second order, by Heun's method.

Approximates  d E[cost] / d scores, the expectation over the sampled choice.
With          2 J((one_hot + softmax(log p / t)) / 2)^T g - J(p)^T g / 2, J(q) = diag(q) - q q^T, g the gradient with respect to
              the weight of every candidate at the hard choice; t the temperature.
Requires      a selector that keeps one item and whose choices can be enumerated; values at the site.
Bias          biased, unless the cost is at most quadratic in the weights; small variance.
Cost          O(N) time a row, and a product of the read's gradient with every candidate's value.
Source        Liu, Dong, Liu, Yu & Gao 2023, arXiv:2304.08612.)doc");

}  // namespace
}  // namespace fovea
