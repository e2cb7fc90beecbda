#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class Softmax final : public Selector, public DifferentiableChoice, public ManyRows, public ManyRowGradients {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }
  Traits traits() const override { return {.keeps_all = true, .softmax_temperature = temperature_}; }
  Extent capacity(Extent items) const override { return items; }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const std::size_t items = scores.size();
    for (std::size_t i = 0; i < items; ++i) out.kept[i] = static_cast<Index>(i);
    out.count = static_cast<Extent>(items);
    out.log_prob = 0;
    weigh(scores, out.weights.first(items));
  }

  // p_i = exp(s_i / t) / sum_j exp(s_j / t)  =>  grad_s_i += p_i (g_i - sum_j p_j g_j) / t
  void backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const ConstRow weights = choice.weights.first(scores.size());
    if (temperature_ == 1) {
      cpu::softmax_backward(weights, grad_weights, grad_scores);
    } else {
      tempered_softmax_backward(weights, grad_weights, temperature_, grad_scores);
    }
  }

  void select_rows(const Rows& rows, std::span<const Rng> /*rngs*/) const override {
    keep_all(rows);
    for (Extent row = 0; row < rows.size(); ++row) weigh(rows.items_of(rows.scores, row), rows.kept_of(rows.weights, row));
  }

  void backward_rows(const Rows& rows, const RowGradients& grad) const override {
    if (temperature_ != 1) return backward_row_by_row(*this, rows, grad);
    const auto pull = grad.assigns ? cpu::assign_softmax_backward : cpu::softmax_backward;
    for (Extent row = 0; row < rows.size(); ++row) {
      pull(rows.kept_of(rows.weights, row), rows.kept_of(grad.weights, row), rows.items_of(grad.scores, row));
    }
  }

 private:
  void weigh(ConstRow scores, Row weights) const {
    if (temperature_ == 1) {
      cpu::softmax_weights(scores, weights);
    } else {
      tempered_softmax(scores, temperature_, weights);
    }
  }

  double temperature_ = 1;
};

FOVEA_SELECTOR("softmax", Softmax, R"doc(Softmax: every item, weighted by the exponential of its score.

Solves    p_i = exp(s_i / t) / sum over j of exp(s_j / t), t the temperature.
Shapes    scores [N] -> weights [N], kept [N] = 0 .. N-1; rows are independent.
Gradient  exact: p_i (g_i - sum over j of p_j g_j) / t.
Errors    none; a masked-out item never arrives.
Cost      O(N) time, no memory beyond the weights.
Source    Bahdanau et al. 2015, arXiv:1409.0473, equation 6.)doc");

}  // namespace
}  // namespace fovea
