#pragma once

#include <functional>
#include <optional>

namespace fovea {

/// What is known about a function of one number where its slope is measured.
struct SlopePoint {
  double value = 0;     // of the function at 0
  double unit = 0;      // the least magnitude that an error is relative to
  double rounding = 0;  // of every value of the function
};

/// The largest error of an accepted slope: differences of costs, in double, cannot show less.
inline constexpr double kLargestSlopeError = 1e-6;

/// How far `stated` is from the slope of `cost` at 0: relative to the larger of the two, at least `unit`, and more where
/// rounding asks for it, so that what rounding explains is never above kLargestSlopeError.
///
/// Solves    Differences of fourth order over steps of 1e-3 and 1e-4 decide. Their own error is about step^4 / 30 times the
///           fifth derivative, 1e-12 and less, so rounding is what is left: a difference sum_i w_i cost(i step) / step of
///           costs that are each off by r is off by up to r' = sum_i |w_i| r / step, and r' / kLargestSlopeError is added to
///           what an error is relative to.
///           Where a choice changes within a step, or a unit has its kink there, every such difference is wrong. There those
///           to one side and those over smaller steps count too, and the least error is given: a wrong slope stays wrong for
///           all of them. They count there only, where differences disagree with each other: over a step of 1e-7 rounding
///           would excuse too much.
///           Nothing where even the smallest steps disagree: the cost jumps however small the step is, as where a choice is
///           between equals and rounding decides, and has no slope there.
/// Errors    NaN where the cost is.
/// Cost      four costs for a right slope, sixteen at most.
std::optional<double> slope_error(const std::function<double(double)>& cost, double stated, const SlopePoint& point);

}  // namespace fovea
