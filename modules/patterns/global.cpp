#include <algorithm>

#include "framework/attention/pattern.h"

namespace fovea {
namespace {

class Global final : public Pattern {
 public:
  void fields(Options& options) override {
    options.add("count", count_, "global items, the first ones, >= 1", {.low = 1});
    options.add("symmetric", symmetric_, "true: the first `count` queries see all items, too");
  }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, sees_all(query) ? items : std::min(count_, items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    const Extent whole = symmetric_ ? std::min(count_, queries) : 0;
    return whole * items + (queries - whole) * std::min(count_, items);
  }

 private:
  bool sees_all(Extent query) const { return symmetric_ && query < count_; }

  Extent count_ = 16;
  bool symmetric_ = true;
};

FOVEA_PATTERN("global", Global, R"doc(Global: a few items at the front are seen by all queries, and see all items.

Solves    candidates(m) = {n : n < count or (symmetric and m < count)}.
Shapes    M queries, N items -> at most count (M + N) pairs; where symmetric, query m is at place m of the items.
Errors    none; with queries of another sequence than the items, set symmetric=false.
Cost      O(count (M + N)) pairs; meant to be joined: window(256) + global(16).
Source    Beltagy et al. 2020, arXiv:2004.05150, section 3.1; Ainslie et al. 2020, arXiv:2004.08483.)doc");

}  // namespace
}  // namespace fovea
