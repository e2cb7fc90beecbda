#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Cosine final : public Scorer {
 public:
  void fields(Options& options) override {
    options.add("sharpness", sharpness_, "factor of the cosine, > 0; scores lie within +- sharpness", {.low = 1e-6});
    options.add("epsilon", epsilon_, "shorter vectors count as this long, > 0", {.low = 1e-30});
  }
  void declare(Builder& /*builder*/, Extent query_width, Extent key_width) override {
    expect_equal_widths("cosine", query_width, key_width);
  }
  Value score(Builder& /*builder*/, Value queries, Value prepared) override {
    return cosine_score(queries, prepared, sharpness_, epsilon_);
  }

 private:
  double sharpness_ = 1;
  double epsilon_ = 1e-8;
};

FOVEA_SCORER("cosine", Cosine, R"doc(Cosine of the angle between query and key, times a sharpness.

Solves    s = sharpness q . k / (max(|q|, epsilon) max(|k|, epsilon)).
Shapes    queries [B, M, D], keys [B, N, D] -> scores [B, M, N].
Gradient  exact.
Errors    unequal widths of queries and keys.
Cost      B M N D multiply-adds, no parameters.
Source    Graves et al. 2014, arXiv:1410.5401, equations 5 and 6, with a fixed sharpness.)doc");

}  // namespace
}  // namespace fovea
