// The scorer `projected`: queries and keys are compared in a space of their own.

#include <cmath>

#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Projected final : public Scorer {
 public:
  void fields(Options& options) override { options.add("rank", rank_, "width R of the common space, >= 1", {.low = 1}); }

  void declare(Builder& builder, Extent query_width, Extent key_width) override {
    weight_query_ = builder.parameter("weight_query", {rank_, query_width});
    weight_key_ = builder.parameter("weight_key", {rank_, key_width});
  }

  Value prepare_keys(Builder& /*builder*/, Value keys) override { return linear(keys, weight_key_); }

  Value score(Builder& /*builder*/, Value queries, Value prepared) override {
    const double factor = 1 / std::sqrt(static_cast<double>(rank_));
    return dot_score(scale(linear(queries, weight_query_), factor), prepared);
  }

 private:
  Extent rank_ = 16;
  Value weight_query_;  // [R, Dq]
  Value weight_key_;    // [R, Dk]
};

FOVEA_SCORER("projected", Projected, R"doc(Dot product of query and key in a space of their own.

Solves    s = (Wq q) . (Wk k) / sqrt(R); Wk k is computed once for all queries.
Shapes    queries [B, M, Dq], keys [B, N, Dk], weight_query [R, Dq], weight_key [R, Dk] -> scores [B, M, N].
Gradient  exact.
Errors    none; the widths may differ.
Cost      B (M Dq + N Dk) R multiply-adds for the projections, B M N R for the scores.
Source    Vaswani et al. 2017, arXiv:1706.03762, section 3.2.2: one head without its values.)doc");

}  // namespace
}  // namespace fovea
