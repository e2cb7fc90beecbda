#include "framework/attention/tiles/best_lists.h"
#include "framework/core/span.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <type_traits>

namespace fovea::tiles {
namespace {

using Word = std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>;
constexpr Word kSign = std::numeric_limits<Word>::max();

// Numbers as integers in the same order, and back.
Word ordered(Real x) {
  const Word bits = std::bit_cast<Word>(x);
  return bits < 0 ? bits ^ kSign : bits;
}
Real number(Word order) { return std::bit_cast<Real>(order < 0 ? order ^ kSign : order); }

Extent count_above(const Real* x, Extent n, Real limit) {
  const Pack limits = cpu::broadcast(limit);
  Extent count = 0;
  Extent i = 0;
  for (; i + kPack <= n; i += kPack) count += __builtin_popcount(cpu::bits(cpu::above(cpu::load(x + i), limits)));
  for (; i < n; ++i) count += static_cast<Extent>(x[i] > limit);
  return count;
}

}  // namespace

// Halves the numbers in which it lies, by how many are above.
Real split(const Real* x, Extent n, Extent rank) {
  Pack least_pack = cpu::broadcast(x[0]);
  Pack most_pack = least_pack;
  for (Extent i = 0; i < n; i += kPack) {
    const Pack pack = i + kPack <= n ? cpu::load(x + i) : cpu::load_part_or(x + i, n - i, x[0]);
    least_pack = cpu::smaller(least_pack, pack);
    most_pack = cpu::larger(most_pack, pack);
  }
  Real least = least_pack[0];
  Real most = most_pack[0];
  for (Extent lane = 1; lane < kPack; ++lane) {
    least = std::min(least, least_pack[lane]);
    most = std::max(most, most_pack[lane]);
  }
  Word low = ordered(least) - 1;  // more than `rank` are above it
  Word high = ordered(most);      // fewer are
  while (low + 1 < high) {
    const Word middle = (low & high) + ((low ^ high) >> 1);  // their mean: a sum might overflow
    const Extent above = count_above(x, n, number(middle));
    if (above == rank) return number(middle);
    if (above > rank) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return number(high);
}

Extent BestLists::room(Extent best) { return std::max<Extent>((2 * best + kPack - 1) / kPack * kPack, 64); }

BestLists::BestLists(Extent best, Real margin, Real* scores, Index* items)
    : best_(best), margin_(margin), room_(room(best)), scores_(scores), items_(items) {
  std::fill_n(least_, kQueries, -std::numeric_limits<Real>::infinity());
  std::fill_n(most_, kQueries, -std::numeric_limits<Real>::infinity());
}

// First which pairs are better than the least of their lists, without a branch, then these alone.
void BestLists::offer(const PairTiles::Tile& tile, const Real* square, const PairTiles::Bits* allowed) {
  alignas(64) Index better[kSquare + kPack];
  Extent count = 0;
  for (Extent pack = 0; pack < PairTiles::kPacks; ++pack) {
    const PairTiles::Range& stripes = tile.stripes[pack];
    const Pack least = cpu::load(least_ + pack * kPack);
    for (Extent k = stripes.begin * PairTiles::kStripe; k < stripes.end * PairTiles::kStripe; ++k) {
      const Extent place = k * kQueries + pack * kPack;
      std::uint32_t lanes = cpu::bits(cpu::above(cpu::load(square + place), least));
      if (allowed != nullptr) lanes &= static_cast<std::uint32_t>((*allowed)[k] >> (pack * kPack));
      count += cpu::squeeze_places(lanes, static_cast<Index>(place), better + count);
    }
  }
  const auto first = static_cast<Index>(tile.items * kItems);
  for (const Index* place = better; place != better + count; ++place) {
    const Extent query = *place % kQueries;
    if (square[*place] > least_[query]) append(query, square[*place], first + static_cast<Index>(*place / kQueries));
  }
}

void BestLists::append(Extent query, Real score, Index item) {
  const Extent place = query * room_ + counts_[query]++;
  scores_[place] = score;
  items_[place] = item;
  if (score > most_[query]) {
    most_[query] = score;
    least_[query] = std::max(least_[query], score - margin_);
  }
  if (counts_[query] == room_) cut(query);
}

// Leaves the best; of equal ones, the first.
void BestLists::cut(Extent query) {
  Real* scores = scores_ + query * room_;
  Index* items = items_ + query * room_;
  const Extent count = counts_[query];
  const Real limit = split(scores, count, best_);
  Extent equal = best_ - count_above(scores, count, limit);  // this many of these are left
  Extent kept = 0;
  for (Extent i = 0; i < count; i += kPack) {
    const Extent present = std::min(kPack, count - i);
    const Pack x = present == kPack ? cpu::load(scores + i) : cpu::load_part(scores + i, present);
    std::uint32_t lanes = cpu::bits(cpu::above(x, cpu::broadcast(limit)));
    for (Extent lane = 0; equal > 0 && lane < present; ++lane) {
      if (x[lane] != limit) continue;
      lanes |= 1U << lane;
      --equal;
    }
    lanes &= present == kPack ? ~0U : cpu::first_lanes(present);
    cpu::squeeze_items(lanes, items + i, items + kept);
    kept += cpu::squeeze(lanes, x, scores + kept);
  }
  counts_[query] = kept;
  least_[query] = std::max(least_[query], limit);
}

std::span<const Index> BestLists::finish(Extent query) {
  if (counts_[query] > best_) cut(query);
  Index* items = items_ + query * room_;
  const Real* scores = scores_ + query * room_;
  Extent kept = 0;
  for (Extent i = 0; i < counts_[query]; ++i) {
    if (scores[i] > most_[query] - margin_) items[kept++] = items[i];
  }
  counts_[query] = kept;
  return span_of(items, kept);
}

}  // namespace fovea::tiles
