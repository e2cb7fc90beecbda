#include "framework/attention/selector.h"

#include <cmath>

#include "framework/core/error.h"

namespace fovea {

template <>
Registry<Selector>& Registry<Selector>::instance() {
  static Registry<Selector> registry;
  return registry;
}

void Selector::fields(Options& /*options*/) {}

Extent Selector::scratch(Extent items) const { return items; }

void Selector::select_greedy(ConstRow scores, Rng rng, Choice& out) const { select(scores, rng, out); }

void Selector::backward(ConstRow /*scores*/, const Choice& /*choice*/, ConstRow /*grad_weights*/,
                        Row /*grad_scores*/) const {
  throw Error("selector", "this selector has no derivative; backward was called; choose an estimator that needs none.");
}

void Selector::log_prob_backward(ConstRow /*scores*/, const Choice& /*choice*/, Real /*factor*/, Row /*grad_scores*/) const {
  throw Error("selector", "this selector does not sample; log_prob_backward was called; choose one that samples.");
}

Extent Selector::choices(Extent /*items*/) const { return 0; }

void Selector::log_probs(ConstRow /*scores*/, Row /*out*/) const {
  throw Error("selector",
              "the choices of this selector cannot be enumerated; log_probs was called; choose another estimator.");
}

void Selector::log_probs_backward(ConstRow /*scores*/, ConstRow /*grad*/, Row /*grad_scores*/) const {
  throw Error("selector",
              "the choices of this selector cannot be enumerated; log_probs_backward was called; choose another estimator.");
}

// E[w_i] = p_i  =>  d E[w_i] = p_i d log p_i
void Selector::mean_weights_backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const {
  const auto items = static_cast<Extent>(scores.size());
  if (capacity(items) != 1 || choices(items) != items) {
    throw Error("selector", "the mean weights of this selector are not known; mean_weights_backward was called; choose "
                            "another estimator.");
  }
  const Row grad = choice.scratch.first(scores.size());
  log_probs(scores, grad);
  for (std::size_t i = 0; i < scores.size(); ++i) grad[i] = std::exp(grad[i]) * grad_weights[i];
  log_probs_backward(scores, grad, grad_scores);
}

void Selector::take(ConstRow /*scores*/, Extent /*number*/, Choice& /*out*/) const {
  throw Error("selector", "the choices of this selector cannot be enumerated; take was called; choose another estimator.");
}

void Selector::select_rows(const Rows& rows) const {
  const std::size_t items = rows.kept.size();
  for (std::size_t begin = 0; begin < rows.scores.size(); begin += items) {
    Choice choice{rows.weights.subspan(begin, items), rows.kept, 0, 0, rows.scratch};
    select(rows.scores.subspan(begin, items), Rng(), choice);
  }
}

void Selector::backward_rows(const Rows& rows, ConstRow grad_weights, Row grad_scores) const {
  const std::size_t items = rows.kept.size();
  for (std::size_t begin = 0; begin < rows.scores.size(); begin += items) {
    const Choice choice{rows.weights.subspan(begin, items), rows.kept, static_cast<Extent>(items), 0, rows.scratch};
    backward(rows.scores.subspan(begin, items), choice, grad_weights.subspan(begin, items),
             grad_scores.subspan(begin, items));
  }
}

}  // namespace fovea
