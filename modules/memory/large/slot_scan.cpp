#include "modules/memory/large/slot_scan.h"

#include <algorithm>
#include <cmath>

#include "framework/cpu/row_math.h"
#include "modules/memory/large/slot_scan_kernels.h"

namespace fovea {
namespace {

/// For fewer slots than a pack has lanes, with few or wide queries.
void scan_singly(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  const auto width = static_cast<std::size_t>(scan.width);
  for (Extent slot = begin; slot < end; ++slot) {
    const std::span<const Real> row{scan.slots + slot * scan.width, width};
    const Real length = std::max(std::sqrt(cpu::dot(row, row)), scan.epsilon);
    for (Extent query = 0; query < scan.count; ++query) {
      const Real score = cpu::dot({scan.queries + query * scan.width, width}, row) / (scan.is_cosine ? length : 1);
      if (score > best.scores[best.at(best.kept - 1, query)]) insert_slot(best, query, score, static_cast<Index>(slot));
      if (best.sums == nullptr) continue;
      const Extent at = query * BestSlots::kSumWidth;
      LogSum total{cpu::load(best.maxima + at), cpu::load(best.sums + at)};
      Pack alone = cpu::broadcast(kNoScore);
      alone[0] = score;
      total.grow(alone);
      total.add(alone);
      cpu::store(best.maxima + at, total.most);
      cpu::store(best.sums + at, total.sum);
    }
  }
}

void merge_sums(const BestSlots& later, Extent query, const BestSlots& best) {
  for (Extent i = 0; i < BestSlots::kSumWidth; i += kPack) {
    const Extent at = query * BestSlots::kSumWidth + i;
    const Pack now = cpu::larger(cpu::load(best.maxima + at), cpu::load(later.maxima + at));
    Pack sum{};
    for (const BestSlots* part : {&best, &later}) {
      const Pack peak = cpu::load(part->maxima + at);
      const Pack scaled = cpu::load(part->sums + at) * cpu::exp_pack(peak - now);
      sum += cpu::where(cpu::above(peak, cpu::broadcast(kNoScore)), scaled, Pack{});
    }
    cpu::store(best.maxima + at, now);
    cpu::store(best.sums + at, sum);
  }
}

/// Scores of some queries are sorted into those that are shared.
template <class Lanes>
void join_scores(const BestSlots& part, Pack scores, Extent query, Lanes lanes, const SharedBest& shared) {
  for (Extent k = 0; k < part.kept; ++k) {
    Real* at = shared.scores + part.at(k, query);
    const Pack before = lanes.load(at);
    lanes.store(at, cpu::larger(before, scores));
    scores = cpu::smaller(before, scores);
  }
}

}  // namespace

Extent best_stride(Extent queries) { return queries < kFewQueries ? queries : (queries + kPack - 1) / kPack * kPack; }

void clear_best(const BestSlots& best, Extent queries) {
  std::fill_n(best.scores, best.kept * best.stride, kNoScore);
  std::fill_n(best.slots, best.kept * best.stride, Index{-1});
  if (best.sums == nullptr) return;
  std::fill_n(best.maxima, queries * BestSlots::kSumWidth, kNoScore);
  std::fill_n(best.sums, queries * BestSlots::kSumWidth, Real(0));
}

void clear_shared(const SharedBest& shared, const BestSlots& part) {
  std::fill_n(shared.scores, part.kept * part.stride, kNoScore);
  std::fill_n(shared.bars, part.stride, kNoScore);
  *shared.is_told = 0;
}

void share_best(const BestSlots& part, const SharedBest& shared) {
  constexpr Extent kMostKept = 64;  // the cost rises with the square
  const std::atomic_ref<Index> is_told(*shared.is_told);
  if (part.kept > kMostKept || is_told.exchange(1, std::memory_order_acquire) != 0) return;
  for_packs(part.stride, [&](Extent query, auto lanes) {
    for (Extent k = 0; k < part.kept; ++k) {
      join_scores(part, lanes.load(part.scores + part.at(k, query)), query, lanes, shared);
    }
  });
  const Real* worst = shared.scores + part.at(part.kept - 1, 0);
  for (Extent query = 0; query < part.stride; ++query) {
    // One that equals the worst may be kept: it may be the lowest of those.
    const Real bar = std::nextafter(worst[query], kNoScore);
    std::atomic_ref<Real>(shared.bars[query]).store(bar, std::memory_order_relaxed);
  }
  is_told.store(0, std::memory_order_release);
}

void scan_slots(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  if (scan.count == 0) return;
  if (scan.count >= kFewQueries && scan.width <= kMostBlockWidth) {
    scan_blocks(scan, begin, end, best);
  } else if (end >= kPack) {
    scan_rows(scan, begin, end, best);
  } else {
    scan_singly(scan, begin, end, best);
  }
}

void merge_best(const BestSlots& later, Extent query, const BestSlots& best) {
  for (Extent k = 0; k < best.kept; ++k) {
    const Real score = later.scores[later.at(k, query)];
    if (!(score > best.scores[best.at(best.kept - 1, query)])) break;
    insert_slot(best, query, score, later.slots[later.at(k, query)]);
  }
  if (best.sums != nullptr) merge_sums(later, query, best);
}

Extent count_found(const BestSlots& best, Extent query) {
  Extent found = 0;
  while (found < best.kept && best.slots[best.at(found, query)] >= 0) ++found;
  return found;
}

Real log_sum_of(const BestSlots& best, Extent query) {
  const Real* maxima = best.maxima + query * BestSlots::kSumWidth;
  const Real* sums = best.sums + query * BestSlots::kSumWidth;
  const Real most = *std::max_element(maxima, maxima + BestSlots::kSumWidth);
  Real total = 0;
  for (Extent i = 0; i < BestSlots::kSumWidth; ++i) {
    if (maxima[i] > kNoScore) total += sums[i] * std::exp(maxima[i] - most);
  }
  return most + std::log(total);
}

Extent scan_tile(Extent slots, Extent queries) {
  constexpr Extent kLeastProducts = 8192;  // of slots and queries: less is not worth a task
  constexpr Extent kUnit = 32;
  constexpr Extent kMost = 32768;
  const Extent least = std::clamp<Extent>(kLeastProducts / std::max<Extent>(queries, 1) / kUnit * kUnit, 256, 2048);
  return std::clamp((slots / 32 + kUnit - 1) / kUnit * kUnit, least, kMost);
}

}  // namespace fovea
