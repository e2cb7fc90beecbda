#include <cmath>

#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class ScaledDot final : public Scorer {
 public:
  void declare(Builder& /*builder*/, Extent query_width, Extent key_width) override {
    expect_equal_widths("scaled_dot", query_width, key_width);
  }
  Value score(Builder& /*builder*/, Value queries, Value prepared) override {
    // The queries are scaled, not the scores: M D products instead of M N, and N is the longer one.
    return dot_score(scale(queries, dot_factor(queries.shape().last())), prepared);
  }
  double dot_factor(Extent width) const override { return 1 / std::sqrt(static_cast<double>(width)); }
};

FOVEA_SCORER("scaled_dot", ScaledDot, R"doc(Dot product of query and key over the square root of their width.

Solves    s = q . k / sqrt(D).
Shapes    queries [B, M, D], keys [B, N, D] -> scores [B, M, N].
Gradient  exact.
Errors    unequal widths of queries and keys.
Cost      B M N D multiply-adds, no parameters.
Source    Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.)doc");

}  // namespace
}  // namespace fovea
