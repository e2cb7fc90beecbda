#include <algorithm>

#include "framework/attention/pattern.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

class Axial final : public Pattern {
 public:
  void fields(Options& options) override {
    options.add("width", width_, "items in a row of the grid, >= 1", {.low = 1});
    options.add("axis", axis_, "along which a query sees", {"both", "row", "column"});
  }

  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    const Extent begin = query / width_ * width_;
    const Extent end = std::min(capped_sum(begin, width_), items);
    const Extent column = query % width_;
    if (axis_ == "row") {
      append_items(begin, end, out);
    } else if (axis_ == "column") {
      append_items(column, items, out, width_);
    } else {
      append_items(column, std::min(begin, items), out, width_);
      append_items(begin, end, out);
      append_items(capped_sum(query, width_), items, out, width_);
    }
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    const Extent rows = parts_of(items, width_);
    const Extent row = std::min(width_, items);
    return queries * (axis_ == "row" ? row : axis_ == "column" ? rows : std::min(row + rows, items));
  }

 private:
  Extent width_ = 8;
  std::string axis_ = "both";
};

FOVEA_PATTERN("axial", Axial, R"doc(Axial: items lie in a grid, and a query sees its own row and column of it.

Solves    item n lies in row floor(n / width), column n mod width; candidates(m) = the items of the row of m (axis=row), of
          its column (axis=column), or of either.
Shapes    M queries, N items -> at most M (width + N / width) pairs; query m is at place m of the items.
Errors    none; the last row may be shorter.
Cost      O(M sqrt(N)) pairs in a square grid; any item reaches any other in two layers.
Source    Ho et al. 2019, arXiv:1912.12180, section 3.)doc");

}  // namespace
}  // namespace fovea
