#include <algorithm>
#include <type_traits>

#include "framework/attention/tiles/tile_attention_kernel.h"
#include "framework/cpu/lanes.h"

namespace fovea::tiles {
namespace {

struct Pulling {
  alignas(64) Real scores[kSquare];  // [kItems, kQueries], and real weights in their place
  alignas(64) Real pulls[kSquare];   // gradients of the weights, and real ones of the scores in their place
  alignas(64) Real log_sums[kQueries];
  alignas(64) Real alongs[kQueries];  // grad_read . read
  RowBlock query_sums;                // gradients of the queries, to be scaled
  NextRows next;
};

// What the pairs of a tile of queries need from their queries, both in rows and as panels.
template <class Factors>
struct PullingOf : Pulling {
  typename Factors::Panel query_panel;  // scaled [D, kQueries]
  typename Factors::Panel read_panel;   // grad_read [V, kQueries]
  typename Factors::Block query_rows;   // scaled [kQueries, D]
  typename Factors::Block read_rows;    // grad_read [kQueries, V]
  typename Factors::Items item_rows;    // [kItems, D]
  typename Factors::Items value_rows;   // [kItems, V]
  typename Factors::Square weights;
  typename Factors::Square score_pulls;  // gradients of the scores
};

template <class Factors>
void prepare(const Head& head, const Real* grad_read, Extent first, PullingOf<Factors>& p) {
  const Extent present = std::min(kQueries, head.query_count - first);
  const Real* queries = head.queries + first * head.query_row;
  const Real* pulled = grad_read + first * head.read_row;
  const Real* read = head.read + first * head.read_row;
  const cpu::RealRows query_rows{queries, head.query_row, present, head.width, head.scale};
  const cpu::RealRows read_rows{pulled, head.read_row, present, head.value_width};
  p.query_panel.read({queries, head.query_row, present, head.width, head.scale * kLog2OfE});
  p.read_panel.read(read_rows);
  p.query_rows.read(query_rows, kQueries, Side::kRight);
  p.read_rows.read(read_rows, kQueries, Side::kRight);
  p.query_sums.row = p.query_rows.row;
  clear(p.query_sums.at, kQueries * p.query_sums.row);
  for (Extent q = 0; q < kQueries; ++q) {
    const bool exists = q < present;
    p.log_sums[q] = exists ? head.log_sums[first + q] : 0;
    Pack sum{};
    for_packs(exists ? head.value_width : 0, [&](Extent i, auto lanes) {
      sum = cpu::multiply_add(lanes.load(pulled + q * head.read_row + i), lanes.load(read + q * head.read_row + i), sum);
    });
    p.alongs[q] = cpu::sum_lanes(sum);
  }
}

// w = 2^(s - log_sum), s in units of log(2), and grad_s = w (grad_w - grad_read . read), of one pack of queries.
template <bool kAll, class Factors>
void pull_pack(PullingOf<Factors>& p, const std::uint64_t* allowed, Extent pack, const PairTiles::Range& stripes) {
  const Pack log_sum = cpu::load(p.log_sums + pack * kPack);
  const Pack along = cpu::load(p.alongs + pack * kPack);
  NextRows::Share next(p.next, pack, stripes.begin * PairTiles::kStripe);
  constexpr Extent kAtOnce = Factors::Square::kAtOnce;
  for (Extent k = stripes.begin * PairTiles::kStripe; k < stripes.end * PairTiles::kStripe; k += kAtOnce) {
    Pack weights[kAtOnce];
    Pack pulls[kAtOnce];
    for (Extent i = 0; i < kAtOnce; ++i) {
      const Extent at = (k + i) * kQueries + pack * kPack;
      weights[i] = cpu::exp2_falling(cpu::load(p.scores + at) - log_sum);
      if constexpr (!kAll) weights[i] = cpu::where(cpu::lanes_of(allowed[k + i] >> (pack * kPack)), weights[i], Pack{});
      next.fetch();
      pulls[i] = weights[i] * (cpu::load(p.pulls + at) - along);
    }
    p.weights.template put<Side::kLeft>(k, pack, weights);
    p.score_pulls.template put<Side::kBoth>(k, pack, pulls);
  }
}

template <class Factors>
void pull_scores(const PairTiles::Tile& tile, const PairTiles::Bits* bits, PullingOf<Factors>& p) {
  for (Extent pack = 0; pack < PairTiles::kPacks; ++pack) {
    const PairTiles::Range& stripes = tile.stripes[pack];
    p.next.fetch_others(stripes, pack);
    if (bits == nullptr) {
      pull_pack<true>(p, nullptr, pack, stripes);
    } else {
      pull_pack<false>(p, bits->data(), pack, stripes);
    }
  }
}

// grad_v_n += w_mn grad_read_m; grad_k_n += grad_s_mn scale q_m; grad_q_m += grad_s_mn scale k_n
template <class Factors>
void pull_tile(const Head& head, const HeadGradients& gradients, const PairTiles::Tile& tile, const PairTiles::Bits* bits,
               PullingOf<Factors>& p) {
  const Extent first = tile.items * kItems;
  const Extent present = std::min(kItems, head.item_count - first);
  take_items(head, tile.items, Side::kBoth, p.item_rows);
  multiply_panel(tile, p.item_rows, head.width, p.query_panel, p.scores);
  take_values(head, tile.items, Side::kLeft, p.value_rows);
  multiply_panel(tile, p.value_rows, head.value_width, p.read_panel, p.pulls);
  pull_scores(tile, bits, p);
  if (gradients.values != nullptr) {
    add_by_item(tile, p.weights, p.read_rows,
                {gradients.values + first * head.value_row, head.value_row, head.value_width, present});
  }
  if (gradients.items != nullptr) {
    add_by_item(tile, p.score_pulls, p.query_rows,
                {gradients.items + first * head.item_row, head.item_row, head.width, present});
  }
  if (gradients.queries != nullptr) add_by_query(tile, p.score_pulls, p.item_rows, p.query_sums);
}

void finish(const Head& head, const HeadGradients& gradients, Extent first, const Pulling& p) {
  if (gradients.queries == nullptr) return;
  for (Extent q = 0; q < std::min(kQueries, head.query_count - first); ++q) {
    const Real* from = p.query_sums.at + q * p.query_sums.row;
    Real* to = gradients.queries + (first + q) * head.query_row;
    with_flag(gradients.assigns_queries, [=, &head](auto assigns) {
      for_packs(head.width, [=, scale = head.scale](Extent i, auto lanes) {
        const Pack before = assigns ? Pack{} : lanes.load(to + i);
        lanes.store(to + i, cpu::multiply_add(lanes.load(from + i), cpu::broadcast(scale), before));
      });
    });
  }
}

// After the last tile of items come the queries of the next tile.
void expect_next(const Head& head, const HeadGradients& gradients, const PairTiles::Tile* tile, Extent query_tile,
                 NextRows& next) {
  next.forget();
  if (tile != nullptr) {
    const Extent first = tile->items * kItems;
    const auto moved = [](const Real* from, Extent by) { return from == nullptr ? nullptr : from + by; };
    expect_items(head, tile->items, next);
    next.add(moved(gradients.items, first * head.item_row), head.item_row);
    next.add(moved(gradients.values, first * head.value_row), head.value_row);
  } else {
    const Extent first = (query_tile + 1) * kQueries;
    next.add(head.queries + first * head.query_row, head.query_row);
    next.add(gradients.read + first * head.read_row, head.read_row);
    next.add(head.read + first * head.read_row, head.read_row);
  }
}

void clear_queries(const Head& head, const HeadGradients& gradients, Extent query_tile) {
  const Extent first = query_tile * kQueries;
  for (Extent q = first; q < std::min(first + kQueries, head.query_count); ++q) {
    clear(gradients.queries + q * head.query_row, head.width);
  }
}

template <class Factors>
void backward_with(const Head& head, const HeadGradients& gradients, const PairTiles& tiles, Extent query_tile,
                   std::span<const PairTiles::Tile> among) {
  PullingOf<Factors> p;
  if constexpr (std::is_same_v<Factors, RealFactors>) {
    p.weights.at = p.scores;
    p.score_pulls.at = p.pulls;
  }
  const Extent first = query_tile * kQueries;
  prepare(head, gradients.read, first, p);
  TilePairs pairs(head, query_tile);
  for (std::size_t i = 0; i < among.size(); ++i) {
    expect_next(head, gradients, i + 1 < among.size() ? &among[i + 1] : nullptr, query_tile, p.next);
    gradients.clearing->reach(among[i].items + 1);
    if (pairs.meet(tiles, among[i])) pull_tile(head, gradients, among[i], pairs.bits(), p);
  }
  finish(head, gradients, first, p);
}

}  // namespace

// read_m = sum over n of w_mn v_n, w_mn = exp(s_mn - log_sum_m), s_mn = scale q_m . k_n
void backward(const Head& head, const HeadGradients& gradients, const PairTiles& tiles, Extent query_tile,
              const ItemTiles& among) {
  const std::span<const PairTiles::Tile> all = tiles.of(query_tile);
  const auto is_before = [](const PairTiles::Tile& tile, Extent items) { return tile.items < items; };
  const auto begin = std::lower_bound(all.begin(), all.end(), among.begin, is_before);
  const auto end = std::lower_bound(begin, all.end(), among.end, is_before);
  if (begin == end) {
    if (gradients.assigns_queries) clear_queries(head, gradients, query_tile);
    return;
  }
  if constexpr (cpu::kHasPairs) {
    if (head.rounds_factors) return backward_with<PairFactors>(head, gradients, tiles, query_tile, {begin, end});
  }
  backward_with<RealFactors>(head, gradients, tiles, query_tile, {begin, end});
}

}  // namespace fovea::tiles
