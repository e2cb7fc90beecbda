#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Euclidean final : public Scorer {
 public:
  void declare(Builder& /*builder*/, Extent query_width, Extent key_width) override {
    expect_equal_widths("euclidean", query_width, key_width);
  }
  Value score(Builder& /*builder*/, Value queries, Value prepared) override { return euclidean_score(queries, prepared); }
};

FOVEA_SCORER("euclidean", Euclidean, R"doc(Negative squared distance between query and key.

Solves    s = -|q - k|^2.
Shapes    queries [B, M, D], keys [B, N, D] -> scores [B, M, N].
Gradient  exact.
Errors    unequal widths of queries and keys.
Cost      B M N D multiply-adds, no parameters.
Source    Snell et al. 2017, arXiv:1703.05175, for prototypes.)doc");

}  // namespace
}  // namespace fovea
