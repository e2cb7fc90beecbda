#include "modules/routing/policy.h"

#include <algorithm>
#include <cmath>

#include "framework/cpu/parallel.h"

namespace fovea {
namespace {

constexpr Extent kRowTile = 512;

}  // namespace

template <>
Registry<RoutingPolicy>& Registry<RoutingPolicy>::instance() {
  static Registry<RoutingPolicy> registry;
  return registry;
}

void RoutingPolicy::fields(Options& /*options*/) {}
Extent RoutingPolicy::scratch(Extent /*rows*/, Extent /*experts*/) const { return 0; }
Value RoutingPolicy::noise(Builder& /*builder*/, Extent /*experts*/, Extent /*width*/) const { return {}; }
Value RoutingPolicy::bias(Builder& /*builder*/, Extent /*experts*/) const { return {}; }

Extent next_best(const Assignment& run, ConstRow preference, Extent row, Extent before) {
  Extent best = -1;
  for (Extent expert = 0; expert < run.experts; ++expert) {
    if (!(run.gates[run.pair(row, expert)] > 0)) continue;
    const Real value = preference[run.pair(row, expert)];
    if (before >= 0) {
      const Real last = preference[run.pair(row, before)];
      if (value > last || (value == last && expert <= before)) continue;
    }
    if (best < 0 || value > preference[run.pair(row, best)]) best = expert;
  }
  return best;
}

void keep_best_of_rows(const Assignment& run, ConstRow preference, Extent k) {
  cpu::parallel_tiles(run.rows, kRowTile, [&](Extent begin, Extent end, Extent /*number*/) {
    for (Extent row = begin; row < end; ++row) {
      Extent expert = -1;
      for (Extent place = 0; place < k; ++place) {
        expert = next_best(run, preference, row, expert);
        if (expert < 0) break;
        run.wanted_of(row, place) = static_cast<Index>(expert);
        run.keep(row, expert);
      }
    }
  });
}

Extent room_of(double factor, Extent wanted, Extent rows, Extent experts) {
  // A product that is whole except for rounding counts as whole: 1.1 * 10 needs 11 and not 12.
  const double room = factor * static_cast<double>(wanted * rows) / static_cast<double>(experts);
  return std::max<Extent>(1, static_cast<Extent>(std::ceil(room - 1e-9 * room)));
}

void keep_where_room(const Assignment& run, ConstRow preference, Extent room, Extent rounds) {
  const Row load = run.scratch.first(run.experts);
  std::fill(load.begin(), load.end(), Real{0});
  for (Extent round = 0; round < rounds; ++round) {
    for (Extent row = 0; row < run.rows; ++row) {
      if (run.counts[row] > 0) continue;
      Extent expert = -1;
      for (Extent rank = 0; rank <= round; ++rank) {
        expert = next_best(run, preference, row, expert);
        if (expert < 0) break;
      }
      if (round == 0) run.wanted_of(row, 0) = static_cast<Index>(expert);
      if (expert < 0 || load[expert] >= static_cast<Real>(room)) continue;
      load[expert] += 1;
      run.keep(row, expert);
    }
  }
  for (Extent row = 0; row < run.rows; ++row) {
    const bool is_lost = run.counts[row] == 0 && run.wanted_of(row, 0) >= 0;
    if (is_lost) run.drop(row);
  }
}

}  // namespace fovea
