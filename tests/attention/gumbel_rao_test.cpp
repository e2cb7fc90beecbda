#include <doctest/doctest.h>

#include "modules/estimators/conditional_gumbel.h"
#include "tests/conformance/chosen.h"

// Gumbel noise given a choice, and the mean over it.
namespace fovea {
namespace {

using conformance::choose;
using conformance::Chosen;
using conformance::normals;
using conformance::one_draw;
using conformance::rng_of;
using conformance::selector_of;
using Reals = std::vector<Real>;

struct Moments {
  double mean = 0;
  double error = 0;  // standard error of the mean
};

/// Of the estimates of every component, with the choice fixed.
std::vector<Moments> estimates(const std::string& text, const Reals& scores, const Reals& grad_weights, int count) {
  const auto estimator = Registry<Estimator>::instance().parse(text).plugin;
  const auto selector = selector_of("sample(temperature=0.8)");
  const Chosen chosen = choose(*selector, scores, rng_of(1));
  std::vector<Moments> moments(scores.size());
  std::vector<double> squares(scores.size());
  for (int draw = 0; draw < count; ++draw) {
    Reals grad(scores.size());
    const Rng rng = rng_of(static_cast<std::uint32_t>(draw), 3);
    half_of<WeightPath>(*estimator)->through_choice(*selector, scores, chosen.choice(), one_draw(rng), grad_weights, grad);
    for (std::size_t i = 0; i < grad.size(); ++i) {
      moments[i].mean += static_cast<double>(grad[i]) / count;
      squares[i] += static_cast<double>(grad[i]) * static_cast<double>(grad[i]) / count;
    }
  }
  for (std::size_t i = 0; i < squares.size(); ++i) {
    moments[i].error = std::sqrt(std::max(0.0, squares[i] - moments[i].mean * moments[i].mean) / count);
  }
  return moments;
}

}  // namespace

TEST_CASE("noise given a choice lets it win, and is exponential in the rates") {
  for (const std::size_t items : {2, 7, 20, 600}) {
    CAPTURE(items);
    const auto selector = selector_of("sample");
    const Reals scores = normals(items, rng_of(2));
    Reals log_probs(items);
    half_of<EnumerableChoice>(*selector)->log_probs(scores, log_probs);
    const std::size_t chosen = items / 2;
    const int draws = 5000;
    std::vector<double> means(items), squares(items);
    double top = 0;
    Rng rng = rng_of(3, static_cast<std::uint32_t>(items));
    for (int draw = 0; draw < draws; ++draw) {
      Reals keys = log_probs;
      gumbel::condition_on(chosen, rng, keys);
      CHECK(std::max_element(keys.begin(), keys.end()) - keys.begin() == static_cast<std::ptrdiff_t>(chosen));
      top += static_cast<double>(keys[chosen]) / draws;
      for (std::size_t i = 0; i < items; ++i) {
        const double time = std::exp(-static_cast<double>(keys[i]));
        means[i] += time / draws;
        squares[i] += time * time / draws;
      }
    }
    CHECK(std::abs(top - 0.577216) < 4.5 * 1.2825 / std::sqrt(draws));  // of Gumbel noise
    for (std::size_t i = 0; i < items; ++i) {
      // E_i / p_i + E_c; only E_c for the choice itself.
      const double rate = i == chosen ? 0 : std::exp(-static_cast<double>(log_probs[i]));
      CHECK(std::abs(means[i] - rate - 1) < 4.5 * std::sqrt((rate * rate + 1) / draws));
      CHECK(std::abs(squares[i] - 2 * (rate * rate + rate + 1)) < 4.5 * std::sqrt(20.0 / draws) * (rate + 1) * (rate + 1));
    }
  }
}

TEST_CASE("gumbel_rao has the mean of gumbel_straight_through for any length of row, with less variance") {
  for (const std::size_t items : {2, 5, 32, 33, 70}) {
    for (const std::string temperature : {"1", "0.3"}) {
      CAPTURE(items);
      CAPTURE(temperature);
      const Reals scores = normals(items, rng_of(4));
      const Reals g = normals(items, rng_of(5));
      const auto single = estimates("gumbel_straight_through(" + temperature + ")", scores, g, 8000);
      const auto ten = estimates("gumbel_rao(" + temperature + ", draws=10)", scores, g, 2000);
      const auto many = estimates("gumbel_rao(" + temperature + ", draws=600)", scores, g, 40);  // several blocks
      double of_single = 0, of_ten = 0, of_many = 0;                                             // variances
      for (std::size_t i = 0; i < items; ++i) {
        const double rounding = sizeof(Real) == 8 ? 1e-12 : 1e-6;
        CHECK(std::abs(single[i].mean - ten[i].mean) < 4.5 * std::hypot(single[i].error, ten[i].error) + rounding);
        CHECK(std::abs(single[i].mean - many[i].mean) < 4.5 * std::hypot(single[i].error, many[i].error) + rounding);
        of_single += single[i].error * single[i].error * 8000;
        of_ten += ten[i].error * ten[i].error * 2000;
        of_many += many[i].error * many[i].error * 40;
      }
      CHECK(of_ten == doctest::Approx(of_single / 10).epsilon(0.25));
      CHECK(of_many == doctest::Approx(of_single / 600).epsilon(0.7));
    }
  }
}

TEST_CASE("gumbel_rao stays finite where an item is almost impossible, and gives 0 where there is one item") {
  for (const std::size_t items : {3, 50}) {
    Reals scores(items, Real(-500));
    scores[0] = 500;
    const auto moments = estimates("gumbel_rao(0.1)", scores, normals(items, rng_of(6)), 20);
    for (const Moments& one : moments) CHECK(std::abs(one.mean) < 1e-30);
  }
  CHECK(estimates("gumbel_rao", {3}, {7}, 3)[0].mean == 0);
}

}  // namespace fovea
