#include <algorithm>

#include "framework/attention/pattern.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

class Window final : public Pattern {
 public:
  void fields(Options& options) override {
    options.add("before", before_, "items before the query's place, >= 0", {.low = 0});
    options.add("after", after_, "items after the query's place, >= 0; -1: as many as before", {.low = -1});
  }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(query - before_, std::min(capped_sum(query + 1, after()), items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return queries * std::min(capped_sum(capped_sum(before_, after()), 1), items);
  }
  bool is_causal() const override { return after() == 0; }

 private:
  Extent after() const { return after_ < 0 ? before_ : after_; }

  Extent before_ = 128;
  Extent after_ = -1;
};

FOVEA_PATTERN("window", Window, R"doc(Window: a query sees the items around its own place.

Solves    candidates(m) = {n : m - before <= n <= m + after}; window(w) is w items on each side, window(w, 0) is causal.
Shapes    M queries, N items -> at most M (before + after + 1) pairs; query m is at place m of the items.
Errors    none; a query more than `before` places past the last item sees nothing.
Cost      O(M (before + after)) pairs.
Source    Beltagy et al. 2020, arXiv:2004.05150, section 3.1.)doc");

}  // namespace
}  // namespace fovea
