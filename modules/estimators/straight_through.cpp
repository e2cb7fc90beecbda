#include "framework/attention/estimator.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class StraightThrough final : public Estimator, public WeightPath {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "of the softmax that replaces the choice in backward, > 0", {.low = 1e-6});
    options.add("candidates", candidates_, "whose weights have a gradient; for others it is 0", {"all", "kept"});
  }
  Traits traits() const override { return {.is_biased = true}; }
  Reads reads() const override { return candidates_ == "kept" ? Reads::kKept : Reads::kAll; }

  // p = softmax(s / t)  =>  grad_s_i += p_i (g_i - sum_j p_j g_j) / t, with g of the weights of the hard choice
  void through_choice(const SelectorParts& /*selector*/, ConstRow scores, const Choice& choice, const Draw& /*draw*/,
                      ConstRow grad_weights, Row grad_scores) const override {
    const Row probabilities = choice.scratch.first(scores.size());
    tempered_softmax(scores, temperature_, probabilities);
    if (reads() == Reads::kAll) return tempered_softmax_backward(probabilities, grad_weights, temperature_, grad_scores);
    // The same with g_i = 0 where i was not kept.
    const auto factor = static_cast<Real>(1 / temperature_);
    Real mean = 0;
    for (std::size_t k = 0; k < grad_weights.size(); ++k) {
      const auto place = static_cast<std::size_t>(choice.kept[k]);
      const Real share = factor * probabilities[place] * grad_weights[k];
      grad_scores[place] += share;
      mean += share;
    }
    cpu::add_scaled(-mean, probabilities, grad_scores);
  }

 private:
  double temperature_ = 1;
  std::string candidates_ = "all";
};

FOVEA_ESTIMATOR("straight_through", StraightThrough, R"doc(Straight-through: the hard choice in forward, softmax in backward.

Approximates  d E[cost] / d scores, the expectation over the choice, or d cost / d scores of the soft choice.
With          (d softmax(s / t) / d s)^T g, g the gradient with respect to the weight of every candidate, taken at the hard
              choice; t the temperature. With candidates=kept, g is taken to be 0 for items that were not kept.
Requires      any selector; values at the site where candidates=all, since the weight of an item that was not chosen matters
              too.
Bias          biased, unless the cost is linear in the weights; adds no variance. With candidates=kept biased for linear
              costs too, and a constant added to g changes the estimate: a kept item is compared with a gradient of 0, not
              with what the others would have cost. A cost that falls with the weight of the kept item raises its score.
Cost          O(N) time a row, and a product of the read's gradient with every candidate's value: dense work in backward. With
              candidates=kept a product with the values of the kept items only.
Source        Bengio, Leonard & Courville 2013, arXiv:1308.3432; with softmax: Jang et al. 2017, arXiv:1611.01144.)doc");

}  // namespace
}  // namespace fovea
