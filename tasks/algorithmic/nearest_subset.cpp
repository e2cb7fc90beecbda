// The task `nearest_subset`: which k of N items, as a vector of zeros and ones, are nearest to a point?

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "framework/core/span.h"
#include "framework/task.h"

namespace fovea {
namespace {

constexpr const char* kName = "nearest_subset";

/// |z - b|^2 = |b|^2 + sum over i of z_i (1 - 2 b_i), since z_i^2 = z_i: the largest b are the best items.
double distance(std::span<const double> share, std::span<const Real> target) {
  double sum = 0;
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto b = static_cast<double>(target[i]);
    sum += b * b + share[i] * (1 - 2 * b);
  }
  return sum;
}

template <class Number>
std::vector<std::size_t> largest(std::span<const Number> values, Extent count) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  order.resize(count);
  std::sort(order.begin(), order.end());
  return order;
}

class NearestSubset final : public Task {
 public:
  void fields(Options& options) override {
    options.add("items", items_, "items N, >= 2", {.low = 2, .high = 1e6});
    options.add("k", k_, "items of a set, in [1, items)", {.low = 1});
    options.add("instance", instance_, "which point, >= 0", {.low = 0});
  }

  void check() const override {
    if (k_ < items_) return;
    throw Error(kName, "fewer items in a set than in all were expected; k is " + std::to_string(k_) + " and items is " +
                           std::to_string(items_) + "; set k=" + std::to_string(items_ - 1) + " or less.");
  }

  void fill(Rng& /*rng*/, Split /*split*/, Batch& batch) const override {
    const Tensor target = batch.make("target", {Shape{batch.rows(), items_}, Kind::kReal});
    for (Extent b = 0; b < batch.rows(); ++b) {
      Rng rng({.seed = static_cast<std::uint64_t>(instance_), .stream = stream_of(kName)});
      rng.fill_normal(span_of(target.real() + b * items_, items_));
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"target", kNumber, {"element"}}, {"marginals", kNumber, {"element"}}}, {}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor given = require_output(outputs, "marginals", batch.at("target").type, kName);
    Judgement judgement{{{"accuracy", {}}, {"expected_cost", {}}, {"gap", {}}}, {}};
    const auto items = static_cast<std::size_t>(items_);
    for (Extent b = 0; b < batch.rows(); ++b) {
      const std::span<const Real> target{batch.at("target").real() + b * items_, items};
      const std::span<const Real> marginals{given.real() + b * items_, items};
      const std::vector<std::size_t> best = largest(target, k_);
      std::vector<double> one_hot(items);
      for (const std::size_t item : best) one_hot[item] = 1;
      const double cost = distance(std::vector<double>(marginals.begin(), marginals.end()), target);
      judgement.metrics[0].rows.push_back(largest(marginals, k_) == best ? 1 : 0);
      judgement.metrics[1].rows.push_back(cost);
      judgement.metrics[2].rows.push_back(cost - distance(one_hot, target));
    }
    return judgement;
  }

  /// The numbers of the k most probable items, from 0.
  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows(), items_}, Kind::kReal};
    const Tensor given = require_output(outputs, "marginals", type, kName);
    const std::span<const Real> marginals = span_of(given.real() + row * items_, items_);
    std::string text = "items";
    for (const std::size_t item : largest(marginals, k_)) text += " " + std::to_string(item);
    return text + "\n";
  }

  // One set of all: one in N (N - 1) .. (N - k + 1) / k!.
  double chance() const override {
    double sets = 1;
    for (Extent i = 1; i <= k_; ++i) sets *= static_cast<double>(items_ - k_ + i) / static_cast<double>(i);
    return 1 / sets;
  }

 private:
  Extent items_ = 10;
  Extent k_ = 5;
  Extent instance_ = 0;
};

FOVEA_TASK("nearest_subset", NearestSubset, R"doc(
Nearest subset: a distribution over the sets z of k of N items, whose mean of |z - b|^2 is to be small.

Example   k = 1, b = 0.9, -0.2 -> z = 1, 0 with |z - b|^2 = 0.05, against 2.25 for z = 0, 1.
Inputs    target Real [B, N]: b ~ N(0, I), drawn once for each `instance` and the same in every row, batch and split.
Outputs   "marginals" [B, N]: the probability that each item is in the set.
Judges    accuracy, whether the k most probable items are the best set, that of the largest b; expected_cost, the exact mean of
          |z - b|^2, which the marginals determine because z_i^2 = z_i; gap, its distance from the cost of the best set.
Chance    1 / (sets of k of N): 1 / 252 for 5 of 10.
Errors    k >= items; an output of another shape.
Source    the synthetic experiment of Ahmed et al. 2023, arXiv:2210.01941, and Niepert et al. 2021, arXiv:2106.01798.
)doc");

}  // namespace
}  // namespace fovea
