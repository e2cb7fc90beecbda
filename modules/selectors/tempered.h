#pragma once

#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {

/// The parts that selectors have in common whose weights are a softmax of all items, at a temperature.
class SoftmaxOfAll : public Selector, public DifferentiableChoice, public ManyRows, public ManyRowGradients {
 public:
  Extent capacity(Extent items) const final { return items; }

  // p_i = exp(s_i / t) / sum_j exp(s_j / t)  =>  grad_s_i += p_i (g_i - sum_j p_j g_j) / t
  void backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const final {
    const ConstRow weights = choice.weights.first(scores.size());
    if (temperature_ == 1) {
      cpu::softmax_backward(weights, grad_weights, grad_scores);
    } else {
      tempered_softmax_backward(weights, grad_weights, temperature_, grad_scores);
    }
  }

  void backward_rows(const Rows& rows, const RowGradients& grad) const final {
    if (temperature_ != 1) return backward_row_by_row(*this, rows, grad);
    const auto pull = grad.assigns ? cpu::assign_softmax_backward : cpu::softmax_backward;
    for (Extent row = 0; row < rows.size(); ++row) {
      pull(rows.kept_of(rows.weights, row), rows.kept_of(grad.weights, row), rows.items_of(grad.scores, row));
    }
  }

 protected:
  static void keep(ConstRow scores, Choice& out) {
    for (std::size_t i = 0; i < scores.size(); ++i) out.kept[i] = static_cast<Index>(i);
    out.count = static_cast<Extent>(scores.size());
    out.log_prob = 0;
  }

  void weigh(ConstRow scores, Row weights) const {
    if (temperature_ == 1) {
      cpu::softmax_weights(scores, weights);
    } else {
      tempered_softmax(scores, temperature_, weights);
    }
  }

  double temperature_ = 1;
};

/// The parts that selectors have in common whose weights are a softmax of the items that are kept, at a temperature.
class SoftmaxOfKept : public Selector, public DifferentiableChoice {
 public:
  // w = softmax(s / t) over kept  =>  grad_s_i += w_i (g_i - sum_j w_j g_j) / t on kept
  void backward(ConstRow /*scores*/, const Choice& choice, ConstRow grad_weights, Row grad_scores) const final {
    const auto count = static_cast<std::size_t>(choice.count);
    const Real mean = cpu::dot(choice.weights.first(count), grad_weights.first(count));
    const auto factor = static_cast<Real>(1 / temperature_);
    for (std::size_t i = 0; i < count; ++i) {
      grad_scores[choice.kept[i]] += factor * choice.weights[i] * (grad_weights[i] - mean);
    }
  }

 protected:
  double temperature_ = 1;
};

}  // namespace fovea
