#include <algorithm>
#include <limits>
#include <type_traits>

#include "framework/attention/tiles/tile_attention_kernel.h"
#include "framework/cpu/lanes.h"

namespace fovea::tiles {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

// What a tile of queries has read so far: for each query, with s, in units of log(2), over its items, most = max s, sum =
// sum 2^(s - most) and reads = sum 2^(s - most) value.
struct Reading {
  alignas(64) Real square[kSquare];  // scores, and real weights in their place [kItems, kQueries]
  alignas(64) Real most[kQueries];
  alignas(64) Real sum[kQueries];
  alignas(64) Real shrink[kQueries];  // 2^(most before - most now)
  RowBlock reads;                     // [kQueries, V]
  NextRows next;
};

template <class Factors>
struct ReadingOf : Reading {
  typename Factors::Panel panel;  // scaled queries [D, kQueries]
  typename Factors::Items block;  // items, then values
  typename Factors::Square weights;
};

// Of a multiple of four rows: in four chains, since each step of a single one would wait for the step before.
Pack largest(const Real* first, Extent rows) {
  Pack most[4];
  for (Extent i = 0; i < 4; ++i) most[i] = cpu::load(first + i * kQueries);
  for (Extent k = 4; k < rows; k += 4) {
    for (Extent i = 0; i < 4; ++i) most[i] = cpu::larger(most[i], cpu::load(first + (k + i) * kQueries));
  }
  return cpu::larger(cpu::larger(most[0], most[1]), cpu::larger(most[2], most[3]));
}

// weights = 2^(score - most) of one pack of queries, and what its sums are multiplied by.
template <class Factors>
bool exponentiate(ReadingOf<Factors>& r, const PairTiles::Bits* bits, Extent pack, const PairTiles::Range& stripes) {
  Real* first = r.square + stripes.begin * PairTiles::kStripe * kQueries + pack * kPack;
  const Extent rows = (stripes.end - stripes.begin) * PairTiles::kStripe;
  const Pack before = cpu::load(r.most + pack * kPack);
  Pack most = before;
  if (bits == nullptr) {
    most = cpu::larger(most, largest(first, rows));
  } else {
    const std::uint64_t* allowed = bits->data() + stripes.begin * PairTiles::kStripe;
    for (Extent k = 0; k < rows; ++k) {
      Real* at = first + k * kQueries;
      const Pack score = cpu::where(cpu::lanes_of(allowed[k] >> (pack * kPack)), cpu::load(at), cpu::broadcast(-kInfinity));
      cpu::store(at, score);
      most = cpu::larger(most, score);
    }
  }
  // Without an item so far, most is -infinity: 0 instead gives weights of 0 and no NaN.
  const Pack base = cpu::where(cpu::above(most, cpu::broadcast(-kInfinity)), most, Pack{});
  Pack sum{};
  NextRows::Share next(r.next, pack, stripes.begin * PairTiles::kStripe);
  constexpr Extent kAtOnce = Factors::Square::kAtOnce;
  for (Extent k = 0; k < rows; k += kAtOnce) {
    Pack weights[kAtOnce];
    for (Extent i = 0; i < kAtOnce; ++i) {
      weights[i] = cpu::exp2_falling(cpu::load(first + (k + i) * kQueries) - base);
      next.fetch();
      sum += weights[i];
    }
    r.weights.template put<Side::kRight>(stripes.begin * PairTiles::kStripe + k, pack, weights);
  }
  const Pack shrink = cpu::exp2_falling(before - base);
  cpu::store(r.most + pack * kPack, most);
  cpu::store(r.sum + pack * kPack, cpu::multiply_add(cpu::load(r.sum + pack * kPack), shrink, sum));
  cpu::store(r.shrink + pack * kPack, shrink);
  return cpu::bits(cpu::above(cpu::broadcast(1), shrink)) != 0;
}

void shrink_reads(Reading& r, Extent first) {
  for (Extent q = first; q < first + kPack; ++q) {
    const Real factor = r.shrink[q];
    if (factor == 1) continue;
    Real* row = r.reads.at + q * r.reads.row;
    for (Extent i = 0; i < r.reads.row; i += kPack) cpu::store(row + i, cpu::load(row + i) * factor);
  }
}

template <class Factors>
void read_tile(const Head& head, const PairTiles::Tile& tile, const PairTiles::Bits* bits, ReadingOf<Factors>& r) {
  take_items(head, tile.items, Side::kLeft, r.block);
  multiply_panel(tile, r.block, head.width, r.panel, r.square);
  for (Extent pack = 0; pack < PairTiles::kPacks; ++pack) {
    const PairTiles::Range& stripes = tile.stripes[pack];
    r.next.fetch_others(stripes, pack);
    if (stripes.begin < stripes.end && exponentiate(r, bits, pack, stripes)) shrink_reads(r, pack * kPack);
  }
  take_values(head, tile.items, Side::kRight, r.block);
  add_by_query(tile, r.weights, r.block, r.reads);
}

// read = reads / sum, 0 where there was no item.
void finish(const Head& head, Extent first, const Reading& r) {
  for (Extent q = 0; q < std::min(kQueries, head.query_count - first); ++q) {
    const bool is_empty = r.sum[q] == 0;
    const Real factor = is_empty ? 0 : 1 / r.sum[q];
    head.log_sums[first + q] = is_empty ? kInfinity : r.most[q] + std::log2(r.sum[q]);
    const Real* from = r.reads.at + q * r.reads.row;
    Real* to = head.read + (first + q) * head.read_row;
    for_packs(head.value_width, [=](Extent i, auto lanes) { lanes.store(to + i, lanes.load(from + i) * factor); });
  }
}

// After the last tile of items come the queries of the next tile.
void expect_next(const Head& head, const PairTiles::Tile* tile, Extent query_tile, NextRows& next) {
  next.forget();
  if (tile != nullptr) {
    expect_items(head, tile->items, next);
  } else {
    next.add(head.queries + (query_tile + 1) * kQueries * head.query_row, head.query_row);
  }
}

template <class Factors>
void forward_with(const Head& head, const PairTiles& tiles, Extent query_tile) {
  ReadingOf<Factors> r;
  if constexpr (std::is_same_v<Factors, RealFactors>) r.weights.at = r.square;
  const Extent first = query_tile * kQueries;
  const Extent present = std::min(kQueries, head.query_count - first);
  r.panel.read({head.queries + first * head.query_row, head.query_row, present, head.width, head.scale * kLog2OfE});
  std::fill(r.most, r.most + kQueries, -kInfinity);
  clear(r.sum, kQueries);
  r.reads.row = (head.value_width + kPack - 1) / kPack * kPack;
  clear(r.reads.at, kQueries * r.reads.row);
  TilePairs pairs(head, query_tile);
  const std::span<const PairTiles::Tile> all = tiles.of(query_tile);
  for (std::size_t i = 0; i < all.size(); ++i) {
    expect_next(head, i + 1 < all.size() ? &all[i + 1] : nullptr, query_tile, r.next);
    if (pairs.meet(tiles, all[i])) read_tile(head, all[i], pairs.bits(), r);
  }
  finish(head, first, r);
}

}  // namespace

// s_mn = scale q_m . k_n for the pairs that exist; read_m = sum over n of exp(s_mn) v_n / sum over n of exp(s_mn)
void forward(const Head& head, const PairTiles& tiles, Extent query_tile) {
  if constexpr (cpu::kHasPairs) {
    if (head.rounds_factors) return forward_with<PairFactors>(head, tiles, query_tile);
  }
  forward_with<RealFactors>(head, tiles, query_tile);
}

}  // namespace fovea::tiles
