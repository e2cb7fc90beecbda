#include <algorithm>

#include "framework/cpu/transpose.h"
#include "modules/memory/large/slot_scan_kernels.h"

namespace fovea {
namespace {

constexpr Extent kLine = 64 / static_cast<Extent>(sizeof(Real));
constexpr Extent kAhead =
    8192 / static_cast<Extent>(sizeof(Real));  // elements between the one that is read and the one that is fetched

struct Rows {
  const Real* at;  // kPack of them
  Extent width;
};

enum class Find : std::uint8_t { kDots, kDotsAndSquares, kDotsOfFetched };

/// Calls part(d, elements) for every pack of a row; kPacks: of a row, where it is known and no pack is partly filled.
template <int kPacks, class Part>
[[gnu::always_inline]] inline void for_parts(Extent width, Part part) {
  if constexpr (kPacks > 0) {
#pragma GCC unroll 8
    for (int i = 0; i < kPacks; ++i) part(i * kPack, WholePack{});
  } else {
    for_packs(width, part);
  }
}

struct RowSums {
  Pack dots;     // lane i: row i . query
  Pack squares;  // lane i: |row i|^2, where that is wanted
};

/// One row after the other, in the order of memory: an order across rows takes half as long again where the memory lies in
/// the last cache. Not unrolled, so that loads stay in that order.
template <int kPacks, Find kFind>
RowSums row_sums(Rows rows, const Real* query) {
  cpu::PackBlock dots;
  cpu::PackBlock squares;
#pragma GCC unroll 1
  for (Extent i = 0; i < kPack; ++i) {
    const Real* row = rows.at + i * rows.width;
    if constexpr (kFind != Find::kDotsOfFetched) {
      for (Extent d = 0; d < rows.width; d += kLine) __builtin_prefetch(row + kAhead + d);
    }
    Pack dot{};
    Pack square{};
    for_parts<kPacks>(
        rows.width, [&](Extent d, auto lanes) __attribute__((always_inline)) {
          const Pack part = lanes.load(row + d);
          dot = cpu::multiply_add(part, lanes.load(query + d), dot);
          if constexpr (kFind == Find::kDotsAndSquares) square = cpu::multiply_add(part, part, square);
        });
    dots[i] = dot;
    if constexpr (kFind == Find::kDotsAndSquares) squares[i] = square;
  }
  if constexpr (kFind == Find::kDotsAndSquares) return {cpu::fold_rows(dots), cpu::fold_rows(squares)};
  return {cpu::fold_rows(dots), Pack{}};
}

[[gnu::noinline]] void insert_lanes(const BestSlots& best, Extent query, Pack scores, Extent first, std::uint32_t better) {
  const Real& worst = best.scores[best.at(best.kept - 1, query)];
  for (; better != 0; better &= better - 1) {
    const int lane = __builtin_ctz(better);
    if (scores[lane] > worst) insert_slot(best, query, scores[lane], static_cast<Index>(first + lane));
  }
}

/// Takes the scores of a query for kPack slots, of which those are `valid`.
void keep(const BestSlots& best, Extent query, Pack scores, Extent first, std::uint32_t valid) {
  const Real bar = std::max(best.scores[best.at(best.kept - 1, query)], bar_of(best, query));
  const std::uint32_t better = cpu::bits(cpu::above(scores, cpu::broadcast(bar))) & valid;
  if (__builtin_expect(static_cast<long>(better != 0), 0) != 0) insert_lanes(best, query, scores, first, better);
  if (best.sums == nullptr) return;
  if (valid != cpu::first_lanes(kPack)) scores = cpu::where(cpu::lanes_of(valid), scores, cpu::broadcast(kNoScore));
  const Extent at = query * BestSlots::kSumWidth;
  LogSum total{cpu::load(best.maxima + at), cpu::load(best.sums + at)};
  total.grow(scores);
  total.add(scores);
  cpu::store(best.maxima + at, total.most);
  cpu::store(best.sums + at, total.sum);
}

template <int kPacks, Find kFirst>
void scan_rows_of(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  for (Extent first = begin; first < end; first += kPack) {
    // The last rows once more, instead of rows that do not exist.
    const Extent from = std::max(std::min(first, end - kPack), Extent{0});
    const Rows rows{scan.slots + from * scan.width, scan.width};
    const std::uint32_t valid = cpu::first_lanes(kPack) & ~cpu::first_lanes(first - from);
    RowSums sums = row_sums<kPacks, kFirst>(rows, scan.queries);
    const Pack factor = scan.is_cosine ? reciprocal_length(sums.squares, scan.epsilon) : Pack{};
    for (Extent query = 0; query < scan.count; ++query) {
      if (query > 0) sums = row_sums<kPacks, Find::kDotsOfFetched>(rows, scan.queries + query * scan.width);
      keep(best, query, scan.is_cosine ? sums.dots * factor : sums.dots, from, valid);
    }
  }
}

template <int kPacks>
void scan_rows_of(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  if (scan.is_cosine) return scan_rows_of<kPacks, Find::kDotsAndSquares>(scan, begin, end, best);
  scan_rows_of<kPacks, Find::kDots>(scan, begin, end, best);
}

}  // namespace

void scan_rows(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  switch (scan.width) {
    case 1 * kPack: return scan_rows_of<1>(scan, begin, end, best);
    case 2 * kPack: return scan_rows_of<2>(scan, begin, end, best);
    case 4 * kPack: return scan_rows_of<4>(scan, begin, end, best);
    case 8 * kPack: return scan_rows_of<8>(scan, begin, end, best);
    default: return scan_rows_of<0>(scan, begin, end, best);
  }
}

}  // namespace fovea
