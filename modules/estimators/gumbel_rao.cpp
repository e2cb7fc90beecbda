#include <algorithm>
#include <array>

#include "modules/estimators/conditional_gumbel.h"

namespace fovea {
namespace {

// Rows up to this length would leave the row functions idle, so their draws lie side by side.
constexpr std::size_t kShort = 32;

class GumbelRao final : public Estimator, public WeightPath {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "of the softmax over the noisy scores, > 0", {.low = 1e-6});
    options.add("draws", draws_, "of the noise given the choice, averaged, >= 1", {.low = 1});
  }
  Traits traits() const override { return {.is_biased = true, .needs_enumeration = true, .needs_one_item = true}; }
  Reads reads() const override { return Reads::kAll; }

  void through_choice(const SelectorParts& selector, ConstRow scores, const Choice& choice, const Draw& draw,
                      ConstRow grad_weights, Row grad_scores) const override {
    const std::size_t n = scores.size();
    const auto chosen = static_cast<std::size_t>(choice.kept[0]);
    const Row keys = choice.scratch.first(n);
    const Row weights = choice.scratch.subspan(n, n);
    const Row grad = choice.scratch.subspan(2 * n, n);
    std::fill(grad.begin(), grad.end(), Real(0));
    Rng noise = gumbel::apart(draw.rng);
    if (n <= kShort) {
      selector.enumerable->log_probs(scores, keys);
      pull_side_by_side(chosen, noise, keys, grad_weights, grad);
    } else {
      for (Extent number = 0; number < draws_; ++number) {
        selector.enumerable->log_probs(scores, keys);
        gumbel::condition_on(chosen, noise, keys);
        gumbel::pull_softmax(keys, temperature_, grad_weights, weights, grad);
      }
    }
    cpu::scale(Real(1) / static_cast<Real>(draws_), grad);
    selector.enumerable->log_probs_backward(scores, grad, grad_scores);
  }

 private:
  void pull_side_by_side(std::size_t chosen, Rng& rng, Row log_probs, ConstRow grad_weights, Row grad) const {
    std::array<Real, gumbel::kBlock> block;
    const Row rates = log_probs;
    cpu::scale(-1, rates);
    cpu::exp(rates, rates);  // 1 / p
    const std::size_t most = gumbel::kBlock / rates.size();
    for (auto left = static_cast<std::size_t>(draws_); left > 0; left -= std::min(left, most)) {
      const Row weights = Row(block).first(rates.size() * std::min(left, most));
      make_weights(chosen, rng, rates, weights);
      pull(weights, grad_weights, grad);
    }
  }

  // key_i - key_c = -log(1 + E_i / (p_i E_c)), E as in gumbel::condition_on;  weight = exp((key_i - key_c) / t), not yet
  // divided by the total. rates [N] = 1 / p, weights [N, D]
  void make_weights(std::size_t chosen, Rng& rng, ConstRow rates, Row weights) const {
    const std::size_t draws = weights.size() / rates.size();
    rng.fill_uniform(weights);
    cpu::log(weights, weights);  // -E
    const Row tops = weights.subspan(chosen * draws, draws);
    for (std::size_t i = 0; i < rates.size(); ++i) {
      if (i == chosen) continue;
      const Row row = weights.subspan(i * draws, draws);
      for (std::size_t d = 0; d < draws; ++d) row[d] = 1 + rates[i] * row[d] / tops[d];
    }
    std::fill(tops.begin(), tops.end(), Real(1));
    cpu::log(weights, weights);
    cpu::scale(static_cast<Real>(-1 / temperature_), weights);
    cpu::exp(weights, weights);
  }

  // p_i = w_i / total  =>  grad_i += p_i (g_i - sum over j of p_j g_j) / t, summed over the draws. weights [N, D]
  void pull(ConstRow weights, ConstRow grad_weights, Row grad) const {
    const std::size_t draws = weights.size() / grad.size();
    std::array<Real, gumbel::kBlock> of_shares;
    std::array<Real, gumbel::kBlock> of_means;
    const Row shares(of_shares.data(), draws);  // 1 / total
    const Row means(of_means.data(), draws);    // of g, / total
    std::fill(shares.begin(), shares.end(), Real(0));
    std::fill(means.begin(), means.end(), Real(0));
    for (std::size_t i = 0; i < grad.size(); ++i) {
      cpu::add(weights.subspan(i * draws, draws), shares);
      cpu::add_scaled(grad_weights[i], weights.subspan(i * draws, draws), means);
    }
    for (std::size_t d = 0; d < draws; ++d) {
      shares[d] = 1 / shares[d];
      means[d] *= shares[d] * shares[d];
    }
    const auto factor = static_cast<Real>(1 / temperature_);
    for (std::size_t i = 0; i < grad.size(); ++i) {
      const ConstRow row = weights.subspan(i * draws, draws);
      grad[i] += factor * (grad_weights[i] * cpu::dot(row, shares) - cpu::dot(row, means));
    }
  }

  double temperature_ = 1;
  Extent draws_ = 10;
};

FOVEA_ESTIMATOR("gumbel_rao", GumbelRao,
                R"doc(Gumbel-Rao: straight-through Gumbel-softmax, averaged over the noise given the choice.

Approximates  d E[cost] / d scores, the expectation over the sampled choice.
With          the mean over `draws` of J(softmax((log p + G) / t))^T g, G Gumbel noise given that the choice won, g the gradient
              with respect to the weight of every candidate at the hard choice; t the temperature.
Requires      a selector that keeps one item and whose choices can be enumerated; values at the site.
Bias          biased like gumbel_straight_through, with less variance.
Cost          O(draws N) time a row, and a product of the read's gradient with every candidate's value; one evaluation of the
              model.
Source        Paulus, Maddison & Krause 2021, arXiv:2010.04838.)doc");

}  // namespace
}  // namespace fovea
