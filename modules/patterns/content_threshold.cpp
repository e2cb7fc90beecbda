#include <algorithm>

#include "framework/attention/pattern.h"

namespace fovea {
namespace {

class ContentThreshold final : public Pattern, public DataChoice {
 public:
  void fields(Options& options) override {
    options.add("margin", margin_, "scores less than this far below the highest are kept, > 0", {.low = 1e-6});
    options.add("most", most_, "items of a query, those with the highest scores, >= 1", {.low = 1});
  }

  void candidates(Extent /*query*/, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, items, out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override { return queries * std::min(most_, items); }
  std::optional<TileChoice> tile_choice() const override { return TileChoice{.best = most_, .margin = margin_}; }

  Extent choose_among(const PatternRow& row, std::span<Index> items) const override {
    if (items.empty()) return 0;
    const auto score = [&](Index item) { return row.scores[item]; };
    Real highest = score(items[0]);
    for (const Index item : items) highest = std::max(highest, score(item));
    const Real limit = highest - static_cast<Real>(margin_);
    const auto end = std::remove_if(items.begin(), items.end(), [&](Index item) { return !(score(item) > limit); });
    return keep_best_items(row.scores, items.first(end - items.begin()), most_);
  }

 private:
  double margin_ = 4;
  Extent most_ = 64;
};

FOVEA_PATTERN("content_threshold", ContentThreshold,
              R"doc(Content threshold: a query sees the items whose scores are near its highest.

Solves    candidates(m) = {n : s_mn > max over n of s_mn - margin}, of those n that the mask and the patterns crossed with this
          one leave; of more than `most` the ones with the highest scores, ties to the lowest index. In weights of a softmax:
          those above exp(-margin) times the largest.
Shapes    M queries, N items -> at most M most pairs.
Gradient  exact where the pairs do not change: pairs are chosen by scores, and no gradient flows through that choice.
Errors    none.
Cost      O(M most) pairs; O(N) time a row to find them, with the scores of all of them.
Source    Nguyen et al. 2024, arXiv:2407.01082 (min-p), for attention.)doc");

}  // namespace
}  // namespace fovea
