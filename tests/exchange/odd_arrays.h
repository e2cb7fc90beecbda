#pragma once

#include <limits>
#include <string>
#include <vector>

#include "framework/exchange/named_arrays.h"

namespace fovea::testing {

/// Arrays of every rank, with every kind of number that "float32" or "float64" has.
inline std::vector<NamedArray> odd_arrays(const std::string& dtype) {
  const bool is_double = dtype == "float64";
  using Single = std::numeric_limits<float>;
  using Double = std::numeric_limits<double>;
  const double third = is_double ? 1.0 / 3 : double{1.0F / 3};
  return {
      {"scale", {}, dtype, {third}},
      {"encoder/lstm/bias",
       {7},
       dtype,
       {0.0, -0.0, Double::infinity(), -Double::infinity(), Double::quiet_NaN(),
        is_double ? Double::denorm_min() : double{Single::denorm_min()}, is_double ? Double::max() : double{Single::max()}}},
      {"encoder/lstm/weight", {2, 3}, dtype, {1, 2, 3, 4, 5, 6}},
      {"empty", {3, 0, 2}, dtype, {}},
      {"\xC3\xA4/deep", {1, 2, 1, 2, 1}, dtype, {-1, third, -third, 0.5}}};
}

}  // namespace fovea::testing
