// The pattern `own_block`: attention stays within blocks of neighbours.

#include <algorithm>

#include "framework/attention/pattern.h"

namespace fovea {
namespace {

class OwnBlock final : public Pattern {
 public:
  void fields(Options& options) override { options.add("size", size_, "items in a block, >= 1", {.low = 1}); }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    const Extent begin = query / size_ * size_;
    append_items(begin, std::min(begin + size_, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override { return queries * std::min(size_, items); }

 private:
  Extent size_ = 64;
};

FOVEA_PATTERN("own_block", OwnBlock, R"doc(Own block: a query sees the items of the block that its own place lies in.

Solves    candidates(m) = {n : floor(n / size) = floor(m / size)}.
Shapes    M queries, N items -> at most M size pairs; query m is at place m of the items.
Errors    none; a query behind the last item sees nothing.
Cost      O(M size) pairs.
Source    Qiu et al. 2020, arXiv:1911.02972, with the identity as permutation.)doc");

}  // namespace
}  // namespace fovea
