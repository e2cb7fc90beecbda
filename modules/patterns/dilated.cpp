#include <algorithm>

#include "framework/attention/pattern.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

class Dilated final : public Pattern {
 public:
  void fields(Options& options) override {
    options.add("step", step_, "distance of neighbours, >= 1", {.low = 1});
    options.add("count", count_, "items on each side, >= 1; 0: as many as there are", {.low = 0});
  }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    const Extent there = query / step_;  // neighbours before this place
    const Extent before = count_ == 0 ? there : std::min(count_, there);
    const Extent end = count_ == 0 ? items : std::min(capped_sum(query + 1, capped_product(count_, step_)), items);
    append_items(query - before * step_, end, out, step_);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    const Extent all = parts_of(items, step_);
    return queries * (count_ == 0 ? all : std::min(capped_sum(capped_product(2, count_), 1), all));
  }

 private:
  Extent step_ = 2;
  Extent count_ = 0;
};

FOVEA_PATTERN("dilated", Dilated, R"doc(Dilated: a query sees every step-th item, counted from its own place.

Solves    candidates(m) = {n : (n - m) mod step = 0 and |n - m| <= step count}, without the limit where count = 0.
Shapes    M queries, N items -> at most M (2 count + 1) pairs, or M N / step; query m is at place m of the items.
Errors    none.
Cost      O(M count) pairs, or O(M N / step); `causal & dilated(2)` looks back only.
Source    Beltagy et al. 2020, arXiv:2004.05150, section 3.1, dilated sliding window.)doc");

}  // namespace
}  // namespace fovea
