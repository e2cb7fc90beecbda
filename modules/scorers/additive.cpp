#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Additive final : public Scorer {
 public:
  void fields(Options& options) override {
    options.add("width", width_, "hidden width H, >= 1; 0: the width of the keys", {.low = 0});
  }
  void declare(Builder& builder, Extent query_width, Extent key_width) override {
    const Extent hidden = width_ == 0 ? key_width : width_;
    weight_query_ = builder.parameter("weight_query", {hidden, query_width});
    weight_key_ = builder.parameter("weight_key", {hidden, key_width});
    v_ = builder.parameter("v", {hidden});
  }
  // Where nothing is trained, what the scores need of the keys is computed before the loop, not in every step of it.
  Value prepare_keys(Builder& builder, Value keys) override {
    const Value hidden = linear(keys, weight_key_);
    return builder.mode() == Mode::kEvaluate ? additive_keys(hidden) : hidden;
  }
  Value score(Builder& builder, Value queries, Value prepared) override {
    const Value hidden = linear(queries, weight_query_);
    return builder.mode() == Mode::kEvaluate ? prepared_additive_score(hidden, prepared, v_)
                                             : additive_score(hidden, prepared, v_);
  }

 private:
  Extent width_ = 0;
  Value weight_query_;  // [H, Dq]
  Value weight_key_;    // [H, Dk]
  Value v_;             // [H]
};

FOVEA_SCORER("additive", Additive,
             R"doc(Additive score: a layer of tanh units over query and key, weighted by a vector.

Solves    s = v^T tanh(Wq q + Wk k); Wk k is computed once for all queries.
Shapes    queries [B, M, Dq], keys [B, N, Dk], weight_query [H, Dq], weight_key [H, Dk], v [H] -> scores [B, M, N].
Gradient  exact.
Errors    none; the widths may differ.
Cost      B (M Dq + N Dk) H multiply-adds for the two layers, B M N H for the scores, with as many tanh.
Source    Bahdanau et al. 2015, arXiv:1409.0473; Luong et al. 2015, arXiv:1508.04025, as concat; Vinyals et al.
          2015, arXiv:1506.03134, equation 3.)doc");

}  // namespace
}  // namespace fovea
