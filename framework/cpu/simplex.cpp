#include "framework/cpu/simplex.h"

#include <cmath>
#include <limits>

#include "framework/core/span.h"
#include "framework/cpu/row_math.h"
#include "framework/cpu/simplex_kernel.h"

namespace fovea::cpu {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
constexpr Real kEpsilon = std::numeric_limits<Real>::epsilon();

/// tau = base + step: what is just above it keeps its last bits where `step` is subtracted last.
struct Root {
  Real base;
  Real step;
};

/// The candidates, side by side and filled up to whole packs.
inline __attribute__((always_inline)) std::span<const Real> candidates(const Shifted& x, Real* out) {
  Extent count = 0;
  x.each_pack([&](Pack pack, Extent) {
    const std::uint32_t lanes = candidate_lanes(pack);
    if (lanes != 0) count += squeeze(lanes, pack, out + count);
  });
  store(out + count, broadcast(-1));
  return span_of(out, count);
}

template <class Law>
inline __attribute__((always_inline)) Above<Real> measure(std::span<const Real> xs, Real tau) {
  int count = 0;
  Pack sum{}, squares{};
  Pack least = broadcast(kInfinity);
  for (std::size_t i = 0; i < xs.size(); i += static_cast<std::size_t>(kPack)) {
    const Pack u = load(xs.data() + i) - broadcast(tau);
    const Lanes is_above = above(u, Pack{});
    const Pack positive = where(is_above, u, Pack{});
    sum += positive;
    if constexpr (Law::kHasSquares) squares = multiply_add(positive, positive, squares);
    count += __builtin_popcount(bits(is_above));
    least = smaller(least, where(is_above, u, broadcast(kInfinity)));
  }
  return {static_cast<Real>(count), sum_lanes(sum), Law::kHasSquares ? sum_lanes(squares) : 0, smallest_lane(least)};
}

/// Newton's method from tau = -1, by steps that stay below the root. It ends where the exact root keeps the whole set, and
/// is close enough to be precise.
template <class Law>
Root find_root(std::span<const Real> xs) {
  Real tau = -1;
  for (;;) {
    const Above<Real> set = measure<Law>(xs, tau);
    const Solved<Real> solved = Law::exact(set);
    const bool keeps_all = solved.step < set.least;
    const Real taken = keeps_all ? solved.step : Law::newton(set);
    if ((keeps_all && !(solved.excess > 1)) || !(tau + taken > tau)) return {tau, taken};
    tau += taken;
  }
}

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

template <class Law>
Extent solve(std::span<const Real> scores, double temperature, const SparseRow& out) {
  const Shifted x{scores, max(scores), Law::factor(temperature)};
  if (!std::isfinite(x.most)) return write_undefined(out, static_cast<Extent>(scores.size()));
  return write_weights(x, find_root<Law>(candidates(x, out.scratch)), out, Law::weigh);
}

}  // namespace

Extent simplex_scratch(Extent items) { return items + kPack; }

Extent sparsemax(std::span<const Real> scores, double temperature, const SparseRow& out) {
  return solve<SparsemaxLaw>(scores, temperature, out);
}

Extent entmax15(std::span<const Real> scores, double temperature, const SparseRow& out) {
  return solve<Entmax15Law>(scores, temperature, out);
}

Extent entmax(std::span<const Real> scores, double alpha, double temperature, const SparseRow& out) {
  const Shifted x{scores, max(scores), static_cast<Real>((alpha - 1) / temperature)};
  if (!std::isfinite(x.most)) return write_undefined(out, static_cast<Extent>(scores.size()));
  const Real exponent = static_cast<Real>(1 / (alpha - 1));
  const Root root = find_power_root(candidates(x, out.scratch), exponent);
  const Extent count = write_weights(x, root, out, [exponent](Pack u) { return power(u, exponent); });
  const std::span<Real> weights = span_of(out.weights, count);
  scale(1 / sum(weights), weights);  // a small exponent magnifies the last bit of tau
  return count;
}

}  // namespace fovea::cpu
