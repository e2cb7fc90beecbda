#include <algorithm>

#include "framework/attention/tiles/tile_attention_kernel.h"
#include "framework/attention/tiles/tile_runs.h"
#include "framework/cpu/transpose.h"

namespace fovea::tiles {
namespace {

using cpu::PanelProduct;
using Range = PairTiles::Range;

Extent packs_in(Extent width) { return (width + kPack - 1) / kPack; }

}  // namespace

TilePairs::TilePairs(const Head& head, Extent query_tile) : head_(head) {
  if (head.query_segments == nullptr) return;
  const Extent first = query_tile * kQueries;
  const Extent present = std::min(kQueries, head.query_count - first);
  std::copy_n(head.query_segments + first, present, segments_);
  std::fill(segments_ + present, segments_ + kQueries, segments_[0]);
  least_ = *std::min_element(segments_, segments_ + kQueries);
  most_ = *std::max_element(segments_, segments_ + kQueries);
}

bool TilePairs::meet_mask(const PairTiles::Tile& tile) {
  const Extent first = tile.items * kItems;
  const Extent present = std::min(kItems, head_.item_count - first);
  const Index* mask = head_.mask + first;
  if (std::find(mask, mask + present, Index{0}) == mask + present) return true;
  std::uint64_t some = 0;
  for (Extent k = 0; k < kItems; ++k) {
    const auto place = static_cast<std::size_t>(k);
    const bool exists = k < present && mask[k] != 0;
    own_[place] = !exists ? 0 : bits_ == nullptr ? ~std::uint64_t{0} : (*bits_)[place];
    some |= own_[place];
  }
  bits_ = &own_;
  return some != 0;
}

bool TilePairs::meet(const PairTiles& tiles, const PairTiles::Tile& tile) {
  bits_ = tiles.bits(tile);
  if (head_.mask != nullptr) return meet_mask(tile);
  if (head_.query_segments == nullptr) return true;
  const Extent first = tile.items * kItems;
  const Extent present = std::min(kItems, head_.item_count - first);
  const Index* segments = head_.item_segments + first;
  const Index least = *std::min_element(segments, segments + present);
  const Index most = *std::max_element(segments, segments + present);
  if (most < std::max(least_, Index{0}) || least > most_) return false;
  if (least == most && least_ == most_) return true;
  std::uint64_t some = 0;
  for (Extent k = 0; k < kItems; ++k) {
    const auto place = static_cast<std::size_t>(k);
    const bool exists = k < present && segments[k] >= 0;
    own_[place] =
        exists ? queries_with(segments_, segments[k]) & (bits_ == nullptr ? ~std::uint64_t{0} : (*bits_)[place]) : 0;
    some |= own_[place];
  }
  bits_ = &own_;
  return some != 0;
}

void RowBlock::read(const cpu::RealRows& from, Extent rows_in_all, Side /*side*/) {
  row = packs_in(from.columns) * kPack;
  const Extent whole = from.columns / kPack * kPack;
  for (Extent r = 0; r < from.rows; ++r) {
    const Real* source = from.at + r * from.row;
    Real* to = at + r * row;
    for (Extent i = 0; i < whole; i += kPack) cpu::store(to + i, cpu::load(source + i) * from.factor);
    if (whole < from.columns) cpu::store(to + whole, cpu::load_part(source + whole, from.columns - whole) * from.factor);
  }
  if (from.rows < rows_in_all) clear(at + from.rows * row, (rows_in_all - from.rows) * row);
}

void take_items(const Head& head, Extent tile, Side side, RowBlock& block) {
  const Extent first = tile * kItems;
  block.read({head.items + first * head.item_row, head.item_row, std::min(kItems, head.item_count - first), head.width},
             kItems, side);
}

void take_values(const Head& head, Extent tile, Side side, RowBlock& block) {
  const Extent first = tile * kItems;
  const Extent present = std::min(kItems, head.item_count - first);
  block.read({head.values + first * head.value_row, head.value_row, present, head.value_width}, kItems, side);
}

void expect_items(const Head& head, Extent tile, NextRows& next) {
  const auto add_rounded = [&](const cpu::BfloatPair* first, const RoundedRows& rows) {
    next.add(reinterpret_cast<const Real*>(first + tile * rows.size()), rows.size() / kItems);
  };
  if (head.rounded_items != nullptr) {
    add_rounded(head.rounded_items, RoundedRows(head.width));
    add_rounded(head.rounded_values, RoundedRows(head.value_width));
    return;
  }
  next.add(head.items + tile * kItems * head.item_row, head.item_row);
  next.add(head.values + tile * kItems * head.value_row, head.value_row);
}

void RowPanel::read(const cpu::RealRows& from) {
  cpu::PackBlock block;
  for (Extent q = 0; q < kQueries; q += kPack) {
    for (Extent d = 0; d < from.columns; d += kPack) {
      cpu::read_block(from.at + q * from.row + d, from.row, from.rows - q, from.columns - d, block);
      cpu::transpose(block);
      const Extent present = std::min(kPack, from.columns - d);
      for (Extent i = 0; i < present; ++i) cpu::store(at + (d + i) * kQueries + q, block[i] * from.factor);
    }
  }
}

void multiply_panel(const PairTiles::Tile& tile, const RowBlock& block, Extent width, const RowPanel& panel, Real* square) {
  for_runs(tile.packs, [&](Extent first, Extent end, const Range& packs) {
    PanelProduct product;
    product.a = block.at + first * PairTiles::kStripe * block.row;
    product.a_row = block.row;
    product.b = panel.at + packs.begin * kPack;
    product.steps = width;
    product.c = square + first * PairTiles::kStripe * kQueries + packs.begin * kPack;
    product.rows = (end - first) * PairTiles::kStripe;
    product.packs = packs.end - packs.begin;
    cpu::multiply(product);
  });
}

void add_by_query(const PairTiles::Tile& tile, const RealSquare& square, const RowBlock& block, RowBlock& sums) {
  for_runs(tile.stripes, [&](Extent first, Extent end, const Range& stripes) {
    const Extent item = stripes.begin * PairTiles::kStripe;
    PanelProduct product;
    product.a = square.at + item * kQueries + first * kPack;
    product.a_row = 1;
    product.a_step = kQueries;
    product.steps = (stripes.end - stripes.begin) * PairTiles::kStripe;
    product.rows = (end - first) * kPack;
    add_to_rows(product, block.at + item * block.row, sums.row, sums.at + first * kPack * sums.row);
  });
}

void add_by_item(const PairTiles::Tile& tile, const RealSquare& square, const RowBlock& block, const ItemSums& sums) {
  for_runs(tile.packs, [&](Extent first, Extent end, const Range& packs) {
    const Extent item = first * PairTiles::kStripe;
    PanelProduct product;
    product.a = square.at + item * kQueries + packs.begin * kPack;
    product.a_row = kQueries;
    product.steps = (packs.end - packs.begin) * kPack;
    product.rows = (end - first) * PairTiles::kStripe;
    add_to_items(product, block.at + packs.begin * kPack * block.row, block.row, item, sums);
  });
}

}  // namespace fovea::tiles
