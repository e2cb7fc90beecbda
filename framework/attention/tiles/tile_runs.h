#pragma once

#include "framework/attention/tiles/tile_attention_kernel.h"

// Internal to tile_attention: which parts of a tile are worked on, and products over them.
namespace fovea::tiles {

/// Calls body(first, end, range) for every run of neighbours with the same range that is not empty.
template <std::size_t kCount, class Body>
void for_runs(const std::array<PairTiles::Range, kCount>& ranges, Body body) {
  for (std::size_t first = 0; first < kCount;) {
    std::size_t end = first + 1;
    while (end < kCount && ranges[end] == ranges[first]) ++end;
    if (ranges[first].begin < ranges[first].end) body(static_cast<Extent>(first), static_cast<Extent>(end), ranges[first]);
    first = end;
  }
}

/// to [rows, columns] with rows of `row` += from [rows, kPack]; columns < kPack.
inline void add_columns(const Real* from, Extent rows, Extent columns, Real* to, Extent row) {
  for (Extent k = 0; k < rows; ++k, to += row) {
    cpu::store_part(to, cpu::load_part(to, columns) + cpu::load(from + k * kPack), columns);
  }
}

/// to [product.rows, row] += product.a `factors` [steps, row]; what the product needs from the left side is set.
template <class Product, class Factor>
void add_to_rows(Product product, const Factor* factors, Extent row, Real* to) {
  product.b_row = row;
  product.c_row = row;
  product.accumulate = true;
  for (Extent d = 0; d < row; d += cpu::kPanelWidth) {
    product.b = factors + d;
    product.c = to + d;
    product.packs = std::min(cpu::kPanelPacks, (row - d) / kPack);
    cpu::multiply(product);
  }
}

/// The same for the sums of items from `item` on: the product writes only whole packs of their rows.
template <class Product, class Factor>
void add_to_items(Product product, const Factor* factors, Extent row, Extent item, const ItemSums& sums) {
  product.rows = std::min(product.rows, sums.present - item);
  if (product.rows <= 0) return;
  const bool fits = row == sums.width;
  const Extent whole = fits ? row : row - kPack;
  product.b_row = row;
  product.c_row = sums.row;
  product.accumulate = true;
  for (Extent d = 0; d < whole; d += cpu::kPanelWidth) {
    product.b = factors + d;
    product.c = sums.at + item * sums.row + d;
    product.packs = std::min(cpu::kPanelPacks, (whole - d) / kPack);
    cpu::multiply(product);
  }
  if (fits) return;
  alignas(64) Real buffer[PairTiles::kItems * kPack];
  product.b = factors + whole;
  product.c = buffer;
  product.c_row = kPack;
  product.packs = 1;
  product.accumulate = false;
  cpu::multiply(product);
  add_columns(buffer, product.rows, sums.width - whole, sums.at + item * sums.row + whole, sums.row);
}

}  // namespace fovea::tiles
