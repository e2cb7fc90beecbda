#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"
#include "framework/train/training.h"

// For tests of estimators: a choice whose expected cost and its variance are known.
namespace fovea::test {

/// A choice among the rows of `keys` [N, 1] with scores key * phi, phi a single parameter, and a cost of the row of
/// `values` [N, V] that was read: sum over v of (read_v - target_v)^2.
struct Toy {
  std::vector<Real> keys;
  std::vector<Real> values;
  std::vector<Real> targets;
  double phi = 0;

  RunSpec run(const std::string& estimator) const {
    RunSpec spec;
    spec.task = "sort_numbers(n=2)";
    spec.model = [toy = *this, estimator](Builder& b, const InputTypes& inputs) {
      const Value items = b.input("items", inputs.at("items"));
      const auto n = static_cast<Extent>(toy.keys.size());
      const auto width = static_cast<Extent>(toy.targets.size());
      const Value logit = b.parameter("phi", {1}, Init::constant(toy.phi));
      const Value key_rows = expand_rows(b.constant("keys", {n, 1}, toy.keys), items);
      const Value value_rows = expand_rows(b.constant("values", {n, width}, toy.values), items);
      const auto scope = b.scope("site");
      Site site(b, "dot | dense | sample | " + estimator, 1, 1);
      const Value queries = unsqueeze(expand_rows(logit, items), 1);
      const Value read = site.attend({queries, site.prepare_keys(key_rows), value_rows, {}}).read;
      const Value target = expand_rows(b.constant("target", {1, width}, toy.targets), items);
      b.output("cost", sum_all_but_first(square(subtract(read, target))));
    };
    spec.train.batch = 1;
    spec.train.shard_rows = 1;
    return spec;
  }
};

inline Toy bernoulli() { return {{0, 1}, {0, 1}, {Real(0.45)}, 0}; }

/// Three Bernoullis of one logit phi, as one choice among their 8 outcomes.
inline Toy three_bernoullis() {
  Toy toy{{}, {}, {Real(0.6), Real(0.51), Real(0.48)}, 0};
  for (int outcome = 0; outcome < 8; ++outcome) {
    const int bits[] = {outcome & 1, outcome >> 1 & 1, outcome >> 2 & 1};
    toy.keys.push_back(static_cast<Real>(bits[0] + bits[1] + bits[2]));
    for (const int bit : bits) toy.values.push_back(static_cast<Real>(bit));
  }
  return toy;
}

struct Moments {
  double mean = 0;
  double variance = 0;
  double mean_error = 0;  // standard errors
  double variance_error = 0;
};

/// Of the gradient with respect to phi.
inline Moments moments(Training& training, int samples) {
  std::vector<double> sums(5);
  for (int i = 0; i < samples; ++i) {
    const double gradient = static_cast<double>(training.gradient(i)[0]);
    for (int power = 1; power <= 4; ++power) sums[power] += std::pow(gradient, power) / samples;
  }
  Moments found;
  found.mean = sums[1];
  found.variance = sums[2] - sums[1] * sums[1];
  const double fourth = sums[4] - 4 * sums[1] * sums[3] + 6 * sums[1] * sums[1] * sums[2] - 3 * std::pow(sums[1], 4);
  found.variance = std::max(0.0, found.variance);
  found.mean_error = std::sqrt(found.variance / samples);
  found.variance_error = std::sqrt(std::max(0.0, fourth - found.variance * found.variance) / samples);
  return found;
}

}  // namespace fovea::test
