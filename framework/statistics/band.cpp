#include "framework/statistics/band.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "framework/core/error.h"
#include "framework/statistics/distributions.h"

namespace fovea {
namespace {

void expect_curve(const Curve& curve) {
  if (curve.steps.size() != curve.values.size()) {
    throw Error("statistics", "a value was expected for each step of a curve; " + std::to_string(curve.steps.size()) +
                                  " steps and " + std::to_string(curve.values.size()) + " values came; give one for each.");
  }
  const auto place = std::adjacent_find(curve.steps.begin(), curve.steps.end(), std::greater_equal<>());
  if (place == curve.steps.end()) return;
  throw Error("statistics", "the steps of a curve ascend; " + std::to_string(place[1]) + " came after " +
                                std::to_string(place[0]) + "; keep the last value of each step, in the order of steps.");
}

std::vector<Extent> common_steps(std::span<const Curve> curves) {
  std::vector<Extent> common = curves.front().steps;
  for (const Curve& curve : curves.subspan(1)) {
    std::vector<Extent> both;
    std::set_intersection(common.begin(), common.end(), curve.steps.begin(), curve.steps.end(), std::back_inserter(both));
    common = std::move(both);
  }
  return common;
}

}  // namespace

std::vector<BandPoint> pointwise_band(std::span<const Curve> curves, double level) {
  expect_level(level);
  for (const Curve& curve : curves) expect_curve(curve);
  std::vector<BandPoint> points;
  if (curves.empty()) return points;
  std::vector<std::size_t> places(curves.size(), 0);
  for (const Extent step : common_steps(curves)) {
    std::vector<double> values;
    for (std::size_t i = 0; i < curves.size(); ++i) {
      while (curves[i].steps[places[i]] < step) ++places[i];
      values.push_back(curves[i].values[places[i]]);
    }
    points.push_back({step, summary_of(values, level)});
  }
  return points;
}

}  // namespace fovea
