#pragma once

#include "framework/core/real.h"

// The distributions that the tests and intervals are made of. The source file alone includes Boost.Math, whose headers take
// long to compile.
namespace fovea {

/// The q with P(|T| <= q) = level, for T of Student's t distribution with `degrees` >= 1 degrees of freedom.
/// Errors    a level that is not between 0 and 1.
/// Source    Student 1908, Biometrika 6, 1-25.
double student_quantile(double level, Extent degrees);

/// P(|T| >= |t|), the two-sided p-value of t; `degrees` >= 1.
double student_p(double t, Extent degrees);

/// The q with P(|Z| <= q) = level, for Z normal with mean 0 and deviation 1.
/// Errors    a level that is not between 0 and 1.
double normal_quantile(double level);

/// P(X <= most), for X the number of heads of `tosses` >= 0 fair coins.
double fair_coin_cdf(Extent most, Extent tosses);

/// Errors    a level of confidence that is not between 0 and 1; NaN.
void expect_level(double level);

}  // namespace fovea
