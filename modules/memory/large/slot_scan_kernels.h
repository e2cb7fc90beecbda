#pragma once

#include <atomic>
#include <cmath>
#include <limits>

#include "framework/cpu/lanes.h"
#include "framework/cpu/packs.h"
#include "modules/memory/large/slot_scan.h"

// Internal to slot_scan: its two ways through a memory, and what they share.
namespace fovea {

constexpr Real kNoScore = -std::numeric_limits<Real>::infinity();
constexpr Extent kMostBlockWidth = 256;  // of queries that are kept transposed
constexpr Extent kFewQueries = 9;        // with fewer, each slot is better read as a row

/// Few queries, or wide slots: rows as they lie, lanes are elements. Needs end >= kPack.
void scan_rows(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best);
/// Many queries, of at most kMostBlockWidth elements: lanes are queries.
void scan_blocks(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best);

/// What a score must exceed, by what other parts of the memory found.
inline Real bar_of(const BestSlots& best, Extent query) {
  if (best.bars == nullptr) return kNoScore;
  return std::atomic_ref<Real>(best.bars[query]).load(std::memory_order_relaxed);
}

/// Puts a slot after those that are as good: slots come in ascending order.
inline void insert_slot(const BestSlots& best, Extent query, Real score, Index slot) {
  Real* scores = best.scores + query;
  Index* slots = best.slots + query;
  Extent place = (best.kept - 1) * best.stride;
  for (; place > 0 && score > scores[place - best.stride]; place -= best.stride) {
    scores[place] = scores[place - best.stride];
    slots[place] = slots[place - best.stride];
  }
  scores[place] = score;
  slots[place] = slot;
}

inline Pack reciprocal_length(Pack squares, Real epsilon) {
  return cpu::broadcast(1) / cpu::larger(cpu::square_root(squares), cpu::broadcast(epsilon));
}

/// The sum of exp(score), lane by lane, relative to the largest so far.
struct LogSum {
  Pack most, sum;

  void grow(Pack peak) {
    const Pack before = most;
    most = cpu::larger(before, peak);
    sum *= cpu::where(cpu::above(before, cpu::broadcast(kNoScore)), cpu::exp_pack(before - most), Pack{});
  }
  void add(Pack scores) {
    sum += cpu::where(cpu::above(scores, cpu::broadcast(kNoScore)), cpu::exp_pack(scores - most), Pack{});
  }
};

}  // namespace fovea
