#pragma once

#include "framework/attention/tiles/tile_rows.h"
#include "framework/attention/tiles/told_choices.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/pair_lanes.h"
#include "framework/cpu/pair_rows.h"

// Internal to tile_attention.cpp: attention of one head over tiles of pairs. Scores of a tile are kept transposed,
// [items, queries]: a query is a lane, so that maxima and sums over items need no work across lanes, and every product has
// one factor that lies ready in rows.
namespace fovea::tiles {

inline constexpr Extent kItems = PairTiles::kItems;
inline constexpr Extent kQueries = PairTiles::kQueries;
inline constexpr Extent kMostWidth = 128;
inline constexpr Extent kSquare = kItems * kQueries;

/// One head of one batch element; the row of the next item begins `*_row` Reals after that of an item.
struct Head {
  const Real* queries = nullptr;  // [M, D]
  const Real* items = nullptr;    // [N, D]
  const Real* values = nullptr;   // [N, V]
  Real* read = nullptr;           // [M, V]
  Real* log_sums = nullptr;       // [M], log2 of the sum over items of exp(score); infinity where no pair exists
  Extent query_row = 0;
  Extent item_row = 0;
  Extent value_row = 0;
  Extent read_row = 0;
  Extent query_count = 0;       // M
  Extent item_count = 0;        // N
  Extent width = 0;             // D
  Extent value_width = 0;       // V
  Real scale = 1;               // of the scores
  bool rounds_factors = false;  // of products, to bfloat16; then, see RoundedRows,
  const cpu::BfloatPair* rounded_items = nullptr;
  const cpu::BfloatPair* rounded_values = nullptr;
  const Index* query_segments = nullptr;  // [M]; null: all of one segment
  const Index* item_segments = nullptr;   // [N]
  const Index* mask = nullptr;            // [N], 0: the item is not there; null: all are
};

/// What the scale of scores is multiplied by, so that weights are powers of two.
inline constexpr Real kLog2OfE = Real(1.4426950408889634);

/// Gradients of a head, with the rows of what they belong to; null where not wanted.
struct HeadGradients {
  const Real* read = nullptr;  // given
  Real* queries = nullptr;
  Real* items = nullptr;
  Real* values = nullptr;
  bool assigns_queries = false;      // those of the queries are written instead of added to
  ItemClearing* clearing = nullptr;  // of the others
};

/// The bits of a tile without the pairs whose segments differ or whose item is masked.
class TilePairs {
 public:
  TilePairs(const Head& head, Extent query_tile);
  /// False where no pair is left; `bits` is null where all exist.
  bool meet(const PairTiles& tiles, const PairTiles::Tile& tile);
  const PairTiles::Bits* bits() const { return bits_; }

 private:
  bool meet_mask(const PairTiles::Tile& tile);

  const Head& head_;
  alignas(64) Index segments_[kQueries];
  Index least_ = 0;
  Index most_ = 0;
  PairTiles::Bits own_;
  const PairTiles::Bits* bits_ = nullptr;
};

/// In which products a block of rows is a factor: on the left, with its rows as they are, or on the right.
enum class Side : std::uint8_t { kLeft, kRight, kBoth };

/// The bits of the queries of a tile whose number is this one. numbers [kQueries]
inline std::uint64_t queries_with(const Index* numbers, Index number) {
  std::uint64_t bits = 0;
#if defined(__AVX512F__)
  for (Extent q = 0; q < kQueries; q += 16) {
    const __m512i those = _mm512_loadu_si512(numbers + q);
    bits |= static_cast<std::uint64_t>(_mm512_cmpeq_epi32_mask(those, _mm512_set1_epi32(number))) << q;
  }
#else
  for (Extent q = 0; q < kQueries; ++q) bits |= static_cast<std::uint64_t>(numbers[q] == number) << q;
#endif
  return bits;
}

/// A copy of up to kItems rows, zero up to a whole pack of columns and up to `rows_in_all` rows.
struct RowBlock {
  alignas(64) Real at[kItems * kMostWidth];
  Extent row = 0;  // width, rounded up to packs

  void read(const cpu::RealRows& from, Extent rows_in_all, Side side = Side::kBoth);
};

/// Rows [<= kQueries, width] as a panel [width, kQueries], zero past the rows.
struct RowPanel {
  alignas(64) Real at[kMostWidth * kQueries];

  void read(const cpu::RealRows& from);
};

/// Rows with factors in bfloat16, with what each side of a product needs.
struct PairRows {
  const cpu::BfloatPair* rows = nullptr;   // [rows_in_all, rows_row]
  const cpu::BfloatPair* pairs = nullptr;  // [rows_in_all / 2, row]
  Extent row = 0;                          // width, rounded up to packs
  Extent rows_row = 0;                     // pairs in it, rounded up to packs

  PairRows() = default;
  explicit PairRows(Extent width)
      : row((width + kPack - 1) / kPack * kPack), rows_row((width + 2 * kPack - 1) / (2 * kPack) * kPack) {}
};
void round(const cpu::RealRows& from, Extent rows_in_all, Side side, const PairRows& layout, cpu::BfloatPair* rows,
           cpu::BfloatPair* pairs);

/// A rounded copy of up to kItems rows, zero up to `rows_in_all` rows.
struct PairBlock : PairRows {
  alignas(64) cpu::BfloatPair of_rows[kItems * kMostWidth / 2];
  alignas(64) cpu::BfloatPair of_pairs[kItems * kMostWidth / 2];

  void read(const cpu::RealRows& from, Extent rows_in_all, Side side = Side::kBoth);
};

/// Items or values of one head, rounded once: for each tile of items PairRows::rows, then PairRows::pairs.
struct RoundedRows : PairRows {
  explicit RoundedRows(Extent width) : PairRows(width) {}
  Extent size() const { return kItems * rows_row + kItems / 2 * row; }  // of a tile
  PairRows at(const cpu::BfloatPair* first, Extent tile) const {
    PairRows of_tile = *this;
    of_tile.rows = first + tile * size();
    of_tile.pairs = of_tile.rows + kItems * rows_row;
    return of_tile;
  }
};
/// Of `tile`, for the sides of forward or of backward.
void round_items(const Head& head, Extent tile, bool is_forward, cpu::BfloatPair* items, cpu::BfloatPair* values);

struct PairPanel {
  alignas(64) cpu::BfloatPair at[kMostWidth / 2 * kQueries];  // [width / 2 rounded up, kQueries]

  void read(const cpu::RealRows& from);
};

/// A square [kItems, kQueries] as a factor, written some items of one pack of queries at a time, in place.
struct RealSquare {
  static constexpr Extent kAtOnce = 1;
  Real* at = nullptr;

  template <Side kSide>
  void put(Extent item, Extent pack, const Pack (&packs)[kAtOnce]) {
    cpu::store(at + item * kQueries + pack * kPack, packs[0]);
  }
};

/// The same in bfloat16: on the left of a product with its items as rows, on the right with its queries.
struct PairSquare {
  static constexpr Extent kAtOnce = 2;
  static constexpr Extent kRow = kQueries / 2;
  alignas(64) cpu::BfloatPair rows[kItems * kRow];           // [kItems, kQueries / 2], pairs of one query and the next
  alignas(64) cpu::BfloatPair pairs[kItems / 2 * kQueries];  // [kItems / 2, kQueries], pairs of one item and the next

  template <Side kSide>
  void put(Extent item, Extent pack, const Pack (&packs)[kAtOnce]) {
    if constexpr (kSide != Side::kRight) {
      cpu::store_row(rows + item * kRow + pack * kPack / 2, packs[0]);
      cpu::store_row(rows + (item + 1) * kRow + pack * kPack / 2, packs[1]);
    }
    if constexpr (kSide != Side::kLeft) cpu::store_pairs(pairs + item / 2 * kQueries + pack * kPack, packs[0], packs[1]);
  }
};

/// The kinds of factors that forward and backward are compiled for.
struct RealFactors {
  using Block = RowBlock;
  using Items = RowBlock;
  using Panel = RowPanel;
  using Square = RealSquare;
};
struct PairFactors {
  using Block = PairBlock;
  using Items = PairRows;
  using Panel = PairPanel;
  using Square = PairSquare;
};

/// Items and values of a tile, as factors.
void take_items(const Head& head, Extent tile, Side side, RowBlock& block);
void take_values(const Head& head, Extent tile, Side side, RowBlock& block);
inline void take_items(const Head& head, Extent tile, Side /*side*/, PairRows& rows) {
  rows = RoundedRows(head.width).at(head.rounded_items, tile);
}
inline void take_values(const Head& head, Extent tile, Side /*side*/, PairRows& rows) {
  rows = RoundedRows(head.value_width).at(head.rounded_values, tile);
}
/// Announces those of the next tile, to be fetched ahead.
void expect_items(const Head& head, Extent tile, NextRows& next);

/// square [items, queries] = block [items, width] panel [width, queries], where the tile is worked on.
void multiply_panel(const PairTiles::Tile& tile, const RowBlock& block, Extent width, const RowPanel& panel, Real* square);
void multiply_panel(const PairTiles::Tile& tile, const PairRows& block, Extent width, const PairPanel& panel, Real* square);
/// sums [queries, ...] += square^T [queries, items] block [items, ...].
void add_by_query(const PairTiles::Tile& tile, const RealSquare& square, const RowBlock& block, RowBlock& sums);
void add_by_query(const PairTiles::Tile& tile, const PairSquare& square, const PairRows& block, RowBlock& sums);
/// sums [items, width], with rows of `row`, += square [items, queries] block [queries, ...]; `present` items exist.
struct ItemSums {
  Real* at = nullptr;
  Extent row = 0;
  Extent width = 0;
  Extent present = 0;
};
void add_by_item(const PairTiles::Tile& tile, const RealSquare& square, const RowBlock& block, const ItemSums& sums);
void add_by_item(const PairTiles::Tile& tile, const PairSquare& square, const PairRows& block, const ItemSums& sums);

/// Reads and log_sums of the queries of one tile.
void forward(const Head& head, const PairTiles& tiles, Extent query_tile);

/// Tiles [begin, end) of items.
struct ItemTiles {
  Extent begin = 0;
  Extent end = 0;
};

/// Adds to the gradients what the pairs of one tile of queries with items of the tiles `among` give.
void backward(const Head& head, const HeadGradients& gradients, const PairTiles& tiles, Extent query_tile,
              const ItemTiles& among);

/// The items that one query reads and their weights, by itself and with full products.
void tell(const Head& head, const PairTiles& tiles, Extent query, ToldChoices::Told& told);

}  // namespace fovea::tiles
