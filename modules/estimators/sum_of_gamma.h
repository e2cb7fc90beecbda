#pragma once

#include <cmath>

#include "framework/attention/choice.h"

// Internal to implicit_mle.
namespace fovea {

/// A number with the density of x^(shape - 1) exp(-x), 0 < shape <= 1: one of shape + 1, times a power of a uniform number.
/// Source    Marsaglia & Tsang 2000, ACM Transactions on Mathematical Software 26, 363-372.
inline double draw_gamma(double shape, Rng& rng) {
  const double d = shape + 1 - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  while (true) {
    const double x = rng.normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(rng.uniform()) < x * x / 2 + d * (1 - v + std::log(v))) return d * v * std::pow(rng.uniform(), 1 / shape);
  }
}

/// Noise whose sum over k items is nearly standard Gumbel, more closely with more terms: for each item
/// (sum over i = 1 .. terms of Gamma(1 / k, scale k / i) - log(terms)) / k.
/// Source    Niepert, Minervini & Franceschi 2021, arXiv:2106.01798, theorem 1.
inline void fill_sum_of_gamma(std::size_t k, Extent terms, Rng& rng, Row noise) {
  const auto count = static_cast<double>(k);
  for (Real& value : noise) {
    double sum = -std::log(static_cast<double>(terms)) / count;
    for (Extent i = 1; i <= terms; ++i) sum += draw_gamma(1 / count, rng) / static_cast<double>(i);
    value = static_cast<Real>(sum);
  }
}

}  // namespace fovea
