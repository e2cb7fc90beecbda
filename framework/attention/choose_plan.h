#pragma once

#include <vector>

#include "framework/attention/pattern.h"
#include "framework/cpu/gemm.h"
#include "framework/ops/op.h"

namespace fovea {

/// The extents of a site: B batch, M queries, N items, K capacity, V width of the values (0 without values), and the
/// scratch of the selector.
struct ChooseExtents {
  Extent batch = 0;
  Extent queries = 0;
  Extent items = 0;
  Extent capacity = 0;
  Extent width = 0;
  Extent scratch = 0;
};

/// What a site computes once per plan: the pairs of its pattern as intervals, and the products of its dense read.
class ChoosePlan final : public Prepared {
 public:
  ChoosePlan(const ChooseExtents& extents, const Pattern& pattern, cpu::Products products);

  const ChooseExtents& extents() const { return extents_; }
  bool is_dense() const { return is_dense_; }  // every query may see every item

  /// Writes the candidates of a query that the mask row [N] allows, ascending; null: no mask. Returns their number.
  Extent allowed(Extent query, const Index* mask, Index* out) const;

  // One batch element each: weights [M, N], values [N, V], read [M, V].
  const cpu::Gemm& read() const { return read_; }                  // read = weights values
  const cpu::Gemm& grad_weights() const { return grad_weights_; }  // grad_weights = grad_read values^T
  const cpu::Gemm& grad_values() const { return grad_values_; }    // grad_values += weights^T grad_read

 private:
  struct Interval {
    Index begin;
    Index end;
  };
  void append(const std::vector<Index>& candidates);

  ChooseExtents extents_;
  bool is_dense_;
  std::vector<Interval> intervals_;  // of all queries
  std::vector<std::size_t> first_;   // [M + 1]: the intervals of a query begin here
  cpu::Gemm read_;
  cpu::Gemm grad_weights_;
  cpu::Gemm grad_values_;
};

}  // namespace fovea
