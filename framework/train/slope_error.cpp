#include "framework/train/slope_error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace fovea {
namespace {

using Costs = std::array<double, 5>;    // at -2, -1, 0, 1 and 2 steps
using Weights = std::array<double, 5>;  // of these costs in a difference

constexpr Weights kBothSides{1.0 / 12, -8.0 / 12, 0, 8.0 / 12, -1.0 / 12};  // of fourth order
constexpr Weights kAbove{0, 0, -1.5, 2, -0.5};                              // of second order
constexpr Weights kBelow{0.5, -2, 1.5, 0, 0};

struct Difference {
  double slope = 0;
  double rounding = 0;
};

Difference difference(const Weights& weights, const Costs& costs, double step, double rounding) {
  Difference difference;
  for (std::size_t i = 0; i < costs.size(); ++i) {
    difference.slope += weights[i] * costs[i] / step;
    difference.rounding += std::abs(weights[i]) * rounding / step;
  }
  return difference;
}

double error_of(const Difference& difference, double stated, double unit) {
  const double largest = std::max({std::abs(stated), std::abs(difference.slope), unit});
  return std::abs(stated - difference.slope) / (largest + difference.rounding / kLargestSlopeError);
}

/// Differences that agree with each other, apart from rounding, ten times better than with what was stated.
bool are_agreed(const std::array<Difference, 4>& differences, double stated) {
  const auto by_slope = [](const Difference& a, const Difference& b) { return a.slope < b.slope; };
  const auto [least, most] = std::minmax_element(differences.begin(), differences.end(), by_slope);
  const double apart = most->slope - least->slope - most->rounding - least->rounding;
  return 10 * apart <= std::max(least->slope - stated, stated - most->slope);
}

bool is_close(const Difference& a, const Difference& b) {
  const double size = std::max(std::abs(a.slope), std::abs(b.slope));
  return std::abs(a.slope - b.slope) <= 1e-4 * size + a.rounding + b.rounding;
}

}  // namespace

std::optional<double> slope_error(const std::function<double(double)>& cost, double stated, const SlopePoint& point) {
  double error = std::numeric_limits<double>::infinity();
  Difference widest;
  bool has_slope = false;
  std::array<Difference, 3> wider;
  for (const double step : {1e-3, 1e-4, 1e-6, 1e-7}) {
    const Costs costs{cost(-2 * step), cost(-step), point.value, cost(step), cost(2 * step)};
    const auto measure = [&](const Weights& weights) { return difference(weights, costs, step, point.rounding); };
    const std::array<Difference, 3> differences{measure(kBothSides), measure(kAbove), measure(kBelow)};
    for (const Difference& measured : differences) {
      const double now = error_of(measured, stated, point.unit);
      if (std::isnan(now)) return now;
      error = std::min(error, now);
    }
    if (error <= kLargestSlopeError) return error;
    const auto& [both, above, below] = differences;
    if (step == 1e-3) widest = both;
    if (step == 1e-4 && are_agreed({widest, both, above, below}, stated)) return error_of(widest, stated, point.unit);
    has_slope = is_close(above, below) || is_close(above, wider[1]) || is_close(below, wider[2]);
    wider = differences;
  }
  return has_slope ? std::optional(error) : std::nullopt;
}

}  // namespace fovea
