// The products of tile_attention_products.cpp with factors in bfloat16, two steps at a time.
#include <algorithm>

#include "framework/cpu/pair_rows.h"
#include "framework/ops/tile_attention_kernel.h"
#include "framework/ops/tile_runs.h"

namespace fovea::tiles {

using cpu::BfloatPair;
using cpu::PairProduct;
using Range = PairTiles::Range;

void PairBlock::read(const cpu::RealRows& from, Extent rows_in_all, Side side) {
  row = (from.columns + kPack - 1) / kPack * kPack;
  rows_row = (from.columns + 2 * kPack - 1) / (2 * kPack) * kPack;
  if (side != Side::kRight) {
    cpu::round_rows(from, rows, rows_row);
    std::fill(rows + from.rows * rows_row, rows + rows_in_all * rows_row, BfloatPair{});
  }
  if (side != Side::kLeft) {
    cpu::round_row_pairs(from, pairs, row);
    std::fill(pairs + (from.rows + 1) / 2 * row, pairs + rows_in_all / 2 * row, BfloatPair{});
  }
}

void PairPanel::read(const cpu::RealRows& from) { cpu::round_column_pairs(from, at, kQueries); }

void multiply_panel(const PairTiles::Tile& tile, const PairBlock& block, Extent width, const PairPanel& panel,
                    Real* square) {
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

void add_by_query(const PairTiles::Tile& tile, const Real* square, const PairBlock& block, RowBlock& sums) {
  alignas(64) BfloatPair factor[kSquare / 2];  // [items / 2, queries] pairs of one item and the next
  for_runs(tile.stripes, [&](Extent first, Extent end, const Range& stripes) {
    const Extent item = stripes.begin * PairTiles::kStripe;
    const Extent items = (stripes.end - stripes.begin) * PairTiles::kStripe;
    const Extent queries = (end - first) * kPack;
    cpu::round_row_pairs({square + item * kQueries + first * kPack, kQueries, items, queries}, factor, queries);
    PairProduct product;
    product.a = factor;
    product.a_row = 1;
    product.a_step = queries;
    product.b_row = block.row;
    product.steps = items / 2;
    product.c_row = sums.row;
    product.rows = queries;
    product.accumulate = true;
    for (Extent d = 0; d < block.row; d += cpu::kPanelWidth) {
      product.b = block.pairs + item / 2 * block.row + d;
      product.c = sums.at + first * kPack * sums.row + d;
      product.packs = std::min(cpu::kPanelPacks, (block.row - d) / kPack);
      cpu::multiply(product);
    }
  });
}

void add_by_item(const PairTiles::Tile& tile, const Real* square, const PairBlock& block, const ItemSums& sums) {
  const bool fits = block.row == sums.width;   // whole packs alone are written
  alignas(64) BfloatPair factor[kSquare / 2];  // [items, queries], pairs of one query and the next
  alignas(64) Real buffer[PairTiles::kItems * kPack];
  for_runs(tile.packs, [&](Extent first, Extent end, const Range& packs) {
    const Extent item = first * PairTiles::kStripe;
    const Extent queries = (packs.end - packs.begin) * kPack;
    PairProduct product;
    product.rows = std::min(end * PairTiles::kStripe, sums.present) - item;
    if (product.rows <= 0) return;
    product.a = factor;
    product.a_row = (queries + 2 * kPack - 1) / (2 * kPack) * kPack;
    cpu::round_rows({square + item * kQueries + packs.begin * kPack, kQueries, product.rows, queries}, factor,
                    product.a_row);
    product.b_row = block.row;
    product.steps = queries / 2;
    product.c_row = sums.row;
    product.accumulate = true;
    const Extent whole = fits ? block.row : block.row - kPack;
    const BfloatPair* pairs = block.pairs + packs.begin * kPack / 2 * block.row;
    for (Extent d = 0; d < whole; d += cpu::kPanelWidth) {
      product.b = pairs + d;
      product.c = sums.at + item * sums.row + d;
      product.packs = std::min(cpu::kPanelPacks, (whole - d) / kPack);
      cpu::multiply(product);
    }
    if (fits) return;
    product.b = pairs + whole;
    product.c = buffer;
    product.c_row = kPack;
    product.packs = 1;
    product.accumulate = false;
    cpu::multiply(product);
    add_columns(buffer, product.rows, sums.width - whole, sums.at + item * sums.row + whole, sums.row);
  });
}

}  // namespace fovea::tiles
