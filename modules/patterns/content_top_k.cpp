#include <algorithm>

#include "framework/attention/pattern.h"

namespace fovea {
namespace {

class ContentTopK final : public Pattern, public DataChoice {
 public:
  void fields(Options& options) override { options.add("k", k_, "items with the highest scores, >= 1", {.low = 1}); }

  void candidates(Extent /*query*/, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, items, out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override { return queries * std::min(k_, items); }
  std::optional<TileChoice> tile_choice() const override { return TileChoice{.best = k_}; }

  Extent choose_among(const PatternRow& row, std::span<Index> items) const override {
    return keep_best_items(row.scores, items, k_);
  }

 private:
  Extent k_ = 16;
};

FOVEA_PATTERN("content_top_k", ContentTopK, R"doc(Content top-k: a query sees the k items that score highest with it.

Solves    candidates(m) = the k largest of s_mn over those n that the mask and the patterns crossed with this one leave; ties
          go to the lowest index. `causal & content_top_k(8)` keeps the best 8 of the past.
Shapes    M queries, N items -> at most M k pairs.
Gradient  exact where the pairs do not change: pairs are chosen by scores, and no gradient flows through that choice.
Errors    none; k above N keeps all N.
Cost      O(M k) pairs; O(N) time a row to find them, with the scores of all of them.
Source    Gupta et al. 2021, arXiv:2106.06899, section 2.)doc");

}  // namespace
}  // namespace fovea
