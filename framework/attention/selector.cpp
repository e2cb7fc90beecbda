#include "framework/attention/selector.h"

#include <algorithm>
#include <cmath>
#include <numeric>

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
    throw Error("selector",
                "the mean weights of this selector are not known; mean_weights_backward was called; choose "
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

void Selector::select_rows(const Rows& rows, std::span<const Rng> rngs) const {
  const auto capacity = static_cast<std::size_t>(rows.capacity);
  for (Extent row = 0; row < rows.size(); ++row) {
    const auto number = static_cast<std::size_t>(row);
    Choice choice{rows.weights.subspan(number * capacity, capacity), rows.kept.subspan(number * capacity, capacity), 0, 0,
                  rows.scratch};
    if (rngs.empty()) {
      select_greedy(rows.items_of(rows.scores, row), Rng(), choice);
    } else {
      select(rows.items_of(rows.scores, row), rngs[number], choice);
    }
    std::fill(choice.weights.begin() + choice.count, choice.weights.end(), Real{0});
    std::fill(choice.kept.begin() + choice.count, choice.kept.end(), Index{-1});
    rows.counts[number] = static_cast<Index>(choice.count);
  }
}

void Selector::backward_rows(const Rows& rows, const RowGradients& grad) const {
  for (Extent row = 0; row < rows.size(); ++row) {
    const Row grad_scores = rows.items_of(grad.scores, row);
    if (grad.assigns) std::fill(grad_scores.begin(), grad_scores.end(), Real{0});
    const Choice choice{rows.kept_of(rows.weights, row), rows.kept_of(rows.kept, row),
                        rows.counts[static_cast<std::size_t>(row)], 0, rows.scratch};
    backward(rows.items_of(rows.scores, row), choice, rows.kept_of(grad.weights, row), grad_scores);
  }
}

void keep_all(const Selector::Rows& rows) {
  for (Extent row = 0; row < rows.size(); ++row) {
    Index* kept = rows.kept.data() + row * rows.capacity;
    std::iota(kept, kept + rows.items, Index{0});
    std::fill(kept + rows.items, kept + rows.capacity, Index{-1});
    Real* weights = rows.weights.data() + row * rows.capacity;
    std::fill(weights + rows.items, weights + rows.capacity, Real{0});
  }
  std::fill(rows.counts.begin(), rows.counts.end(), static_cast<Index>(rows.items));
}

}  // namespace fovea
