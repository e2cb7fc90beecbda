#pragma once

#include <span>
#include <vector>

#include "framework/statistics/intervals.h"

namespace fovea {

/// One number of one run at steps in ascending order.
struct Curve {
  std::vector<Extent> steps;
  std::vector<double> values;
};

struct BandPoint {
  Extent step = 0;
  Summary summary;
};

/// The mean and t interval over curves at every step that all of them have: a run that logs at other steps, or was stopped
/// early, leaves fewer points, never a mean over fewer runs. Nothing is interpolated or smoothed.
///
/// The interval is pointwise: at the given level for each step alone, not for all of them together. A point at which a value
/// is NaN or infinite has no mean and no interval. No curves give no points.
/// Errors    a curve whose steps do not ascend, or whose values are not as many; a level that is not between 0 and 1.
std::vector<BandPoint> pointwise_band(std::span<const Curve> curves, double level = 0.95);

}  // namespace fovea
