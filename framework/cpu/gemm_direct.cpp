#include <algorithm>
#include <array>
#include <utility>

#include "framework/cpu/gemm_kernel.h"
#include "framework/cpu/vector_math.h"

namespace fovea::cpu {
namespace {

#if defined(__AVX512F__)
constexpr Extent kRows = 8;  // rows of a block; 2 kRows packs of sums must fit into the registers
#else
constexpr Extent kRows = 4;
#endif

// A block of C, at most kRows rows by two packs, as a sum of outer products.
// A [rows, k] by its two strides, B [k, columns], C [rows, columns]; `last` elements of the last pack exist.
struct Block {
  const Real* a;
  Extent row_stride;
  Extent step_stride;
  const Real* b;
  Extent ldb;
  Real* c;
  Extent ldc;
  Extent k;
  Extent last;
};

template <int kPacks, bool kPartial>
void load_row(const Real* from, Extent last, Pack (&row)[kPacks]) {
  for (int q = 0; q + 1 < kPacks; ++q) row[q] = load(from + q * kPack);
  const Real* tail = from + (kPacks - 1) * kPack;
  row[kPacks - 1] = kPartial ? load_part(tail, last) : load(tail);
}

template <int kPacks, bool kPartial>
void store_row(Real* to, Extent last, const Pack (&row)[kPacks]) {
  for (int q = 0; q + 1 < kPacks; ++q) store(to + q * kPack, row[q]);
  Real* tail = to + (kPacks - 1) * kPack;
  if constexpr (kPartial) {
    store_part(tail, row[kPacks - 1], last);
  } else {
    store(tail, row[kPacks - 1]);
  }
}

// kChains sums run side by side over every kChains-th step, to hide the latency of an addition in small blocks.
template <int kBlockRows, int kPacks, bool kPartial, bool kAccumulate>
// NOLINTNEXTLINE(readability-function-size): the sums of the loops stay in registers
void multiply_block(const Block& block) {
  constexpr int kChains = kBlockRows * kPacks >= 8 ? 1 : (kBlockRows * kPacks >= 4 ? 2 : 4);
  Pack sums[kChains][kBlockRows][kPacks];
#pragma GCC unroll 4
  for (int chain = 0; chain < kChains; ++chain) {
#pragma GCC unroll 8
    for (int r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll 2
      for (int q = 0; q < kPacks; ++q) sums[chain][r][q] = Pack{};
    }
  }
  if constexpr (kAccumulate) {
#pragma GCC unroll 8
    for (int r = 0; r < kBlockRows; ++r) load_row<kPacks, kPartial>(block.c + r * block.ldc, block.last, sums[0][r]);
  }
  const auto step = [&](Extent p, Pack(&chain)[kBlockRows][kPacks]) {
    Pack b[kPacks];
    load_row<kPacks, kPartial>(block.b + p * block.ldb, block.last, b);
    const Real* a = block.a + p * block.step_stride;
#pragma GCC unroll 8
    for (int r = 0; r < kBlockRows; ++r) {
      const Pack factor = broadcast(a[r * block.row_stride]);
#pragma GCC unroll 2
      for (int q = 0; q < kPacks; ++q) chain[r][q] = multiply_add(factor, b[q], chain[r][q]);
    }
  };
  Extent p = 0;
  for (; p + kChains <= block.k; p += kChains) {
#pragma GCC unroll 4
    for (int chain = 0; chain < kChains; ++chain) step(p + chain, sums[chain]);
  }
  for (; p < block.k; ++p) step(p, sums[0]);
#pragma GCC unroll 8
  for (int r = 0; r < kBlockRows; ++r) {
#pragma GCC unroll 4
    for (int chain = 1; chain < kChains; ++chain) {
      for (int q = 0; q < kPacks; ++q) sums[0][r][q] += sums[chain][r][q];
    }
    store_row<kPacks, kPartial>(block.c + r * block.ldc, block.last, sums[0][r]);
  }
}

using BlockFunction = void (*)(const Block&);
using RowTable = std::array<BlockFunction, kRows>;

template <int kPacks, bool kPartial, bool kAccumulate, std::size_t... kIndices>
constexpr RowTable row_table(std::index_sequence<kIndices...>) {
  return {multiply_block<static_cast<int>(kIndices) + 1, kPacks, kPartial, kAccumulate>...};
}

template <int kPacks, bool kPartial>
const RowTable& functions(bool accumulate) {
  using Indices = std::make_index_sequence<static_cast<std::size_t>(kRows)>;
  static constexpr RowTable kSet = row_table<kPacks, kPartial, false>(Indices());
  static constexpr RowTable kAdd = row_table<kPacks, kPartial, true>(Indices());
  return accumulate ? kAdd : kSet;
}

// C = op(A) B, B as it is stored.
class OuterKernel : public Gemm::Kernel {
 public:
  explicit OuterKernel(const GemmSpec& wanted)
      : Kernel(wanted, "direct"),
        wide_(&functions<2, false>(spec.accumulate)),
        columns_(spec.n / (2 * kPack) * (2 * kPack)),
        rest_(spec.n - columns_) {
    tail_ = rest_ > kPack ? &functions<2, true>(spec.accumulate) : &functions<1, true>(spec.accumulate);
    last_ = rest_ > kPack ? rest_ - kPack : rest_;
    if (last_ == kPack) tail_ = rest_ > kPack ? wide_ : &functions<1, false>(spec.accumulate);
  }

  void run(const Real* a, const Real* b, Real* c) const override {
    const Extent row_stride = spec.transpose_a ? 1 : spec.lda;
    Block block{a, row_stride, spec.transpose_a ? spec.lda : 1, b, spec.ldb, c, spec.ldc, spec.k, last_};
    for (Extent i = 0; i < spec.m; i += kRows) {
      const auto rows = static_cast<std::size_t>(std::min(kRows, spec.m - i)) - 1;
      block.a = a + i * row_stride;
      for (Extent j = 0; j < columns_; j += 2 * kPack) {
        block.b = b + j;
        block.c = c + i * spec.ldc + j;
        (*wide_)[rows](block);
      }
      if (rest_ == 0) continue;
      block.b = b + columns_;
      block.c = c + i * spec.ldc + columns_;
      (*tail_)[rows](block);
    }
  }

 private:
  const RowTable* wide_;
  const RowTable* tail_ = nullptr;
  Extent columns_;
  Extent rest_;
  Extent last_ = 0;
};

// kBlockRows x kColumns inner products of rows of A with rows of B.
template <int kBlockRows, int kColumns>
void inner_block(const GemmSpec& spec, const Real* a, const Real* b, Real* c) {
  Pack sums[kBlockRows][kColumns] = {};
  const auto step = [&](auto read) {
    Pack right[kColumns];
    for (int j = 0; j < kColumns; ++j) right[j] = read(b + j * spec.ldb);
    for (int i = 0; i < kBlockRows; ++i) {
      const Pack left = read(a + i * spec.lda);
      for (int j = 0; j < kColumns; ++j) sums[i][j] = multiply_add(left, right[j], sums[i][j]);
    }
  };
  Extent p = 0;
  for (; p + kPack <= spec.k; p += kPack) {
    step([p](const Real* row) { return load(row + p); });
  }
  if (p < spec.k) {
    step([p, rest = spec.k - p](const Real* row) { return load_part(row + p, rest); });
  }
  for (int i = 0; i < kBlockRows; ++i) {
    for (int j = 0; j < kColumns; ++j) {
      Real& target = c[i * spec.ldc + j];
      target = spec.accumulate ? target + sum_lanes(sums[i][j]) : sum_lanes(sums[i][j]);
    }
  }
}

// C = A B', both stored along k.
class InnerKernel : public Gemm::Kernel {
 public:
  explicit InnerKernel(const GemmSpec& wanted) : Kernel(wanted, "direct") {}

  void run(const Real* a, const Real* b, Real* c) const override {
    Extent i = 0;
    for (; i + 4 <= spec.m; i += 4) row_block<4>(a + i * spec.lda, b, c + i * spec.ldc);
    for (; i < spec.m; ++i) row_block<1>(a + i * spec.lda, b, c + i * spec.ldc);
  }

 private:
  template <int kBlockRows>
  void row_block(const Real* a, const Real* b, Real* c) const {
    Extent j = 0;
    for (; j + 4 <= spec.n; j += 4) inner_block<kBlockRows, 4>(spec, a, b + j * spec.ldb, c + j);
    for (; j < spec.n; ++j) inner_block<kBlockRows, 1>(spec, a, b + j * spec.ldb, c + j);
  }
};

}  // namespace

KernelPointer make_direct_kernel(const GemmSpec& spec) {
  if (spec.transpose_a && spec.transpose_b) return nullptr;
  if (spec.transpose_b) return std::make_unique<InnerKernel>(spec);
  return std::make_unique<OuterKernel>(spec);
}

}  // namespace fovea::cpu
