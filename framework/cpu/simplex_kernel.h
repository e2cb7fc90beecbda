#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "framework/cpu/lanes.h"
#include "framework/cpu/simplex.h"

// Internal to simplex: what its kernels for one row and for many rows share, so that their bits are equal.
namespace fovea::cpu {

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
    if (i < n) take(x_of(load_part_or(scores.data() + i, n - i, -std::numeric_limits<Real>::infinity())), i);
  }
};

/// The x_i > -1: no other can have a weight, since tau >= -1.
inline std::uint32_t candidate_lanes(Pack x) { return bits(above(x, broadcast(-1))); }

/// Figures of the x_i > tau, with u_i = x_i - tau: of one row, or with T = Pack of a row in each lane.
template <class T>
struct Above {
  T count;
  T sum;      // of u
  T squares;  // of u; 0 where they are not wanted
  T least;    // u
};

/// Figures of the root tau, where the set of x_i above it is the set that was measured.
template <class T>
struct Solved {
  T excess;  // how far the sum of weights at the measured tau is above 1
  T step;    // from there to the root; NaN where there is none
};

/// p_i = max(x_i - tau, 0), x_i = z_i / t.
struct SparsemaxLaw {
  static constexpr bool kHasSquares = false;
  static Real factor(double temperature) { return static_cast<Real>(1 / temperature); }
  template <class T>
  static Solved<T> exact(const Above<T>& set) {
    return {set.sum - 1, newton(set)};
  }
  template <class T>
  static T newton(const Above<T>& set) {
    return (set.sum - 1) / set.count;
  }
  static Pack weigh(Pack u) { return u; }
};

/// p_i = max(x_i - tau, 0)^2, x_i = z_i / (2 t).
struct Entmax15Law {
  static constexpr bool kHasSquares = true;
  static Real factor(double temperature) { return static_cast<Real>(0.5 / temperature); }
  // sum (u_i - d)^2 = 1: the smaller of the roots d, without cancellation. There is none where too many are above tau.
  template <class T>
  static Solved<T> exact(const Above<T>& set) {
    const T excess = set.squares - 1;
    const T discriminant = set.sum * set.sum - set.count * excess;
    return {excess, excess / (set.sum + square_root(discriminant))};
  }
  template <class T>
  static T newton(const Above<T>& set) {
    return (set.squares - 1) / (2 * set.sum);
  }
  static Pack weigh(Pack u) { return u * u; }
};

/// Rows of at most this many items are solved many at a time.
inline constexpr Extent kNarrow = 128;

/// The whole row undefined, as a score that is not finite leaves it.
inline Extent write_undefined(const SparseRow& out, Extent items) {
  for (Extent i = 0; i < items; ++i) {
    out.weights[i] = std::numeric_limits<Real>::quiet_NaN();
    out.kept[i] = static_cast<Index>(i);
  }
  return items;
}

}  // namespace fovea::cpu
