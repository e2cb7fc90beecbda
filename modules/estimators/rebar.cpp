#include <algorithm>

#include "framework/attention/several_draws.h"
#include "modules/estimators/relaxed_choice.h"

namespace fovea {
namespace {

class Rebar final : public Estimator, public SeveralDraws, public WeightPath {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "of the relaxed choices, > 0", {.low = 1e-6});
    options.add("scale", scale_, "of the control variate; 0 leaves REINFORCE");
  }
  Traits traits() const override { return {.needs_enumeration = true, .needs_one_item = true, .needs_one_choice = true}; }

  Extent draws(const SelectorParts& /*selector*/, Extent /*items*/) const override { return relaxed::kDraws; }
  Extent capacity(const SelectorParts& /*selector*/, Extent items) const override { return items; }

  bool choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, Choice& out) const override {
    relaxed::choose(selector, scores, draw, temperature_, out);
    return true;
  }

  void share_out(const Evaluations& evaluations, const Shares& out) override {
    const auto scale = static_cast<Real>(scale_);
    for (std::size_t first = 0; first < out.weights.size(); first += 3) {
      const Real shares[3] = {1, scale, -scale};
      std::copy_n(shares, 3, out.weights.begin() + static_cast<std::ptrdiff_t>(first));
      out.advantages[first] = evaluations.costs[first] - scale * evaluations.costs[first + 2];
      out.advantages[first + 1] = out.advantages[first + 2] = 0;
    }
  }

  void through_choice(const SelectorParts& selector, ConstRow scores, const Choice& choice, const Draw& draw,
                      ConstRow grad_weights, Row grad_scores) const override {
    if (draw.index == 0) return;
    const std::size_t n = scores.size();
    const Row keys = choice.scratch.first(n);
    const Row weights = choice.scratch.subspan(n, n);
    const Row grad = choice.scratch.subspan(2 * n, n);
    const std::size_t chosen = relaxed::make_keys(selector, scores, draw, keys);
    std::fill(grad.begin(), grad.end(), Real(0));
    gumbel::pull_softmax(keys, temperature_, grad_weights, weights, grad);
    relaxed::find_shares(draw, chosen, keys);
    for (std::size_t i = 0; i < n; ++i) grad[i] *= keys[i];
    selector.enumerable->log_probs_backward(scores, grad, grad_scores);
  }

 private:
  double temperature_ = 0.5;
  double scale_ = 1;
};

FOVEA_ESTIMATOR("rebar", Rebar, R"doc(REBAR: REINFORCE with the relaxed choice as a control variate.

Approximates  d E[cost] / d scores, and the gradient of the expected cost with respect to everything else.
With          (cost(b) - a cost(w')) d log p(b) + a d cost(w) - a d cost(w'): b the choice, w = softmax((log p + G) / t), w' the
              same with noise drawn anew given that b won; t the temperature, a the scale.
Requires      a selector that keeps one item and whose choices can be enumerated, at the only sampled site of the model,
              which chooses once for each item of the batch; a cost that is defined for mixtures of values.
Bias          none, for any t and a.
Cost          3 evaluations of each item, two of which read every candidate.
Source        Tucker, Mnih, Maddison, Lawson & Sohl-Dickstein 2017, arXiv:1703.07370.)doc");

}  // namespace
}  // namespace fovea
