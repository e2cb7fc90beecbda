#pragma once

#include <span>

#include "framework/core/span.h"
#include "framework/cpu/gemm.h"
#include "modules/patterns/clusters/clusters.h"

// Internal to the ops of clusters.
namespace fovea {

inline constexpr Extent kRowsAtOnce = 64;
inline constexpr Index kNoKey = -2;    // tag of a key that matches no query
inline constexpr Index kNoQuery = -1;  // tag of a query that matches no key

/// Rows of one head [X, D], `stride` apart.
struct HeadRows {
  const Real* first;
  Extent count, width, stride;
  std::span<const Real> row(Extent n) const { return span_of(first + n * stride, width); }
};

/// Products of the rows of a head with centres, kRowsAtOnce at a time.
class CentreProducts final : public Prepared {
 public:
  CentreProducts(Extent rows, Extent width, Extent stride, Extent centres);
  /// products [X, C] = rows . centres [C, D], of rows [begin, end).
  void operator()(const HeadRows& rows, Extent begin, Extent end, const Real* centres, Real* products) const;

 private:
  cpu::Gemm whole_;
  cpu::Gemm rest_;
};

/// The memory of k-means for one head.
struct ClusterWork {
  Real* centres;   // [C, D]
  Real* sums;      // [C, D]
  Real* products;  // [kRowsAtOnce, C]
  Real* halves;    // half the squared length of each centre [C]
  Real* far;       // of each key, half its squared distance to its centre [N]
  Index* sizes;    // [C]
  Index* order;    // [N]
  Index* nearest;  // [N], kNoKey where masked
};

/// k-means of the keys of one head: writes `centres` and `nearest`. The mask [N] may be null.
void find_clusters(const Clusters& options, const CentreProducts& multiply, const HeadRows& keys, const Index* mask,
                   const ClusterWork& work);

}  // namespace fovea
