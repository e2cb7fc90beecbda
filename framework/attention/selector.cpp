#include "framework/attention/selector.h"

#include <cmath>
#include <numeric>

#include "framework/core/error.h"
#include "framework/core/registered.h"

namespace fovea {
namespace {

constexpr Extent kManyItems = Extent{1} << 20;

}  // namespace

template <>
Registry<Selector>& Registry<Selector>::instance() {
  static Registry<Selector> registry;
  return registry;
}

void Selector::fields(Options& /*options*/) {}

Extent Selector::scratch(Extent items) const { return items; }

// E[w_i] = p_i  =>  d E[w_i] = p_i d log p_i
void EnumerableChoice::mean_weights_backward(ConstRow scores, const Choice& choice, ConstRow grad_weights,
                                             Row grad_scores) const {
  if (choices(static_cast<Extent>(scores.size())) != static_cast<Extent>(scores.size())) {
    throw Error("selector",
                "the mean weights of this selector are not known; mean_weights_backward was called; choose "
                "another estimator.");
  }
  const Row grad = choice.scratch.first(scores.size());
  log_probs(scores, grad);
  for (std::size_t i = 0; i < scores.size(); ++i) grad[i] = std::exp(grad[i]) * grad_weights[i];
  log_probs_backward(scores, grad, grad_scores);
}

SelectorParts::SelectorParts(const Selector& whole)
    : selector(&whole),
      derivative(half_of<DifferentiableChoice>(whole)),
      random(half_of<RandomChoice>(whole)),
      sampled(half_of<SampledChoice>(whole)),
      enumerable(half_of<EnumerableChoice>(whole)),
      rows(half_of<ManyRows>(whole)),
      row_gradients(half_of<ManyRowGradients>(whole)) {}

std::vector<SiteParameter> parameters_of(const Selector& selector) {
  const auto* differentiable = half_of<DifferentiableChoice>(selector);
  return differentiable == nullptr ? std::vector<SiteParameter>{} : differentiable->parameters();
}

void select_rows(const SelectorParts& selector, const Selector::Rows& rows, std::span<const Rng> rngs) {
  if (selector.rows != nullptr) return selector.rows->select_rows(rows, rngs);
  select_row_by_row(selector, rows, rngs);
}

void backward_rows(const SelectorParts& selector, const Selector::Rows& rows, const Selector::RowGradients& grad) {
  if (selector.row_gradients != nullptr) return selector.row_gradients->backward_rows(rows, grad);
  backward_row_by_row(*selector.derivative, rows, grad);
}

void select_row_by_row(const SelectorParts& selector, const Selector::Rows& rows, std::span<const Rng> rngs) {
  const auto capacity = static_cast<std::size_t>(rows.capacity);
  for (Extent row = 0; row < rows.size(); ++row) {
    const auto number = static_cast<std::size_t>(row);
    Choice choice{rows.weights.subspan(number * capacity, capacity), rows.kept.subspan(number * capacity, capacity), 0, 0,
                  rows.scratch};
    if (rngs.empty() && selector.random != nullptr) {
      selector.random->select_greedy(rows.items_of(rows.scores, row), Rng(), choice);
    } else {
      selector->select(rows.items_of(rows.scores, row), rngs.empty() ? Rng() : rngs[number], choice);
    }
    if (choice.count < 0 || choice.count > rows.capacity) {
      throw Error(registered(*selector) + ", select", "a count of at most " + std::to_string(rows.capacity) +
                                                          ", its capacity, was expected; " + std::to_string(choice.count) +
                                                          " came; let capacity(N) give the most that select ever keeps.");
    }
    std::fill(choice.weights.begin() + choice.count, choice.weights.end(), Real{0});
    std::fill(choice.kept.begin() + choice.count, choice.kept.end(), Index{-1});
    rows.counts[number] = static_cast<Index>(choice.count);
  }
}

void backward_row_by_row(const DifferentiableChoice& selector, const Selector::Rows& rows,
                         const Selector::RowGradients& grad) {
  for (Extent row = 0; row < rows.size(); ++row) {
    const Row grad_scores = rows.items_of(grad.scores, row);
    if (grad.assigns) std::fill(grad_scores.begin(), grad_scores.end(), Real{0});
    const Choice choice{rows.kept_of(rows.weights, row), rows.kept_of(rows.kept, row), rows.counts[row], 0, rows.scratch};
    selector.backward(rows.items_of(rows.scores, row), choice, rows.kept_of(grad.weights, row), grad_scores);
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

bool is_sparse(const Selector& selector) { return selector.capacity(kManyItems) < kManyItems; }

bool keeps_one(const Selector& selector) { return selector.capacity(kManyItems) == 1; }

}  // namespace fovea
