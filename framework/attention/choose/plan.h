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

  /// One row: the mask row [N] or null, and where the pattern depends on data, this data and two buffers of N.
  struct Row {
    Extent batch = 0;
    Extent query = 0;
    const Index* mask = nullptr;
    ConstRow scores;               // of all items [N]
    std::span<const Tensor> tags;  // of queries and keys, in turn, of each part of the pattern that makes them
    Index* buffers = nullptr;      // [2, N]
    // Of the parts of the pattern that have a bias, one after the other.
    std::span<const ConstRow> parameters = {};
    std::span<const fovea::Row> grad_parameters = {};
  };
  /// Writes the candidates of a query that the mask allows, ascending. Returns their number.
  Extent allowed(const Row& row, Index* out) const;

  bool has_bias() const { return !biases_.empty(); }
  /// scores [n] of these items of the row += the bias that the pattern gives them.
  void add_bias(const Row& row, std::span<const Index> items, fovea::Row scores) const;
  void pull_bias(const Row& row, std::span<const Index> items, ConstRow grad_scores) const;
  void pull_penalty(const Row& row) const;

  // One batch element each: weights [M, N], values [N, V], read [M, V].
  const cpu::Gemm& read() const { return read_; }                  // read = weights values
  const cpu::Gemm& grad_weights() const { return grad_weights_; }  // grad_weights = grad_read values^T
  const cpu::Gemm& grad_values() const { return grad_values_; }    // grad_values += weights^T grad_read

 private:
  /// A part of the pattern that depends on data, with its place among the tags and the parameters of the whole.
  struct Chooser {
    const DataChoice* choice = nullptr;
    const PairBias* bias = nullptr;  // the same part, where it has one
    Extent tag_count = 0;
    std::size_t tags = 0;
    std::size_t first_parameter = 0;
    std::size_t parameters = 0;
  };
  struct Term {
    ItemIntervals intervals;         // of all queries
    std::vector<std::size_t> first;  // [M + 1]: the intervals of a query begin here
    std::vector<Chooser> choosers;
  };
  static Chooser chooser_of(const Pattern& whole, const DataChoice& choice);
  PatternRow data_of(const Chooser& chooser, const Row& row) const;
  Term term_of(const std::vector<const Pattern*>& places) const;
  static Extent masked(const Term& term, const Row& row, Index* out);
  Extent chosen(const Term& term, const Row& row, Index* items) const;

  ChooseExtents extents_;
  bool is_dense_;
  std::vector<Term> terms_;  // one, unless the pattern depends on data
  std::vector<Chooser> biases_;
  cpu::Gemm read_;
  cpu::Gemm grad_weights_;
  cpu::Gemm grad_values_;
};

}  // namespace fovea
