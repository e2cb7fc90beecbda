#include <algorithm>
#include <utility>

#include "framework/cpu/simplex_kernel.h"
#include "framework/cpu/transpose.h"

// Narrow rows, one in each lane: tau of kPack rows is found at once, and nothing is summed across lanes.
namespace fovea::cpu {
namespace {

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

/// The candidates of kPack rows.
struct Block {
  Extent length;                            // of the longest list, in packs
  alignas(64) Real xs[kPack][kNarrow];      // filled up with -1
  alignas(64) Index items[kPack][kNarrow];  // their places
  Pack columns[kNarrow];                    // xs transposed
};

/// Lane r: the lanes of packs[r] joined by `join`, in the order of `sum_lanes`.
template <int kDistance = static_cast<int>(kPack) / 2, class Join>
inline __attribute__((always_inline)) Pack fold_rows(PackBlock& packs, Join join) {
#pragma GCC unroll 16
  for (int i = 0; i < kDistance; ++i) {
    exchange<kDistance>(packs[i], packs[i + kDistance], std::make_integer_sequence<int, static_cast<int>(kPack)>());
    packs[i] = join(packs[i], packs[i + kDistance]);
  }
  if constexpr (kDistance == 1) {
    return packs[0];
  } else {
    return fold_rows<kDistance / 2>(packs, join);
  }
}

/// The largest score of each row; lanes past `rows` are 0.
Pack largest_of(const Real* scores, Extent rows, Extent items) {
  PackBlock packs = {};
  std::uint32_t doubtful = 0;  // rows with a NaN, which a comparison would lose
  for (Extent r = 0; r < rows; ++r) {
    Pack most = broadcast(-kInfinity);
    std::uint32_t lanes = 0;
    const auto take = [&](Pack z) {
      most = larger(most, z);
      lanes |= bits(undefined(z));
    };
    Extent i = r * items;
    const Extent end = i + items;
    for (; i + kPack <= end; i += kPack) take(load(scores + i));
    if (i < end) take(load_part_or(scores + i, end - i, -kInfinity));
    packs[r] = most;
    doubtful |= static_cast<std::uint32_t>(lanes != 0) << static_cast<std::uint32_t>(r);
  }
  Pack most = fold_rows(packs, [](Pack a, Pack b) { return larger(a, b); });
  for (; doubtful != 0; doubtful &= doubtful - 1) most[__builtin_ctz(doubtful)] = std::numeric_limits<Real>::quiet_NaN();
  return most;
}

/// The candidates of a row; their number, 0 where the largest score is not finite.
Extent list_candidates(const Shifted& x, Real* xs, Index* items) {
  for (Extent i = 0; i < static_cast<Extent>(x.scores.size()); i += kPack) store(xs + i, broadcast(-1));
  if (!std::isfinite(x.most)) return 0;
  Extent count = 0;
  x.each_pack([&](Pack pack, Extent first) {
    const std::uint32_t lanes = candidate_lanes(pack);
    squeeze_numbers(lanes, static_cast<Index>(first), items + count);
    count += squeeze(lanes, pack, xs + count);
  });
  return count;
}

void transpose_candidates(Block& block) {
  for (Extent i = 0; i < block.length * kPack; i += kPack) {
    PackBlock square;
    for (Extent r = 0; r < kPack; ++r) square[r] = load(block.xs[r] + i);
    transpose(square);
    for (Extent c = 0; c < kPack; ++c) block.columns[i + c] = square[c];
  }
}

/// Columns kFirst, kFirst + kStride ..., added in the order in which `sum_lanes` adds lanes.
template <class Law, int kFirst = 0, int kStride = 1>
inline __attribute__((always_inline)) Above<Pack> measure(const Pack* columns, Extent length, Pack tau) {
  if constexpr (kStride < static_cast<int>(kPack)) {
    const Above<Pack> a = measure<Law, kFirst, 2 * kStride>(columns, length, tau);
    const Above<Pack> b = measure<Law, kFirst + kStride, 2 * kStride>(columns, length, tau);
    return {a.count + b.count, a.sum + b.sum, a.squares + b.squares, smaller(a.least, b.least)};
  } else {
    Above<Pack> set{Pack{}, Pack{}, Pack{}, broadcast(kInfinity)};
    for (Extent i = 0; i < length; ++i) {
      const Pack u = columns[i * kPack + kFirst] - tau;
      const Lanes is_above = above(u, Pack{});
      const Pack positive = where(is_above, u, Pack{});
      set.count += where(is_above, broadcast(1), Pack{});
      set.sum += positive;
      if constexpr (Law::kHasSquares) set.squares = multiply_add(positive, positive, set.squares);
      set.least = smaller(set.least, where(is_above, u, broadcast(kInfinity)));
    }
    return set;
  }
}

/// As for one row: a lane that has ended stays where it is.
template <class Law>
std::pair<Pack, Pack> find_roots(const Block& block) {
  Pack tau = broadcast(-1);
  for (;;) {
    const Above<Pack> set = measure<Law>(block.columns, block.length, tau);
    const Solved<Pack> solved = Law::exact(set);
    const Lanes keeps_all = above(set.least, solved.step);
    const Pack taken = where(keeps_all, solved.step, Law::newton(set));
    const Pack raised = larger(tau, tau + taken);
    const Pack next = where(keeps_all, where(above(solved.excess, broadcast(1)), raised, tau), raised);
    if (bits(above(next, tau)) == 0) return {tau, taken};
    tau = next;
  }
}

SparseRow row_of(const SparseRows& rows, Extent r) {
  return {rows.weights + r * rows.capacity, rows.kept + r * rows.capacity, rows.scratch};
}

template <class Law>
Extent write_row(const Block& block, Extent r, Real base, Real step, const SparseRow& out) {
  Extent count = 0;
  for (Extent i = 0; i < block.length * kPack; i += kPack) {
    const Pack u = (load(block.xs[r] + i) - broadcast(base)) - broadcast(step);
    const Pack p = Law::weigh(larger(Pack{}, u));
    const std::uint32_t lanes = bits(above(p, Pack{}));
    squeeze_items(lanes, block.items[r] + i, out.kept + count);
    count += squeeze(lanes, p, out.weights + count);
  }
  return count;
}

template <class Law>
void solve_block(const Real* scores, Extent rows, Extent items, double temperature, const SparseRows& out) {
  Block block;
  const Pack most = largest_of(scores, rows, items);
  Extent longest = 0;
  for (Extent r = 0; r < rows; ++r) {
    const Shifted x{{scores + r * items, static_cast<std::size_t>(items)}, most[r], Law::factor(temperature)};
    longest = std::max(longest, list_candidates(x, block.xs[r], block.items[r]));
  }
  block.length = (longest + kPack - 1) / kPack;
  for (Extent r = rows; r < kPack; ++r) std::fill_n(block.xs[r], block.length * kPack, Real{-1});
  transpose_candidates(block);
  const auto [base, step] = find_roots<Law>(block);
  for (Extent r = 0; r < rows; ++r) {
    const SparseRow row = row_of(out, r);
    std::fill_n(row.weights, out.capacity, Real{0});
    std::fill_n(row.kept, out.capacity, Index{-1});
    out.counts[r] = static_cast<Index>(std::isfinite(most[r]) ? write_row<Law>(block, r, base[r], step[r], row)
                                                              : write_undefined(row, items));
  }
}

template <class Law>
void solve_rows(std::span<const Real> scores, Extent items, double temperature, const SparseRows& out) {
  const Extent rows = static_cast<Extent>(scores.size()) / items;
  for (Extent r = 0; r < rows; r += kPack) {
    const SparseRow first = row_of(out, r);
    solve_block<Law>(scores.data() + r * items, std::min(rows - r, kPack), items, temperature,
                     {out.capacity, first.weights, first.kept, out.counts + r, out.scratch});
  }
}

/// Wide rows, one by one.
template <class Solve>
void solve_each(std::span<const Real> scores, Extent items, const SparseRows& out, Solve solve) {
  const Extent rows = static_cast<Extent>(scores.size()) / items;
  for (Extent r = 0; r < rows; ++r) {
    const SparseRow row = row_of(out, r);
    const Extent count = solve(scores.subspan(r * items, items), row);
    out.counts[r] = static_cast<Index>(count);
    std::fill_n(row.weights + count, out.capacity - count, Real{0});
    std::fill_n(row.kept + count, out.capacity - count, Index{-1});
  }
}

}  // namespace

void sparsemax_rows(std::span<const Real> scores, Extent items, double temperature, const SparseRows& out) {
  if (items <= kNarrow) return solve_rows<SparsemaxLaw>(scores, items, temperature, out);
  solve_each(scores, items, out, [=](auto row, const SparseRow& to) { return sparsemax(row, temperature, to); });
}

void entmax15_rows(std::span<const Real> scores, Extent items, double temperature, const SparseRows& out) {
  if (items <= kNarrow) return solve_rows<Entmax15Law>(scores, items, temperature, out);
  solve_each(scores, items, out, [=](auto row, const SparseRow& to) { return entmax15(row, temperature, to); });
}

}  // namespace fovea::cpu
