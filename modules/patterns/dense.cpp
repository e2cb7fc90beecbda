#include "framework/attention/pattern.h"

namespace fovea {
namespace {

class Dense final : public Pattern {
 public:
  void candidates(Extent /*query*/, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, items, out);
  }
  bool is_dense() const override { return true; }
};

FOVEA_PATTERN("dense", Dense, R"doc(Dense: every query sees every item.

Solves    candidates(m) = {0, ..., N - 1}.
Shapes    M queries, N items -> M N pairs.
Errors    none.
Cost      O(M N) pairs.
Source    Bahdanau et al. 2015, arXiv:1409.0473.)doc");

}  // namespace
}  // namespace fovea
