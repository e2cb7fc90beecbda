#include "framework/cpu/pair_rows.h"

#include <doctest/doctest.h>

#include <vector>

namespace fovea {
namespace {

using cpu::BfloatPair;

// Small integers, which bfloat16 represents and float32 adds exactly.
Real element(Extent row, Extent column) { return static_cast<Real>((row * 7 + column * 3) % 11 - 5); }

std::vector<Real> matrix(Extent rows, Extent columns) {
  std::vector<Real> made;
  for (Extent r = 0; r < rows; ++r) {
    for (Extent c = 0; c < columns; ++c) made.push_back(element(r, c));
  }
  return made;
}

constexpr Extent up(Extent extent, Extent multiple) { return (extent + multiple - 1) / multiple * multiple; }

// C = A B + 1, A [rows, depth] in rows or, where `transposed`, in pairs of rows of its transpose.
std::vector<Real> multiplied(Extent rows, Extent depth, Extent columns, bool transposed) {
  const std::vector<Real> left = transposed ? matrix(depth, rows) : matrix(rows, depth);
  const std::vector<Real> right = matrix(depth, columns);
  const Extent left_row = transposed ? up(rows, 16) : up(depth, 32) / 2;
  std::vector<BfloatPair> a(static_cast<std::size_t>(left_row * (transposed ? (depth + 1) / 2 : rows)), ~0U);  // NaN
  std::vector<BfloatPair> b(static_cast<std::size_t>((depth + 1) / 2 * up(columns, 16)), ~0U);
  if (transposed) {
    cpu::round_row_pairs({left.data(), rows, depth, rows}, a.data(), left_row);
  } else {
    cpu::round_rows({left.data(), depth, rows, depth}, a.data(), left_row);
  }
  cpu::round_row_pairs({right.data(), columns, depth, columns}, b.data(), up(columns, 16));
  const Extent c_row = up(columns, 16);
  std::vector<Real> c(static_cast<std::size_t>(rows * c_row), Real(1));
  cpu::PairProduct product;
  product.a = a.data();
  product.a_row = transposed ? 1 : left_row;
  product.a_step = transposed ? left_row : 1;
  product.b = b.data();
  product.b_row = c_row;
  product.steps = (depth + 1) / 2;
  product.c = c.data();
  product.c_row = c_row;
  product.rows = rows;
  product.packs = c_row / 16;
  product.accumulate = true;
  cpu::multiply(product);
  return c;
}

std::vector<Real> expected(Extent rows, Extent depth, Extent columns, bool transposed) {
  std::vector<Real> c;
  for (Extent r = 0; r < rows; ++r) {
    for (Extent j = 0; j < up(columns, 16); ++j) {
      Real sum = 1;
      for (Extent k = 0; j < columns && k < depth; ++k) sum += (transposed ? element(k, r) : element(r, k)) * element(k, j);
      c.push_back(sum);
    }
  }
  return c;
}

}  // namespace

TEST_CASE("products of pairs are exact where bfloat16 holds the factors") {
  if (!cpu::kHasPairs) return;
  for (const Extent rows : {1, 6, 15, 64}) {
    for (const Extent depth : {1, 2, 33, 64}) {
      for (const Extent columns : {1, 16, 37, 64}) {
        for (const bool transposed : {false, true}) {
          CAPTURE(rows);
          CAPTURE(depth);
          CAPTURE(columns);
          CHECK(multiplied(rows, depth, columns, transposed) == expected(rows, depth, columns, transposed));
        }
      }
    }
  }
}

TEST_CASE("pairs of columns are those of the transpose") {
  if (!cpu::kHasPairs) return;
  for (const Extent rows : {1, 17, 64}) {
    for (const Extent columns : {1, 32, 75}) {
      const std::vector<Real> from = matrix(rows, columns);
      std::vector<BfloatPair> pairs(static_cast<std::size_t>((columns + 1) / 2 * 64), ~0U);
      cpu::round_column_pairs({from.data(), columns, rows, columns, Real(2)}, pairs.data(), 64);
      std::vector<BfloatPair> wanted;
      const auto rounded = [=](Extent row, Extent column) -> BfloatPair {
        const bool exists = row < rows && column < columns;
        return cpu::to_bfloat16(exists ? static_cast<float>(2 * element(row, column)) : 0.0F);
      };
      for (Extent column = 0; column < columns; column += 2) {
        for (Extent row = 0; row < 64; ++row) wanted.push_back(rounded(row, column) | rounded(row, column + 1) << 16U);
      }
      CHECK(pairs == wanted);
    }
  }
}

}  // namespace fovea
