#pragma once

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "framework/train/training.h"

// For tests of estimators: the gradients of one batch over many random numbers, by the path of the parameter.
namespace fovea::test {

using Numbers = std::vector<double>;
using ByPath = std::map<std::string, Numbers>;

inline ByPath by_path(Training& training, std::span<const Real> block) {
  ByPath found;
  for (const ParameterStore::Entry& entry : training.parameters().entries()) {
    const auto part = block.subspan(entry.offset, entry.shape.size());
    found[entry.path] = Numbers(part.begin(), part.end());
  }
  return found;
}

/// Values at paths that the other model lacks are left out.
inline void set_values(Training& training, const ByPath& values) {
  for (const ParameterStore::Entry& entry : training.parameters().entries()) {
    const auto known = values.find(entry.path);
    if (known == values.end()) continue;
    for (std::size_t i = 0; i < known->second.size(); ++i) {
      training.parameters().values()[entry.offset + i] = static_cast<Real>(known->second[i]);
    }
  }
}

struct SampledGradients {
  ByPath mean;
  ByPath error;  // standard error of the mean
  ByPath variance;
  double total(const std::vector<std::string>& paths) const {  // variance, summed over these parameters
    double sum = 0;
    for (const std::string& path : paths) {
      for (const double one : variance.at(path)) sum += one;
    }
    return sum;
  }
};

inline SampledGradients sample_gradients(Training& training, int samples, int first = 0) {
  SampledGradients sums;
  for (int number = first; number < first + samples; ++number) {
    for (const auto& [path, values] : by_path(training, training.gradient(number))) {
      Numbers& mean = sums.mean[path];
      Numbers& square = sums.variance[path];
      mean.resize(values.size());
      square.resize(values.size());
      for (std::size_t i = 0; i < values.size(); ++i) {
        mean[i] += values[i] / samples;
        square[i] += values[i] * values[i] / samples;
      }
    }
  }
  for (auto& [path, variance] : sums.variance) {
    for (std::size_t i = 0; i < variance.size(); ++i) {
      variance[i] = std::max(0.0, variance[i] - sums.mean[path][i] * sums.mean[path][i]);
      sums.error[path].push_back(std::sqrt(variance[i] / samples));
    }
  }
  return sums;
}

/// The largest distance of a mean from the exact gradient, in standard errors, over the parameters of `exact`.
inline double bias_in_errors(const SampledGradients& found, const ByPath& exact) {
  const double rounding = sizeof(Real) == 8 ? 1e-9 : 1e-5;
  double worst = 0;
  for (const auto& [path, expected] : exact) {
    for (std::size_t i = 0; i < expected.size(); ++i) {
      worst = std::max(worst, std::abs(found.mean.at(path)[i] - expected[i]) / (found.error.at(path)[i] + rounding));
    }
  }
  return worst;
}

}  // namespace fovea::test
