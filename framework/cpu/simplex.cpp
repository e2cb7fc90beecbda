#include "framework/cpu/simplex.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/cpu/lanes.h"
#include "framework/cpu/row_math.h"

namespace fovea::cpu {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
constexpr Real kEpsilon = std::numeric_limits<Real>::epsilon();

/// tau = base + step: what lies close above it keeps its last bits where `step` is taken off last.
struct Root {
  Real base;
  Real step;
};

/// Scores as x_i = (z_i - max z) * factor <= 0.
struct Shifted {
  std::span<const Real> scores;
  Real most;
  Real factor;

  template <class Take>
  void each_pack(Take take) const {
    const auto n = static_cast<Extent>(scores.size());
    const auto x_of = [this](Pack z) { return (z - broadcast(most)) * broadcast(factor); };
    Extent i = 0;
    for (; i + kPack <= n; i += kPack) take(x_of(load(scores.data() + i)), i);
    if (i < n) take(x_of(load_part_or(scores.data() + i, n - i, -kInfinity)), i);
  }
};

/// At least the x_i > -1, side by side and filled up to whole packs: no other can have a weight, since tau >= -1. Short rows
/// are taken as they are: what is read at once should be written at once.
inline __attribute__((always_inline)) std::span<const Real> candidates(const Shifted& x, Real* out) {
  if (x.scores.size() <= 4 * kPack) {
    x.each_pack([&](Pack pack, Extent first) { store(out + first, pack); });
    return {out, x.scores.size()};
  }
  Extent count = 0;
  x.each_pack([&](Pack pack, Extent) {
    const std::uint32_t lanes = bits(above(pack, broadcast(-1)));
    if (lanes != 0) count += squeeze(lanes, pack, out + count);
  });
  store(out + count, broadcast(-1));
  return {out, static_cast<std::size_t>(count)};
}

/// Of the x_i > tau, with u_i = x_i - tau.
struct Above {
  Real count;
  Real sum;      // of u
  Real squares;  // of u; 0 where they are not wanted
  Real least;    // u
};

enum class Squares : std::uint8_t { kNo, kYes };

template <Squares kSquares>
inline __attribute__((always_inline)) Above measure(std::span<const Real> xs, Real tau) {
  int count = 0;
  Pack sum{}, squares{};
  Pack least = broadcast(kInfinity);
  for (std::size_t i = 0; i < xs.size(); i += static_cast<std::size_t>(kPack)) {
    const Pack u = load(xs.data() + i) - broadcast(tau);
    const Lanes is_above = above(u, Pack{});
    const Pack positive = where(is_above, u, Pack{});
    sum += positive;
    if constexpr (kSquares == Squares::kYes) squares = multiply_add(positive, positive, squares);
    count += __builtin_popcount(bits(is_above));
    least = smaller(least, where(is_above, u, broadcast(kInfinity)));
  }
  return {static_cast<Real>(count), sum_lanes(sum), kSquares == Squares::kYes ? sum_lanes(squares) : 0,
          smallest_lane(least)};
}

/// Newton's method from tau = -1: `exact` gives the root where the set of x_i above it is the set above tau, `newton` a step
/// that stays below the root. It ends where the exact root keeps the whole set, and is close enough to be precise.
template <Squares kSquares, class Exact, class Newton>
Root find_root(std::span<const Real> xs, Exact exact, Newton newton) {
  Real tau = -1;
  for (;;) {
    const Above set = measure<kSquares>(xs, tau);
    const auto [excess, step] = exact(set);
    const bool keeps_all = step < set.least;
    const Real taken = keeps_all ? step : newton(set);
    if ((keeps_all && excess <= 1) || !(tau + taken != tau)) return {tau, taken};
    tau += taken;
  }
}

struct Solved {
  Real excess;  // of the sum of weights at tau, above 1
  Real step;
};

/// p_i = weigh(x_i - tau), those above 0.
template <class Weigh>
Extent write_weights(const Shifted& x, const Root& root, const SparseRow& out, Weigh weigh) {
  Extent count = 0;
  x.each_pack([&](Pack pack, Extent first) {
    const Pack u = (pack - broadcast(root.base)) - broadcast(root.step);
    if (bits(above(u, Pack{})) == 0) return;
    const Pack p = weigh(larger(Pack{}, u));
    const std::uint32_t lanes = bits(above(p, Pack{}));
    squeeze_numbers(lanes, static_cast<Index>(first), out.kept + count);
    count += squeeze(lanes, p, out.weights + count);
  });
  return count;
}

Extent undefined(const SparseRow& out, std::size_t items) {
  std::fill_n(out.weights, items, std::numeric_limits<Real>::quiet_NaN());
  for (std::size_t i = 0; i < items; ++i) out.kept[i] = static_cast<Index>(i);
  return static_cast<Extent>(items);
}

/// u^exponent for u >= 0.
Pack power(Pack u, Real exponent) {
  const Pack result = exp_pack(log_pack(u) * exponent);
  return u > Pack{} ? result : Pack{};
}

// f(tau) = sum max(x_i - tau, 0)^exponent - 1 falls from f(-1) >= 0 to f(high) <= 0, high = -N^(-1 / exponent).
Root find_power_root(std::span<const Real> xs, Real exponent) {
  Real low = -1;
  Real high = -std::pow(static_cast<Real>(xs.size()), -1 / exponent);
  Real tau = low;
  for (int round = 0; round < 100; ++round) {
    Pack sum{}, slope{};
    for (std::size_t i = 0; i < xs.size(); i += static_cast<std::size_t>(kPack)) {
      const Pack u = larger(Pack{}, load(xs.data() + i) - broadcast(tau));
      const Pack p = power(u, exponent);
      sum += p;
      slope += u > Pack{} ? p / u : Pack{};
    }
    const Real excess = sum_lanes(sum) - 1;
    (excess >= 0 ? low : high) = tau;
    const Real newton = tau + excess / (exponent * sum_lanes(slope));
    const Real next = newton > low && newton < high ? newton : low + (high - low) / 2;
    if (std::abs(next - tau) <= 4 * kEpsilon) return {tau, next - tau};
    tau = next;
  }
  return {tau, 0};
}

}  // namespace

Extent simplex_scratch(Extent items) { return items + kPack; }

Extent sparsemax(std::span<const Real> scores, double temperature, const SparseRow& out) {
  const Shifted x{scores, max(scores), static_cast<Real>(1 / temperature)};
  if (!std::isfinite(x.most)) return undefined(out, scores.size());
  const auto exact = [](const Above& set) { return Solved{set.sum - 1, (set.sum - 1) / set.count}; };
  const auto newton = [](const Above& set) { return (set.sum - 1) / set.count; };
  const Root root = find_root<Squares::kNo>(candidates(x, out.scratch), exact, newton);
  return write_weights(x, root, out, [](Pack u) { return u; });
}

Extent entmax15(std::span<const Real> scores, double temperature, const SparseRow& out) {
  const Shifted x{scores, max(scores), static_cast<Real>(0.5 / temperature)};
  if (!std::isfinite(x.most)) return undefined(out, scores.size());
  // sum (u_i - d)^2 = 1: the smaller of the roots d, without cancellation. There is none where too many are above tau.
  const auto exact = [](const Above& set) {
    const Real excess = set.squares - 1;
    const Real discriminant = set.sum * set.sum - set.count * excess;
    return Solved{excess, discriminant >= 0 ? excess / (set.sum + std::sqrt(discriminant)) : kInfinity};
  };
  const auto newton = [](const Above& set) { return (set.squares - 1) / (2 * set.sum); };
  const Root root = find_root<Squares::kYes>(candidates(x, out.scratch), exact, newton);
  return write_weights(x, root, out, [](Pack u) { return u * u; });
}

Extent entmax(std::span<const Real> scores, double alpha, double temperature, const SparseRow& out) {
  const Shifted x{scores, max(scores), static_cast<Real>((alpha - 1) / temperature)};
  if (!std::isfinite(x.most)) return undefined(out, scores.size());
  const Real exponent = static_cast<Real>(1 / (alpha - 1));
  const Root root = find_power_root(candidates(x, out.scratch), exponent);
  const Extent count = write_weights(x, root, out, [exponent](Pack u) { return power(u, exponent); });
  const std::span<Real> weights{out.weights, static_cast<std::size_t>(count)};
  scale(1 / sum(weights), weights);  // a small exponent magnifies the last bit of tau
  return count;
}

}  // namespace fovea::cpu
