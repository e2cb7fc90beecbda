#include <algorithm>

#include "framework/attention/pattern.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

class Fixed final : public Pattern {
 public:
  void fields(Options& options) override {
    options.add("stride", stride_, "items in a block, >= 1", {.low = 1});
    options.add("summary", summary_, "items at the end of each block that all later queries see, >= 1", {.low = 1});
  }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    const Extent own = query / stride_ * stride_;
    for (Extent block = 0; block < std::min(own, items); block += stride_) {
      append_items(std::max(block + stride_ - summary_, block), std::min(block + stride_, items), out);
    }
    append_items(own, std::min(query + 1, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    const Extent in_block = std::min(stride_, queries);
    const Extent own = capped_product(parts_of(queries, stride_), in_block * (in_block + 1) / 2);
    const Extent summaries = capped_product(capped_product(queries, summary_), items / stride_);
    return std::min(capped_sum(own, summaries), queries * items);
  }
  bool is_causal() const override { return true; }

 private:
  Extent stride_ = 64;
  Extent summary_ = 8;
};

FOVEA_PATTERN("fixed", Fixed,
              R"doc(Fixed: a query sees its own block up to its place, and the last items of all earlier blocks.

Solves    candidates(m) = {n <= m : floor(n / stride) = floor(m / stride) or n mod stride >= stride - summary}.
Shapes    M queries, N items -> at most M (stride + summary N / stride) pairs; query m is at place m of the items.
Errors    none; a summary of `stride` or more is causal attention.
Cost      O(M sqrt(N)) pairs with stride = sqrt(N) and a small summary.
Source    Child et al. 2019, arXiv:1904.10509, section 4.3.)doc");

}  // namespace
}  // namespace fovea
