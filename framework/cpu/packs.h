#pragma once

#include "framework/cpu/vector_math.h"

// Internal to the kernels of this folder: loops over rows, pack by pack.
namespace fovea {

using cpu::kPack;
using cpu::Pack;

/// Where a body reads and writes whole packs.
struct WholePack {
  static Pack load(const Real* from) { return cpu::load(from); }
  static void store(Real* to, Pack pack) { cpu::store(to, pack); }
};

/// The last pack of a row: zeros are read past its end, nothing is written there.
struct PartPack {
  Extent count;
  Pack load(const Real* from) const { return cpu::load_part(from, count); }
  void store(Real* to, Pack pack) const { cpu::store_part(to, pack, count); }
};

/// body(i, lanes) for every pack of a row of n elements; `lanes` loads and stores.
template <class Body>
inline void for_packs(Extent n, Body body) {
  Extent i = 0;
  for (; i + kPack <= n; i += kPack) body(i, WholePack{});
  if (i < n) body(i, PartPack{n - i});
}

/// Writes or adds, as OpRun::assigns says.
template <bool assign, class Lanes>
inline void put(Lanes lanes, Real* to, Pack value) {
  if constexpr (assign) {
    lanes.store(to, value);
  } else {
    lanes.store(to, lanes.load(to) + value);
  }
}

/// Calls body with std::true_type where `flag`, else with std::false_type: one branch outside of the loops.
template <class Body>
inline void with_flag(bool flag, Body body) {
  if (flag) {
    body(std::true_type{});
  } else {
    body(std::false_type{});
  }
}

inline void clear(Real* to, Extent n) { std::memset(to, 0, static_cast<std::size_t>(n) * sizeof(Real)); }
inline void copy(const Real* from, Real* to, Extent n) { std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(Real)); }
inline void add_row(const Real* from, Real* to, Extent n) {
  for_packs(n, [=](Extent i, auto lanes) { lanes.store(to + i, lanes.load(to + i) + lanes.load(from + i)); });
}

}  // namespace fovea
