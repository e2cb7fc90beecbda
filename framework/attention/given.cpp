#include "framework/attention/given.h"

#include <algorithm>
#include <cmath>

#include "framework/attention/several_draws.h"
#include "framework/core/error.h"
#include "framework/core/registered.h"

namespace fovea {
namespace {

std::size_t first_not_finite(ConstRow row) {
  const auto found = std::find_if_not(row.begin(), row.end(), [](Real value) { return std::isfinite(value); });
  return static_cast<std::size_t>(found - row.begin());
}

std::string came_at(Real value, std::size_t place) {
  return std::to_string(value) + " came at place " + std::to_string(place);
}

}  // namespace

std::string first_wrong(std::span<const Index> items, Extent end) {
  Index before = -1;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i] <= before || items[i] >= end) {
      return std::to_string(items[i]) + " came at place " + std::to_string(i) +
             (i == 0 ? "" : " after " + std::to_string(before));
    }
    before = items[i];
  }
  return "none is wrong";
}

void expect_fair(const GivenChoice& given, bool keeps_all, const std::string& who) {
  const auto items = static_cast<Extent>(given.scores.size());
  const std::size_t bad_score = first_not_finite(given.scores);
  if (bad_score < given.scores.size()) {
    if (is_fair(given, keeps_all)) return;  // whoever made the scores is to blame
    throw Error(who, "finite scores were expected; " + came_at(given.scores[bad_score], bad_score) +
                         "; look for what makes them, or lower the learning rate.");
  }
  if (given.count < 0 || given.count > static_cast<Extent>(given.kept.size())) {
    throw Error(who, "a count of at most " + std::to_string(given.kept.size()) + ", its capacity, was expected; " +
                         std::to_string(given.count) + " came; let capacity(N) give the most that is ever kept.");
  }
  const std::span<const Index> kept = given.kept.first(static_cast<std::size_t>(given.count));
  if (!ascends_within(kept, items)) {
    throw Error(who, "kept places were expected to ascend within the " + std::to_string(items) + " items of the row; " +
                         first_wrong(kept, items) + "; keep each item once, in order.");
  }
  if (keeps_all && given.count != items) {
    throw Error(who, "all " + std::to_string(items) +
                         " items were expected to be kept, because traits().keeps_all says so; " +
                         std::to_string(given.count) + " came; keep all, or promise less.");
  }
  const ConstRow weights = given.weights.first(kept.size());
  const std::size_t bad_weight = first_not_finite(weights);
  if (bad_weight == weights.size()) return;
  throw Error(who, "finite weights were expected, because the scores are; " + came_at(weights[bad_weight], bad_weight) +
                       "; look for a division by 0 or a logarithm of 0.");
}

Extent checked_capacity(const EstimatorParts& estimator, const SelectorParts& selector, Extent items) {
  const Extent capacity = estimator.capacity(selector, items);
  if (capacity <= items && (capacity >= 1 || (items == 0 && capacity == 0))) return capacity;
  const bool is_own = estimator.several_draws != nullptr && selector->capacity(items) != capacity;
  throw Error((is_own ? registered(*estimator.estimator) : registered(*selector)) + ", capacity",
              "a number from 1 to " + std::to_string(items) + " was expected for " + std::to_string(items) + " items; " +
                  std::to_string(capacity) + " came; give the most that a choice keeps, such as std::min(items, k).");
}

}  // namespace fovea
