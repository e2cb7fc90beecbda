#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "framework/attention/estimator.h"
#include "framework/attention/several_draws.h"
#include "framework/core/rng.h"
#include "tests/conformance/subject.h"

// For the conformance tests of selectors and estimators: one row of choices with its own memory.
namespace fovea::conformance {

struct Chosen {
  mutable std::vector<Real> weights;  // mutable: a Choice is a view that a selector may write through
  mutable std::vector<Index> kept;
  Extent count = 0;
  Real log_prob = 0;
  mutable std::vector<Real> scratch;
  std::vector<std::vector<Real>> parameters = {};  // of the selector
  mutable std::vector<ConstRow> parameter_rows = {};

  Choice choice() const {
    Choice view{weights, kept, count, log_prob, scratch};
    parameter_rows.assign(parameters.begin(), parameters.end());
    view.parameters = parameter_rows;
    return view;
  }
  /// The weights as [items], zero where not kept.
  std::vector<Real> dense(std::size_t items) const {
    std::vector<Real> all(items);
    for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) all[kept[k]] = weights[k];
    return all;
  }
};

inline Rng rng_of(std::uint32_t step, std::uint32_t row = 0) {
  return Rng({.seed = 20, .stream = stream_of("conformance"), .step = step, .row = row});
}

/// The parameters of a selector as training starts; those that start at random have random numbers of that size.
inline std::vector<std::vector<Real>> initial_parameters(const Selector& selector) {
  std::vector<std::vector<Real>> all;
  for (const SiteParameter& one : parameters_of(selector)) {
    std::vector<Real>& values =
        all.emplace_back(static_cast<std::size_t>(one.shape.size()), static_cast<Real>(one.init.scale));
    if (one.init.kind == Init::Kind::kZero || one.init.kind == Init::Kind::kConstant) continue;
    Rng rng = rng_of(static_cast<std::uint32_t>(all.size()), 60);
    for (Real& value : values) value *= static_cast<Real>(rng.uniform(-1, 1));
  }
  return all;
}

enum class How { kSelect, kGreedy };

inline Chosen choose(const Selector& selector, const std::vector<Real>& scores, const Rng& rng, How how = How::kSelect) {
  const auto capacity = static_cast<std::size_t>(selector.capacity(static_cast<Extent>(scores.size())));
  Chosen chosen{std::vector<Real>(capacity, Real(-7)), std::vector<Index>(capacity, -7), -7, -7, {},
                initial_parameters(selector)};
  // A site's scratch is longer than a row that was masked.
  chosen.scratch.assign(static_cast<std::size_t>(scratch_of(selector, static_cast<Extent>(scores.size()))) + 3, Real(-7));
  Choice choice = chosen.choice();
  const auto* random = half_of<RandomChoice>(selector);
  if (how == How::kGreedy && random != nullptr) {
    random->select_greedy(scores, rng, choice);
  } else {
    selector.select(scores, rng, choice);
  }
  chosen.count = choice.count;
  chosen.log_prob = choice.log_prob;
  chosen.weights.resize(choice.count);
  chosen.kept.resize(choice.count);
  return chosen;
}

/// What an estimator chooses in one draw, and whether that counts as a choice.
inline std::pair<Chosen, bool> choose_by(const Estimator& estimator, const Selector& selector,
                                         const std::vector<Real>& scores, const Draw& draw) {
  const auto capacity =
      static_cast<std::size_t>(EstimatorParts(estimator).capacity(selector, static_cast<Extent>(scores.size())));
  Chosen chosen{std::vector<Real>(capacity, Real(-7)), std::vector<Index>(capacity, -7), -7, -7, {},
                initial_parameters(selector)};
  chosen.scratch.assign(static_cast<std::size_t>(scratch_of(selector, static_cast<Extent>(scores.size()))) + 3, Real(-7));
  Choice choice = chosen.choice();
  bool counts = true;
  if (const auto* draws = half_of<SeveralDraws>(estimator)) {
    counts = draws->choose(selector, scores, draw, choice);
  } else {
    selector.select(scores, draw.rng, choice);
  }
  chosen.count = choice.count;
  chosen.log_prob = choice.log_prob;
  chosen.weights.resize(choice.count);
  chosen.kept.resize(choice.count);
  return {std::move(chosen), counts};
}

/// Scores that differ by at least `scale` / 8, in random order.
inline std::vector<Real> distinct_scores(std::size_t items, Rng rng, double scale = 1) {
  std::vector<Real> scores(items);
  for (std::size_t i = 0; i < items; ++i)
    scores[i] = static_cast<Real>(scale * (0.25 * static_cast<double>(i) + rng.uniform(0, 0.125)));
  rng.shuffle(std::span<Real>(scores));
  return scores;
}

inline std::vector<Real> normals(std::size_t count, Rng rng) {
  std::vector<Real> values(count);
  rng.fill_normal(values);
  return values;
}

/// Selectors of this tree with other options than their defaults.
inline const std::vector<std::string>& selectors_with_options() {
  static const std::vector<std::string> texts{"softmax(temperature=0.3)",
                                              "top_k(1)",
                                              "top_k(2)",
                                              "sample(temperature=2.5)",
                                              "sparsemax(0.5)",
                                              "entmax(1.25)",
                                              "entmax(1.7, temperature=0.6)",
                                              "entmax(2)",
                                              "entmax(learn_alpha=true)",
                                              "entmax(1.2, temperature=0.6, learn_alpha=true)",
                                              "soft_to_hard(0.2, temperature=0.5)",
                                              "soft_to_hard(0)",
                                              "soft_to_hard(1)",
                                              "top_p(0.5, temperature=2)",
                                              "threshold(0.15, temperature=0.5)",
                                              "threshold(0.3, of=best)",
                                              "gumbel_softmax(0.4)",
                                              "gumbel_top_k(2)",
                                              "gumbel_top_k(3, temperature=0.5)",
                                              "k_subset(2)",
                                              "k_subset(3, temperature=0.5)",
                                              "k_subset_marginals(2, temperature=1.5)"};
  return texts;
}
inline std::vector<std::string> selector_texts() { return texts_of<Selector>(selectors_with_options()); }
inline std::vector<std::string> selector_partners() { return partners_of<Selector>(selectors_with_options()); }

/// The only evaluation of an item.
inline Draw one_draw(Rng rng) { return {0, 1, rng, rng}; }

inline std::unique_ptr<Selector> selector_of(const std::string& text) {
  return Registry<Selector>::instance().parse(text).plugin;
}

}  // namespace fovea::conformance
