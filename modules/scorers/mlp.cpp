#include "framework/attention/scorer.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Mlp final : public Scorer {
 public:
  void fields(Options& options) override {
    options.add("width", width_, "hidden width H, >= 1; 0: the width of the keys", {.low = 0});
    options.add("layers", layers_, "hidden layers L, >= 1", {.low = 1});
    options.add("activation", activation_, "of the hidden layers", {"tanh", "relu", "gelu", "silu"});
  }
  void declare(Builder& builder, Extent query_width, Extent key_width) override {
    const Extent hidden = width_ == 0 ? key_width : width_;
    weight_query_ = builder.parameter("weight_query", {hidden, query_width});
    weight_key_ = builder.parameter("weight_key", {hidden, key_width});
    bias_ = builder.parameter("bias", {hidden}, Init::zero());
    for (Extent layer = 2; layer <= layers_; ++layer) {
      const std::string number = std::to_string(layer);
      weights_.push_back(builder.parameter("weight_" + number, {hidden, hidden}));
      biases_.push_back(builder.parameter("bias_" + number, {hidden}, Init::zero()));
    }
    v_ = builder.parameter("v", {1, hidden});
  }
  // W [q; k] + b = Wq q + (Wk k + b): the second half is computed once for all queries.
  Value prepare_keys(Builder& /*builder*/, Value keys) override { return linear(keys, weight_key_, bias_); }
  Value score(Builder& /*builder*/, Value queries, Value prepared) override {
    Value hidden = add(unsqueeze(linear(queries, weight_query_), 2), unsqueeze(prepared, 1));  // [B, M, N, H]
    for (std::size_t i = 0; i < weights_.size(); ++i) hidden = linear(activated(hidden), weights_[i], biases_[i]);
    return squeeze(linear(activated(hidden), v_), 3);
  }

 private:
  Value activated(Value x) const {
    if (activation_ == "tanh") return tanh(x);
    if (activation_ == "relu") return relu(x);
    return activation_ == "gelu" ? gelu(x) : silu(x);
  }

  Extent width_ = 0;
  Extent layers_ = 1;
  std::string activation_ = "tanh";
  Value weight_query_;          // [H, Dq]
  Value weight_key_;            // [H, Dk]
  Value bias_;                  // [H]
  std::vector<Value> weights_;  // [H, H] each
  std::vector<Value> biases_;   // [H] each
  Value v_;                     // [1, H]
};

FOVEA_SCORER("mlp", Mlp, R"doc(Multilayer perceptron over query and key.

Solves    h_1 = f(Wq q + Wk k + b), h_l = f(W_l h_(l-1) + b_l), s = v . h_L; Wk k + b is computed once for all queries. One
          layer of tanh without bias is the additive score, and Luong's concat: use `additive`, which is much faster.
Shapes    queries [B, M, Dq], keys [B, N, Dk], weight_query [H, Dq], weight_key [H, Dk], bias [H], weight_l [H, H] and
          bias_l [H] for l = 2 .. L, v [1, H] -> scores [B, M, N].
Gradient  exact.
Errors    none; the widths may differ.
Cost      B (M Dq + N Dk) H + B M N H (1 + (L - 1) H) multiply-adds; the hidden layers [B, M, N, H] are stored.
Source    Luong et al. 2015, arXiv:1508.04025, section 3.1, concat, for one layer.)doc");

}  // namespace
}  // namespace fovea
