#include "from_pytorch.h"

#include "framework/attention/site/site.h"
#include "framework/experiment.h"
#include "modules/layers/layer_norm.h"
#include "modules/layers/linear.h"
#include "modules/transformer/multi_head.h"

namespace fovea {

Value reader(Builder& b, Value x, Value mask, Extent heads) {
  const auto scope = b.scope("reader");
  const Extent width = x.shape().last();
  MultiHeadAttention attention(b, "attention", {.queries = width, .memory = width}, {.heads = heads});
  const LayerNorm norm(b, "norm", width);
  return norm(add(x, attention.attend({.queries = x, .mask = mask}).y));
}

Value read_top_k(Builder& b, Value queries, Value keys, Value values, Extent k) {
  const auto scope = b.scope("choice");
  const std::string text = "dot | dense | top_k(" + std::to_string(k) + ") | straight_through";
  Site site(b, text, queries.shape().last(), keys.shape().last());
  return site.attend({.queries = queries, .prepared_keys = site.prepare_keys(keys), .values = values}).read;
}

Value read_top_k_by_hand(Builder& b, Value queries, Value keys, Value values, Extent k) {
  const auto scope = b.scope("choice");
  Site site(b, "dot | dense | top_k(" + std::to_string(k) + ") | none", queries.shape().last(), keys.shape().last());
  const Attended chosen = site.attend({.queries = queries, .prepared_keys = site.prepare_keys(keys)});
  const Value hard = scatter_items(chosen.weights, chosen.kept, values);  // [B, M, N]
  const Value soft = softmax(chosen.scores);                              // [B, M, N]
  const Value weights = add(detach(hard), subtract(soft, detach(soft)));  // forward hard, backward soft
  return matmul(weights, values);
}

namespace {

constexpr Extent kAnswers = 8;
constexpr Extent kWidth = 32;

void build(Builder& b, const InputTypes& inputs) {
  const Value keys = linear_layer(b, "keys", b.input("keys", inputs.at("keys")), kWidth);      // [B, N, D]
  const Value query = linear_layer(b, "query", b.input("query", inputs.at("query")), kWidth);  // [B, D]
  const Value table = b.parameter("answers", {kAnswers, kWidth}, Init::normal(1));
  const Value values = embedding(b.input("values", inputs.at("values")), table);               // [B, N, D]
  const Value mask = full_index(keys, 2, 1);                                                   // [B, N]: nothing is padded
  const Value read = read_top_k(b, unsqueeze(query, 1), reader(b, keys, mask, 4), values, 2);  // [B, 1, D]
  const Value scores = linear_layer(b, "answer", squeeze(read, 1), kAnswers);                  // [B, V]
  if (b.mode() == Mode::kEvaluate) {
    b.output("answer", argmax(scores));
    return;
  }
  const Value target = b.input("target", inputs.at("target"));
  b.output("cost", cross_entropy(scores, target));
  b.metric("accuracy", equal(argmax(scores), target));
}

class FromPyTorch final : public Experiment {
 public:
  std::vector<RunSpec> runs() const override {
    RunSpec run;
    run.task = "lookup(n=8, values=" + std::to_string(kAnswers) + ", noise=0.1)";
    run.model = build;
    run.train.seed = 1;
    run.train.steps = 1000;
    run.train.batch = 128;
    run.train.optimizer = "adamw(weight_decay=0.01)";
    run.train.learning_rate = 1e-3;
    run.train.schedule = "warmup(100) * cosine(to=0.1)";
    run.train.clip_norm = 1;
    run.train.evaluate_every = 250;
    return {run};
  }
};

FOVEA_EXPERIMENT("from_pytorch", FromPyTorch, R"doc(
Does a model that was moved here from PyTorch train?

Question  Self-attention over eight keys, then a hard read of two values, to look up the value of a key.
Command   fovea run from_pytorch --plugin build/libmy_ops.so
Expect    a loss that falls from log 8 = 2.08.
)doc");

}  // namespace
}  // namespace fovea
