#include <algorithm>

#include "framework/attention/pattern.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

class Strided final : public Pattern {
 public:
  void fields(Options& options) override {
    options.add("stride", stride_, "distance between items seen further back, >= 1", {.low = 1});
  }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    const Extent recent = query - stride_ + 1;  // from here on every item
    append_items(query % stride_, std::min(recent, items), out, stride_);
    append_items(recent, std::min(query + 1, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return queries * std::min(capped_sum(stride_, parts_of(items, stride_)), items);
  }
  bool is_causal() const override { return true; }

 private:
  Extent stride_ = 64;
};

FOVEA_PATTERN("strided", Strided, R"doc(Strided: a query sees the last items before it, and every stride-th one further back.

Solves    candidates(m) = {n <= m : m - n < stride or (m - n) mod stride = 0}.
Shapes    M queries, N items -> at most M (stride + N / stride) pairs; query m is at place m of the items.
Errors    none.
Cost      O(M sqrt(N)) pairs with stride = sqrt(N); any item reaches any later one in two layers.
Source    Child et al. 2019, arXiv:1904.10509, section 4.3.)doc");

}  // namespace
}  // namespace fovea
