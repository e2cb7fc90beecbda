#include "framework/ops/slot_scan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/cpu/lanes.h"
#include "framework/cpu/row_math.h"
#include "framework/cpu/transpose.h"
#include "framework/ops/packs.h"

namespace fovea {
namespace {

constexpr Real kNone = -std::numeric_limits<Real>::infinity();
constexpr Extent kBlock = 2 * kPack;   // slots that are scored together
constexpr Extent kMostWidth = 256;     // of a block that is kept transposed
constexpr Extent kFewQueries = 5;      // for fewer a block is not worth transposing
constexpr Extent kAhead = 2 * kBlock;  // slots from the one that is read to the one that is fetched
constexpr Extent kLine = 64 / static_cast<Extent>(sizeof(Real));
#if defined(__AVX512F__)
constexpr int kTallest = 8;  // queries whose sums stay in registers
#else
constexpr int kTallest = 4;
#endif

/// Puts a slot behind those that are as good: slots come in ascending order.
void insert(const BestSlots& best, Extent query, Real score, Index slot) {
  Real* scores = best.scores + query * best.kept;
  Index* slots = best.slots + query * best.kept;
  Extent place = best.kept - 1;
  for (; place > 0 && score > scores[place - 1]; --place) {
    scores[place] = scores[place - 1];
    slots[place] = slots[place - 1];
  }
  scores[place] = score;
  slots[place] = slot;
}

// sum of exp(score), lane by lane, relative to the largest so far
void add_exponentials(const BestSlots& best, Extent query, Pack scores) {
  Real* maxima = best.maxima + query * BestSlots::kSumWidth;
  Real* sums = best.sums + query * BestSlots::kSumWidth;
  const Pack before = cpu::load(maxima);
  const Pack now = cpu::larger(before, scores);
  const Pack unset = cpu::broadcast(kNone);
  const Pack shrink = cpu::where(cpu::above(before, unset), cpu::exp_pack(before - now), Pack{});
  const Pack added = cpu::where(cpu::above(scores, unset), cpu::exp_pack(scores - now), Pack{});
  cpu::store(maxima, now);
  cpu::store(sums, cpu::load(sums) * shrink + added);
}

/// Takes the scores of a query for kPack slots, of which `valid` exist.
void keep(const BestSlots& best, Extent query, Pack scores, Extent first, std::uint32_t valid) {
  const Real bar = best.scores[query * best.kept + best.kept - 1];
  std::uint32_t better = cpu::bits(cpu::above(scores, cpu::broadcast(bar))) & valid;
  if (__builtin_expect(static_cast<long>(better != 0), 0) != 0) {
    Real single[kPack];
    cpu::store(single, scores);
    for (; better != 0; better &= better - 1) {
      const int lane = __builtin_ctz(better);
      if (single[lane] > best.scores[query * best.kept + best.kept - 1]) {
        insert(best, query, single[lane], static_cast<Index>(first + lane));
      }
    }
  }
  if (best.sums == nullptr) return;
  if (valid != cpu::first_lanes(kPack)) scores = cpu::where(cpu::lanes_of(valid), scores, cpu::broadcast(kNone));
  add_exponentials(best, query, scores);
}

std::uint32_t valid_lanes(Extent count) { return cpu::first_lanes(std::clamp<Extent>(count, 0, kPack)); }

Pack reciprocal_length(Pack squares, Real epsilon) {
  return cpu::broadcast(1) / cpu::larger(cpu::square_root(squares), cpu::broadcast(epsilon));
}

// --- Few queries: rows as they lie, and the sums of kPack rows folded into one pack.

template <int kDistance>
void fold_stage(Pack (&rows)[kPack]) {
  constexpr int kLanes = static_cast<int>(kPack);
#pragma GCC unroll 8
  for (int i = 0; i < kDistance; ++i) {
    cpu::exchange<kDistance>(rows[i], rows[i + kDistance], std::make_integer_sequence<int, kLanes>());
    rows[i] += rows[i + kDistance];
  }
  if constexpr (kDistance > 1) fold_stage<kDistance / 2>(rows);
}

/// Lane i: the sum of the lanes of row i.
Pack fold(Pack (&rows)[kPack]) {
  fold_stage<static_cast<int>(kPack) / 2>(rows);
  return rows[0];
}

template <class Lanes>
void add_products(const Real* rows, Extent row, Pack query, Lanes lanes, Pack (&sums)[kPack]) {
#pragma GCC unroll 16
  for (Extent i = 0; i < kPack; ++i) sums[i] = cpu::multiply_add(lanes.load(rows + i * row), query, sums[i]);
}

Pack row_dots(const Real* rows, Extent width, const Real* query) {
  Pack sums[kPack] = {};
  for_packs(width, [&](Extent d, auto lanes) { add_products(rows + d, width, lanes.load(query + d), lanes, sums); });
  return fold(sums);
}

Pack row_squares(const Real* rows, Extent width) {
  Pack sums[kPack] = {};
  for_packs(width, [&](Extent d, auto lanes) {
    for (Extent i = 0; i < kPack; ++i) {
      const Pack row = lanes.load(rows + i * width + d);
      sums[i] = cpu::multiply_add(row, row, sums[i]);
    }
  });
  return fold(sums);
}

void scan_rows(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  for (Extent first = begin; first < end; first += kPack) {
    // The last rows once more, in the place of rows that are not there.
    const Extent from = std::max(std::min(first, end - kPack), Extent{0});
    const Real* rows = scan.slots + from * scan.width;
    for (Extent i = 0; i < kPack * scan.width; i += kLine) __builtin_prefetch(rows + kAhead * scan.width + i);
    const std::uint32_t valid = cpu::first_lanes(kPack) & ~cpu::first_lanes(first - from);
    const Pack factor = scan.is_cosine ? reciprocal_length(row_squares(rows, scan.width), scan.epsilon) : Pack{};
    for (Extent query = 0; query < scan.count; ++query) {
      Pack scores = row_dots(rows, scan.width, scan.queries + query * scan.width);
      if (scan.is_cosine) scores *= factor;
      keep(best, query, scores, from, valid);
    }
  }
}

/// Fewer wide slots than a pack has lanes.
void scan_singly(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  const auto width = static_cast<std::size_t>(scan.width);
  for (Extent slot = begin; slot < end; ++slot) {
    const std::span<const Real> row{scan.slots + slot * scan.width, width};
    const Real length = std::max(std::sqrt(cpu::dot(row, row)), scan.epsilon);
    for (Extent query = 0; query < scan.count; ++query) {
      const Real score = cpu::dot({scan.queries + query * scan.width, width}, row) / (scan.is_cosine ? length : 1);
      keep(best, query, cpu::broadcast(score), slot, 1);
    }
  }
}

// --- Many queries: a block of slots is transposed once, a slot is a lane.

struct Block {
  alignas(64) Real at[kMostWidth * kBlock];  // [D, kBlock]
  Pack factors[2];

  void read(const SlotScan& scan, Extent first, Extent rows) {
    cpu::PackBlock square;
    for (Extent half = 0; half < kBlock; half += kPack) {
      const Real* from = scan.slots + (first + half) * scan.width;
      for (Extent d = 0; d < scan.width; d += kPack) {
        cpu::read_block(from + d, scan.width, rows - half, scan.width - d, square);
        cpu::transpose(square);
        for (Extent i = 0; i < kPack && d + i < scan.width; ++i) cpu::store(at + (d + i) * kBlock + half, square[i]);
      }
    }
    if (scan.is_cosine) measure(scan);
  }

 private:
  void measure(const SlotScan& scan) {
    for (Extent half = 0; half < 2; ++half) {
      Pack squares{};
      for (Extent d = 0; d < scan.width; ++d) {
        const Pack element = cpu::load(at + d * kBlock + half * kPack);
        squares = cpu::multiply_add(element, element, squares);
      }
      factors[half] = reciprocal_length(squares, scan.epsilon);
    }
  }
};

struct Place {
  Extent first;
  Extent rows;
  const Real* ahead;  // memory to fetch meanwhile
};

template <int kRows>
void score_block(const SlotScan& scan, Extent query, const Block& block, const Place& place, const BestSlots& best) {
  Pack sums[kRows][2] = {};
  const Real* from = scan.queries + query * scan.width;
  for (Extent d = 0; d < scan.width; ++d) {
    const Pack low = cpu::load(block.at + d * kBlock);
    const Pack high = cpu::load(block.at + d * kBlock + kPack);
    if (d % 2 == 0) __builtin_prefetch(place.ahead + d / 2 * kLine);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Pack factor = cpu::broadcast(from[r * scan.width + d]);
      sums[r][0] = cpu::multiply_add(factor, low, sums[r][0]);
      sums[r][1] = cpu::multiply_add(factor, high, sums[r][1]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    for (Extent half = 0; half < 2; ++half) {
      if (half * kPack >= place.rows) continue;
      const Pack scores = scan.is_cosine ? sums[r][half] * block.factors[half] : sums[r][half];
      keep(best, query + r, scores, place.first + half * kPack, valid_lanes(place.rows - half * kPack));
    }
  }
}

void scan_blocks(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  Block block;
  for (Extent first = begin; first < end; first += kBlock) {
    Place place{first, std::min(kBlock, end - first), scan.slots + (first + kAhead) * scan.width};
    block.read(scan, first, place.rows);
    Extent query = 0;
    for (; query + kTallest <= scan.count; query += kTallest) {
      score_block<kTallest>(scan, query, block, place, best);
      place.ahead += scan.width / 2 * kLine;  // the next part of the block that is fetched
    }
    for (; query < scan.count; ++query) score_block<1>(scan, query, block, place, best);
  }
}

}  // namespace

void clear_best(const BestSlots& best, Extent queries) {
  std::fill_n(best.scores, queries * best.kept, kNone);
  std::fill_n(best.slots, queries * best.kept, Index{-1});
  if (best.sums == nullptr) return;
  std::fill_n(best.maxima, queries * BestSlots::kSumWidth, kNone);
  std::fill_n(best.sums, queries * BestSlots::kSumWidth, Real(0));
}

void scan_slots(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  const bool is_wide = scan.width > kMostWidth;
  if ((is_wide || scan.count < kFewQueries) && end >= kPack) return scan_rows(scan, begin, end, best);
  if (is_wide) return scan_singly(scan, begin, end, best);
  scan_blocks(scan, begin, end, best);
}

void merge_best(const BestSlots& later, Extent queries, const BestSlots& best) {
  for (Extent query = 0; query < queries; ++query) {
    for (Extent k = 0; k < best.kept; ++k) {
      const Real score = later.scores[query * best.kept + k];
      if (!(score > best.scores[(query + 1) * best.kept - 1])) break;
      insert(best, query, score, later.slots[query * best.kept + k]);
    }
    for (Extent i = 0; best.sums != nullptr && i < BestSlots::kSumWidth; i += kPack) {
      const Extent at = query * BestSlots::kSumWidth + i;
      const Pack now = cpu::larger(cpu::load(best.maxima + at), cpu::load(later.maxima + at));
      Pack sum{};
      for (const BestSlots* part : {&best, &later}) {
        const Pack peak = cpu::load(part->maxima + at);
        const Pack scaled = cpu::load(part->sums + at) * cpu::exp_pack(peak - now);
        sum += cpu::where(cpu::above(peak, cpu::broadcast(kNone)), scaled, Pack{});
      }
      cpu::store(best.maxima + at, now);
      cpu::store(best.sums + at, sum);
    }
  }
}

Real log_sum_of(const BestSlots& best, Extent query) {
  const Real* maxima = best.maxima + query * BestSlots::kSumWidth;
  const Real* sums = best.sums + query * BestSlots::kSumWidth;
  const Real most = *std::max_element(maxima, maxima + BestSlots::kSumWidth);
  Real total = 0;
  for (Extent i = 0; i < BestSlots::kSumWidth; ++i) {
    if (maxima[i] > kNone) total += sums[i] * std::exp(maxima[i] - most);
  }
  return most + std::log(total);
}

Extent scan_tile(Extent slots) {
  constexpr Extent kLeast = 2048;
  constexpr Extent kMost = 32768;
  return std::clamp((slots / 32 + kBlock - 1) / kBlock * kBlock, kLeast, kMost);
}

}  // namespace fovea
