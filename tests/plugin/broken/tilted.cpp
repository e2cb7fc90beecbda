// The selector `tilted`, which is wrong on purpose: its weights sum to 0.9, and its gradient is that of softmax.

#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class Tilted final : public Selector, public DifferentiableChoice {
 public:
  Extent capacity(Extent items) const override { return items; }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const Row weights = out.weights.first(scores.size());
    cpu::softmax(scores, weights);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] *= Real(0.9);
      out.kept[i] = static_cast<Index>(i);
    }
    out.count = static_cast<Extent>(weights.size());
    out.log_prob = 0;
  }

  void backward(ConstRow /*scores*/, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const Real mean = cpu::dot(choice.weights, grad_weights);
    for (std::size_t i = 0; i < grad_scores.size(); ++i) grad_scores[i] += choice.weights[i] * (grad_weights[i] - mean);
  }
};

FOVEA_SELECTOR("tilted", Tilted, R"doc(Tilted: wrong on purpose, its weights sum to 0.9.

Solves    w = 0.9 softmax(s), which no selector may give.
Shapes    scores [N] -> weights [N], kept [N].
Gradient  wrong: that of softmax.
Source    none.)doc");

}  // namespace
}  // namespace fovea
