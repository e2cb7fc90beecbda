#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Bilinear final : public Scorer {
 public:
  void declare(Builder& builder, Extent query_width, Extent key_width) override {
    weight_ = builder.parameter("weight", {query_width, key_width});
  }
  Value prepare_keys(Builder& /*builder*/, Value keys) override { return linear(keys, weight_); }
  Value score(Builder& /*builder*/, Value queries, Value prepared) override { return dot_score(queries, prepared); }

 private:
  Value weight_;  // [Dq, Dk]
};

FOVEA_SCORER("bilinear", Bilinear, R"doc(Bilinear form of query and key, the general score of Luong et al.

Solves    s = q W k^T; W k^T is computed once for all queries.
Shapes    queries [B, M, Dq], keys [B, N, Dk], weight [Dq, Dk] -> scores [B, M, N].
Gradient  exact.
Errors    none; the widths may differ.
Cost      B N Dq Dk for the keys, B M N Dq for the scores, in multiply-adds.
Source    Luong et al. 2015, arXiv:1508.04025, section 3.1.)doc");

}  // namespace
}  // namespace fovea
