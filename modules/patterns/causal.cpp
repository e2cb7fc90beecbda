#include <algorithm>

#include "framework/attention/pattern.h"

namespace fovea {
namespace {

class Causal final : public Pattern {
 public:
  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, std::min(query + 1, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    const Extent growing = std::min(queries, items);
    return growing * (growing + 1) / 2 + (queries - growing) * items;
  }
  bool is_causal() const override { return true; }
};

FOVEA_PATTERN("causal", Causal, R"doc(Causal: a query sees the items up to its own place.

Solves    candidates(m) = {0, ..., min(m, N - 1)}.
Shapes    M queries, N items -> at most M (M + 1) / 2 pairs where M <= N; query m is at place m of the items.
Errors    none.
Cost      O(M N) pairs, half of dense where M = N.
Source    Vaswani et al. 2017, arXiv:1706.03762, section 3.2.3.)doc");

}  // namespace
}  // namespace fovea
