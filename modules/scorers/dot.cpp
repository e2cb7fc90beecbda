#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Dot final : public Scorer {
 public:
  void declare(Builder& /*builder*/, Extent query_width, Extent key_width) override {
    expect_equal_widths("dot", query_width, key_width);
  }
  Value score(Builder& /*builder*/, Value queries, Value prepared) override { return dot_score(queries, prepared); }
  double dot_factor(Extent /*width*/) const override { return 1; }
};

FOVEA_SCORER("dot", Dot, R"doc(Dot product of query and key.

Solves    s = q . k.
Shapes    queries [B, M, D], keys [B, N, D] -> scores [B, M, N].
Gradient  exact.
Errors    unequal widths of queries and keys.
Cost      B M N D multiply-adds, no parameters.
Source    Luong et al. 2015, arXiv:1508.04025, section 3.1.)doc");

}  // namespace
}  // namespace fovea
