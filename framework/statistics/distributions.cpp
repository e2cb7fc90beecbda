#include "framework/statistics/distributions.h"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/complement.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/options.h"

namespace fovea {

void expect_level(double level) {
  if (level > 0 && level < 1) return;
  throw Error("statistics",
              "a level of confidence is between 0 and 1; " + number_text(level) + " came; give one such as 0.95.");
}

// From the complement, so that a level next to 1 keeps its digits.
double student_quantile(double level, Extent degrees) {
  expect_level(level);
  const boost::math::students_t distribution(static_cast<double>(degrees));
  return boost::math::quantile(boost::math::complement(distribution, (1 - level) / 2));
}

double student_p(double t, Extent degrees) {
  const boost::math::students_t distribution(static_cast<double>(degrees));
  return 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(t)));
}

double normal_quantile(double level) {
  expect_level(level);
  return boost::math::quantile(boost::math::complement(boost::math::normal(), (1 - level) / 2));
}

double fair_coin_cdf(Extent most, Extent tosses) {
  if (most < 0) return 0;
  if (most >= tosses) return 1;
  return boost::math::cdf(boost::math::binomial(static_cast<double>(tosses), 0.5), static_cast<double>(most));
}

}  // namespace fovea
