#include <algorithm>

#include "framework/attention/pattern.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

class Block final : public Pattern {
 public:
  void fields(Options& options) override {
    options.add("size", size_, "items in a block, >= 1", {.low = 1});
    options.add("before", before_, "blocks seen before the query's own, >= 0", {.low = 0});
    options.add("after", after_, "blocks seen after the query's own, >= 0", {.low = 0});
  }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    const Extent own = query / size_;
    const Extent end = capped_product(capped_sum(own + 1, after_), size_);
    append_items(std::max<Extent>(own - before_, 0) * size_, std::min(end, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return queries * std::min(capped_product(capped_sum(capped_sum(before_, after_), 1), size_), items);
  }

 private:
  Extent size_ = 64;
  Extent before_ = 0;
  Extent after_ = 0;
};

FOVEA_PATTERN("block", Block, R"doc(Block: a query sees its own block of items, and neighbouring blocks.

Solves    candidates(m) = {n : floor(m / size) - before <= floor(n / size) <= floor(m / size) + after}.
Shapes    M queries, N items -> at most M size (before + after + 1) pairs; query m is at place m of the items.
Errors    none.
Cost      O(M size (before + after + 1)) pairs, in pieces that fill the tiles of a matrix product.
Source    Qiu et al. 2020, arXiv:1911.02972; with neighbours: Zaheer et al. 2020, arXiv:2007.14062, section 2.)doc");

}  // namespace
}  // namespace fovea
