#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class GumbelSoftmax final : public Selector {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "perturbed scores are divided by it, > 0; small is close to a sample",
                {.low = 1e-6});
  }
  Traits traits() const override { return {.is_differentiable = true, .is_random = true, .keeps_all = true}; }
  Extent capacity(Extent items) const override { return items; }

  void select(ConstRow scores, Rng rng, Choice& out) const override {
    const Row perturbed = out.scratch.first(scores.size());
    fill_gumbel(rng, perturbed);
    cpu::add(scores, perturbed);
    select_greedy(perturbed, rng, out);
  }

  void select_greedy(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const std::size_t items = scores.size();
    for (std::size_t i = 0; i < items; ++i) out.kept[i] = static_cast<Index>(i);
    out.count = static_cast<Extent>(items);
    out.log_prob = 0;
    if (temperature_ == 1) {
      cpu::softmax_weights(scores, out.weights.first(items));
    } else {
      tempered_softmax(scores, temperature_, out.weights.first(items));
    }
  }

  // y = softmax((s + g) / t)  =>  grad_s_i += y_i (grad_y_i - sum_j y_j grad_y_j) / t
  void backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const ConstRow weights = choice.weights.first(scores.size());
    if (temperature_ == 1) {
      cpu::softmax_backward(weights, grad_weights, grad_scores);
    } else {
      tempered_softmax_backward(weights, grad_weights, temperature_, grad_scores);
    }
  }

 private:
  double temperature_ = 1;
};

FOVEA_SELECTOR("gumbel_softmax", GumbelSoftmax,
               R"doc(Gumbel-softmax: softmax of scores with noise, a sample that is not quite hard.

Solves    y = softmax((s + g) / t), g_i = -log(-log(u_i)), u_i uniform, t the temperature: as t falls, y tends to one item that
          is drawn with its probability softmax(s). In evaluation without noise.
Shapes    scores [N] -> weights [N], kept [N] = 0 .. N-1; rows are independent.
Gradient  exact for the noise that was drawn: y_i (grad_y_i - sum over j of y_j grad_y_j) / t.
Errors    none; a masked-out item never arrives.
Cost      O(N) time, N random numbers, N Reals of scratch.
Source    Jang et al. 2017, arXiv:1611.01144, equation 2; Maddison et al. 2017, arXiv:1611.00712 (the concrete distribution).)doc");

}  // namespace
}  // namespace fovea
