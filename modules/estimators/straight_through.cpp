#include "framework/attention/estimator.h"

namespace fovea {
namespace {

class StraightThrough final : public Estimator {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "of the softmax that stands in for the choice in backward, > 0", {.low = 1e-6});
  }
  Traits traits() const override { return {.has_path = true, .is_biased = true}; }
  bool reads_kept_only() const override { return false; }

  // p = softmax(s / t)  =>  grad_s_i += p_i (g_i - sum_j p_j g_j) / t, with g of the weights of the hard choice
  void through_choice(const Selector& /*selector*/, ConstRow scores, const Choice& choice, Rng /*rng*/,
                      ConstRow grad_weights, Row grad_scores) const override {
    const Row probabilities = choice.scratch.first(scores.size());
    tempered_softmax(scores, temperature_, probabilities);
    tempered_softmax_backward(probabilities, grad_weights, temperature_, grad_scores);
  }

 private:
  double temperature_ = 1;
};

FOVEA_ESTIMATOR("straight_through", StraightThrough, R"doc(Straight-through: the hard choice in forward, softmax in backward.

Approximates  d E[cost] / d scores, the expectation over the choice, or d cost / d scores of the soft choice.
With          (d softmax(s / t) / d s)^T g, g the gradient with respect to the weight of every candidate, taken at the hard
              choice; t the temperature.
Requires      any selector; values at the site, since the weight of an item that was not chosen matters too.
Bias          biased, unless the cost is linear in the weights; no variance of its own.
Cost          O(N) time a row, and a product of the read's gradient with every candidate's value: dense work in backward.
Source        Bengio, Leonard & Courville 2013, arXiv:1308.3432; with softmax: Jang et al. 2017, arXiv:1611.01144.)doc");

}  // namespace
}  // namespace fovea
