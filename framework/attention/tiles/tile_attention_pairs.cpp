// The products of tile_attention_products.cpp with factors in bfloat16, two steps at a time.
#include <algorithm>

#include "framework/attention/tiles/tile_attention_kernel.h"
#include "framework/attention/tiles/tile_runs.h"
#include "framework/cpu/pair_rows.h"

namespace fovea::tiles {

using cpu::BfloatPair;
using cpu::PairProduct;
using Range = PairTiles::Range;

void round(const cpu::RealRows& from, Extent rows_in_all, Side side, const PairRows& layout, BfloatPair* rows,
           BfloatPair* pairs) {
  if (side != Side::kRight) {
    cpu::round_rows(from, rows, layout.rows_row);
    std::fill(rows + from.rows * layout.rows_row, rows + rows_in_all * layout.rows_row, BfloatPair{});
  }
  if (side != Side::kLeft) {
    cpu::round_row_pairs(from, pairs, layout.row);
    std::fill(pairs + (from.rows + 1) / 2 * layout.row, pairs + rows_in_all / 2 * layout.row, BfloatPair{});
  }
}

void PairBlock::read(const cpu::RealRows& from, Extent rows_in_all, Side side) {
  static_cast<PairRows&>(*this) = PairRows(from.columns);
  rows = of_rows;
  pairs = of_pairs;
  round(from, rows_in_all, side, *this, of_rows, of_pairs);
}

void round_items(const Head& head, Extent tile, bool is_forward, BfloatPair* items, BfloatPair* values) {
  const Extent first = tile * kItems;
  const Extent present = std::min(kItems, head.item_count - first);
  const auto round_rows = [&](const cpu::RealRows& from, Side side, BfloatPair* to) {
    const RoundedRows layout(from.columns);
    to += tile * layout.size();
    round(from, kItems, side, layout, to, to + kItems * layout.rows_row);
  };
  round_rows({head.items + first * head.item_row, head.item_row, present, head.width},
             is_forward ? Side::kLeft : Side::kBoth, items);
  round_rows({head.values + first * head.value_row, head.value_row, present, head.value_width},
             is_forward ? Side::kRight : Side::kLeft, values);
}

void PairPanel::read(const cpu::RealRows& from) { cpu::round_column_pairs(from, at, kQueries); }

void multiply_panel(const PairTiles::Tile& tile, const PairRows& block, Extent width, const PairPanel& panel, Real* square) {
  for_runs(tile.packs, [&](Extent first, Extent end, const Range& packs) {
    PairProduct product;
    product.a = block.rows + first * PairTiles::kStripe * block.rows_row;
    product.a_row = block.rows_row;
    product.b = panel.at + packs.begin * kPack;
    product.b_row = kQueries;
    product.steps = (width + 1) / 2;
    product.c = square + first * PairTiles::kStripe * kQueries + packs.begin * kPack;
    product.c_row = kQueries;
    product.rows = (end - first) * PairTiles::kStripe;
    product.packs = packs.end - packs.begin;
    cpu::multiply(product);
  });
}

void add_by_query(const PairTiles::Tile& tile, const PairSquare& square, const PairRows& block, RowBlock& sums) {
  for_runs(tile.stripes, [&](Extent first, Extent end, const Range& stripes) {
    const Extent step = stripes.begin * PairTiles::kStripe / 2;
    PairProduct product;
    product.a = square.pairs + step * kQueries + first * kPack;
    product.a_row = 1;
    product.a_step = kQueries;
    product.steps = (stripes.end - stripes.begin) * PairTiles::kStripe / 2;
    product.rows = (end - first) * kPack;
    add_to_rows(product, block.pairs + step * block.row, sums.row, sums.at + first * kPack * sums.row);
  });
}

void add_by_item(const PairTiles::Tile& tile, const PairSquare& square, const PairRows& block, const ItemSums& sums) {
  for_runs(tile.packs, [&](Extent first, Extent end, const Range& packs) {
    const Extent item = first * PairTiles::kStripe;
    const Extent step = packs.begin * kPack / 2;
    PairProduct product;
    product.a = square.rows + item * PairSquare::kRow + step;
    product.a_row = PairSquare::kRow;
    product.steps = (packs.end - packs.begin) * kPack / 2;
    product.rows = (end - first) * PairTiles::kStripe;
    add_to_items(product, block.pairs + step * block.row, block.row, item, sums);
  });
}

}  // namespace fovea::tiles
