#include "framework/attention/subset_list.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "framework/core/error.h"

namespace fovea {
namespace {

/// The sets of k < N items, one after the other.
class Walk {
 public:
  Walk(Extent items, Extent k) : items_(static_cast<Index>(items)), count_(static_cast<std::size_t>(k)) {
    FOVEA_ASSERT(k < items && subset_count(items, k) <= kMostSubsets);
    std::iota(store_.begin(), store_.begin() + k, Index{0});
  }

  std::span<const Index> kept() const { return {store_.data(), count_}; }

  /// The last place that can move up moves, and those after it follow. False after the last set.
  bool next() {
    std::size_t place = count_;
    while (place > 0 && store_[place - 1] == items_ - static_cast<Index>(count_ - place) - 1) --place;
    if (place == 0) return false;
    std::iota(store_.data() + place - 1, store_.data() + count_, store_[place - 1] + 1);
    return true;
  }

 private:
  std::array<Index, kMostSubsets> store_;
  Index items_;
  std::size_t count_;
};

/// log p(S) = (sum over S of s_i - most) / t - log of the total of that over all sets; most: of the best set.
class Distribution {
 public:
  Distribution(ConstRow scores, double temperature, Extent k) : scores_(scores), factor_(1 / temperature) {
    Walk walk(static_cast<Extent>(scores.size()), k);
    double most = -std::numeric_limits<double>::infinity();
    double total = 0;
    do {
      const double sum = factor_ * sum_of(walk.kept());
      if (sum > most) total *= std::exp(most - sum);
      most = std::max(most, sum);
      total += std::exp(sum - most);
    } while (walk.next());
    log_total_ = most + std::log(total);
  }

  double log_prob(std::span<const Index> kept) const { return std::min(factor_ * sum_of(kept) - log_total_, 0.0); }

 private:
  double sum_of(std::span<const Index> kept) const {
    double sum = 0;
    for (const Index item : kept) sum += static_cast<double>(scores_[item]);
    return sum;
  }

  ConstRow scores_;
  double factor_;
  double log_total_ = 0;
};

bool is_all(ConstRow scores, Extent k) { return k >= static_cast<Extent>(scores.size()); }

}  // namespace

Extent subset_count(Extent items, Extent k) {
  if (k >= items) return 1;
  const Extent few = std::min(k, items - k);
  Extent count = 1;
  // After step i: the sets of i of items - few + i, so that every division is exact and no count is above the last.
  for (Extent i = 1; i <= few && count <= kMostSubsets; ++i) count = count * (items - few + i) / i;
  return std::min(count, kMostSubsets + 1);
}

void subset_of_number(Extent items, Extent number, std::span<Index> kept) {
  auto left = static_cast<Extent>(kept.size());
  for (Extent item = 0; left > 0; ++item) {
    const Extent with_item = subset_count(items - item - 1, left - 1);
    if (number < with_item) {
      kept[kept.size() - static_cast<std::size_t>(left--)] = static_cast<Index>(item);
    } else {
      number -= with_item;
    }
  }
}

void subset_log_probs(ConstRow scores, double temperature, Extent k, Row out) {
  if (is_all(scores, k)) {
    out[0] = 0;
    return;
  }
  const Distribution distribution(scores, temperature, k);
  Walk walk(static_cast<Extent>(scores.size()), k);
  std::size_t number = 0;
  do out[number++] = static_cast<Real>(distribution.log_prob(walk.kept()));
  while (walk.next());
}

// log p(S) = sum over S of s_i / t - log Z  =>  grad_s_i += sum over sets S that hold i of (g_S - p(S) sum of all g) / t
void subset_log_probs_backward(ConstRow scores, double temperature, Extent k, ConstRow grad, Row grad_scores) {
  if (is_all(scores, k)) return;
  double total = 0;
  for (const Real slope : grad) total += static_cast<double>(slope);
  const Distribution distribution(scores, temperature, k);
  Walk walk(static_cast<Extent>(scores.size()), k);
  std::size_t number = 0;
  do {
    const double excess = static_cast<double>(grad[number++]) - total * std::exp(distribution.log_prob(walk.kept()));
    for (const Index item : walk.kept()) {
      grad_scores[item] += static_cast<Real>(excess / temperature);
    }
  } while (walk.next());
}

}  // namespace fovea
