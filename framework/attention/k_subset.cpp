#include "framework/attention/k_subset.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

/// The scores as independent draws that take item i with probability q_i, shifted so that about k are taken: conditioned on
/// exactly k this is the same distribution, and k is then a likely number.
class Draws {
 public:
  explicit Draws(const SubsetRow& row) : items_(row.scores.size()), k_(static_cast<std::size_t>(row.k)) {
    Real* next = row.scratch.data();
    const auto take = [&next](std::size_t count) {
      next += count;
      return Row(next - count, count);
    };
    x_ = take(items_);
    q_ = take(items_);
    rest_ = take(items_);
    prefix_ = take(k_ + 1);
    slope_prefix_ = take(k_ + 1);
    table_ = take((items_ + 1) * (k_ + 1));
    slopes_ = take((items_ + 1) * (k_ + 1));
    shift(row);
    fill_table();
  }

  std::size_t items() const { return items_; }
  std::size_t k() const { return k_; }
  Real x(std::size_t i) const { return x_[i]; }  // log(q / (1 - q))
  Real q(std::size_t i) const { return q_[i]; }
  Real rest(std::size_t i) const { return rest_[i]; }  // 1 - q
  /// [k + 1]: the probability that r of the items i, i + 1 ... are taken.
  const Real* behind(std::size_t i) const { return table_.data() + i * (k_ + 1); }
  Real* slopes_behind(std::size_t i) const { return slopes_.data() + i * (k_ + 1); }
  Real* prefix() const { return prefix_.data(); }
  Real* slope_prefix() const { return slope_prefix_.data(); }
  Real total() const { return behind(0)[k_]; }

 private:
  void shift(const SubsetRow& row);
  void fill_table();

  std::size_t items_;
  std::size_t k_;
  Row x_, q_, rest_;
  Row prefix_, slope_prefix_;  // [k + 1]
  Row table_, slopes_;         // [N + 1, k + 1]
};

// x_i = s_i / t - c with sum sigmoid(x_i) close to k: the sum falls with c, and any c will do.
void Draws::shift(const SubsetRow& row) {
  const Real best = cpu::max(row.scores);
  const auto factor = static_cast<Real>(1 / row.temperature);
  for (std::size_t i = 0; i < items_; ++i) rest_[i] = factor * (row.scores[i] - best);
  const Real odds = std::log(static_cast<Real>(items_ - k_) / static_cast<Real>(k_));
  Real low = *std::min_element(rest_.begin(), rest_.end()) + odds;
  Real high = odds;
  for (int round = 0; round < 60; ++round) {
    const Real middle = low + (high - low) / 2;
    for (std::size_t i = 0; i < items_; ++i) x_[i] = rest_[i] - middle;
    cpu::sigmoid(x_, q_);
    const Real excess = cpu::sum(q_) - static_cast<Real>(k_);
    if (std::abs(excess) < Real(0.25)) break;
    (excess > 0 ? low : high) = middle;
  }
  for (std::size_t i = 0; i < items_; ++i) rest_[i] = -x_[i];
  cpu::sigmoid(rest_, rest_);
}

// behind_i(r) = q_i behind_i+1(r - 1) + (1 - q_i) behind_i+1(r)
void Draws::fill_table() {
  std::fill_n(table_.end() - static_cast<std::ptrdiff_t>(k_ + 1), k_ + 1, Real{0});
  table_[items_ * (k_ + 1)] = 1;
  for (std::size_t i = items_; i-- > 0;) {
    const Real* from = behind(i + 1);
    Real* to = table_.data() + i * (k_ + 1);
    to[0] = rest_[i] * from[0];
    for (std::size_t r = 1; r <= k_; ++r) to[r] = q_[i] * from[r - 1] + rest_[i] * from[r];
  }
}

bool is_all(const SubsetRow& row) { return row.k >= static_cast<Extent>(row.scores.size()); }

// log p(S) = sum over S of log q_i + sum over the others of log(1 - q_i) - log(probability that k are taken). Each item
// gives log(max(q, 1 - q)), and -|x| where the less likely happened: no terms of different signs.
Real log_prob_of(const Draws& draws, std::span<const Index> kept) {
  double sum = -std::log(static_cast<double>(draws.total()));
  std::size_t next = 0;
  for (std::size_t i = 0; i < draws.items(); ++i) {
    const bool is_kept = next < kept.size() && static_cast<std::size_t>(kept[next]) == i;
    next += static_cast<std::size_t>(is_kept);
    const auto x = static_cast<double>(draws.x(i));
    sum -= std::log1p(std::exp(-std::abs(x)));
    if (is_kept != (x > 0)) sum -= std::abs(x);
  }
  return static_cast<Real>(std::min(sum, 0.0));
}

}  // namespace

Extent subset_scratch(Extent items, Extent k) {
  const Extent columns = std::min(items, k) + 1;
  return 3 * items + 2 * columns + 2 * (items + 1) * columns;
}

Real draw_subset(const SubsetRow& row, Rng rng, std::span<Index> kept) {
  if (is_all(row)) {
    std::iota(kept.begin(), kept.end(), Index{0});
    return 0;
  }
  const Draws draws(row);
  std::size_t left = draws.k();
  for (std::size_t i = 0; left > 0; ++i) {
    const auto taken = static_cast<double>(draws.q(i)) * static_cast<double>(draws.behind(i + 1)[left - 1]);
    const auto passed = static_cast<double>(draws.rest(i)) * static_cast<double>(draws.behind(i + 1)[left]);
    // With as many items left as are wanted, `passed` is 0 and the item is taken.
    if (rng.uniform() * (taken + passed) < taken || !(passed > 0)) kept[draws.k() - left--] = static_cast<Index>(i);
  }
  return log_prob_of(draws, kept);
}

Real subset_log_prob(const SubsetRow& row, std::span<const Index> kept) {
  return is_all(row) ? 0 : log_prob_of(Draws(row), kept);
}

// p(i in S) = q_i sum over r of ahead_i(r) behind_i+1(k - 1 - r) / behind_0(k), ahead_i(r): r of the items before i are
// taken
void subset_marginals(const SubsetRow& row, Row marginals) {
  if (is_all(row)) {
    std::fill(marginals.begin(), marginals.end(), Real{1});
    return;
  }
  const Draws draws(row);
  const std::size_t k = draws.k();
  Real* ahead = draws.prefix();
  std::fill_n(ahead, k + 1, Real{0});
  ahead[0] = 1;
  for (std::size_t i = 0; i < draws.items(); ++i) {
    const Real* behind = draws.behind(i + 1);
    Real sum = 0;
    for (std::size_t r = 0; r < k; ++r) sum += ahead[r] * behind[k - 1 - r];
    marginals[i] = std::min(Real{1}, draws.q(i) * sum / draws.total());
    for (std::size_t r = k; r > 0; --r) ahead[r] = draws.q(i) * ahead[r - 1] + draws.rest(i) * ahead[r];
    ahead[0] *= draws.rest(i);
  }
}

// mu_i = E[z_i], z_i = 1 where i is in the set  =>  sum_j g_j d mu_j / d s_i = cov(z_i, sum_j g_j z_j) / t.
// Next to each probability runs the same sum weighted by the part of sum_j g_j z_j that it covers.
void subset_marginals_backward(const SubsetRow& row, ConstRow grad_marginals, Row grad_scores) {
  if (is_all(row)) return;  // every marginal is 1
  const Draws draws(row);
  const std::size_t k = draws.k();
  std::fill_n(draws.slopes_behind(draws.items()), k + 1, Real{0});
  for (std::size_t i = draws.items(); i-- > 0;) {
    const Real* from = draws.behind(i + 1);
    const Real* slopes = draws.slopes_behind(i + 1);
    Real* to = draws.slopes_behind(i);
    to[0] = draws.rest(i) * slopes[0];
    for (std::size_t r = 1; r <= k; ++r) {
      to[r] = draws.q(i) * (slopes[r - 1] + grad_marginals[i] * from[r - 1]) + draws.rest(i) * slopes[r];
    }
  }
  const Real mean = draws.slopes_behind(0)[k] / draws.total();  // E[sum_j g_j z_j]
  const auto factor = static_cast<Real>(1 / row.temperature);
  Real* ahead = draws.prefix();
  Real* slope_ahead = draws.slope_prefix();
  std::fill_n(ahead, k + 1, Real{0});
  std::fill_n(slope_ahead, k + 1, Real{0});
  ahead[0] = 1;
  for (std::size_t i = 0; i < draws.items(); ++i) {
    const Real g = grad_marginals[i];
    const Real* behind = draws.behind(i + 1);
    const Real* slopes = draws.slopes_behind(i + 1);
    Real sum = 0;  // of z_i (sum_j g_j z_j - mean)
    for (std::size_t r = 0; r < k; ++r) {
      sum += ahead[r] * (slopes[k - 1 - r] + (g - mean) * behind[k - 1 - r]) + slope_ahead[r] * behind[k - 1 - r];
    }
    grad_scores[i] += factor * draws.q(i) * sum / draws.total();
    for (std::size_t r = k; r > 0; --r) {
      slope_ahead[r] = draws.q(i) * (slope_ahead[r - 1] + g * ahead[r - 1]) + draws.rest(i) * slope_ahead[r];
      ahead[r] = draws.q(i) * ahead[r - 1] + draws.rest(i) * ahead[r];
    }
    slope_ahead[0] *= draws.rest(i);
    ahead[0] *= draws.rest(i);
  }
}

}  // namespace fovea
