// Ways to share out the characters of a text among experts, in one small language model.

#include <algorithm>
#include <utility>
#include <vector>

#include "framework/core/error.h"
#include "framework/experiment.h"
#include "modules/layers/linear.h"
#include "modules/transformer/expert_blocks.h"

namespace fovea {
namespace {

struct ModelOptions {
  TransformerOptions transformer;
  ExpertsOptions experts;
  Extent width = 64;
  Extent vocabulary = 27;
  bool has_experts = true;
};

void build(Builder& b, const InputTypes& inputs, const ModelOptions& options) {
  const Value text = b.input("text", inputs.at("text"));  // [B, T]
  const Value table = b.parameter("characters", {options.vocabulary, options.width}, Init::normal(0.1));
  ExpertBlocks experts({.experts = options.experts, .ids = text});
  const TransformerOptions plain = options.transformer;
  const Value states = transformer_encoder(b, "layers", embedding(text, table), {},
                                           options.has_experts ? experts.in(plain) : plain);  // [B, T, E]
  const Value scores = linear_layer(b, "answer", states, options.vocabulary);                 // [B, T, V]
  if (b.mode() == Mode::kEvaluate) {
    b.output("scores", scores);
    return;
  }
  const Value cost = mean(cross_entropy(scores, b.input("target", inputs.at("target"))), 1);
  b.metric("bits_per_character", scale(cost, 1.4426950408889634));
  const Value loss = experts.loss();
  if (!loss.is_empty()) b.metric("balance_cost", loss);
  b.output("cost", loss.is_empty() ? cost : add(cost, loss));
}

constexpr const char* kAll = "dot | dense | softmax | none";
constexpr const char* kTop2 = "dot | dense | top_k(2) | none";

class ExpertRouting final : public Experiment {
 public:
  ExpertRouting() {
    TransformerOptions& transformer = model_.transformer;
    transformer.layers = 2;
    transformer.heads = 2;
    transformer.hidden = 128;
    transformer.dropout = 0;
    transformer.positions = "rotary";
    transformer.encoder_site = "scaled_dot | causal | softmax | none";
    model_.experts.hidden = 64;
  }

  void fields(Options& options) override {
    options.add("text", text_, "task that gives text and target, with scores of `vocabulary` characters");
    options.add("vocabulary", model_.vocabulary, "characters V, >= 1", {.low = 1});
    options.add("width", model_.width, "of a character's state, >= 1", {.low = 1});
    options.add("experts", model_.experts.route.experts, "experts E of a layer, >= 2", {.low = 2});
    options.add("expert_hidden", model_.experts.hidden, "hidden width of an expert, >= 1", {.low = 1});
    options.add("balance_loss", balance_loss_, "weight of the loss of balance where a run has one, >= 0", {.low = 0});
    options.add("rate", rate_, "of the bias: a number, or an annealing");
    options.add("gate", gate_, "what weighs an expert of the runs none, auxiliary and bias", {"site", "sigmoid"});
    options.add("routers", routers_, "runs, as in bias+auxiliary; empty: all");
    options.add("heads", model_.transformer.heads, "of an attention, >= 1", {.low = 1});
    options.add("layers", model_.transformer.layers, "blocks, >= 1", {.low = 1});
  }

  std::vector<RunSpec> runs() const override {
    expect_characters("text_file", 256);
    expect_characters("domain_text", 27);
    ModelOptions dense = model_;
    dense.has_experts = false;
    std::vector<RunSpec> runs{run_of("dense", dense)};
    runs.push_back(run_of("none", gated("top_k(k=2, normalise=true)")));
    ModelOptions noisy = with(kTop2, "noisy_top_k");
    noisy.experts.route.importance_loss = 0.1;
    noisy.experts.route.load_loss = 0.1;
    runs.push_back(run_of("noisy_top_k", noisy));
    runs.push_back(run_of("auxiliary", balanced(gated("top_k(k=2, normalise=true)"))));
    runs.push_back(run_of("switch", balanced(with(kAll, "switch(capacity=1.25)"))));
    runs.push_back(run_of("switch_overflow", balanced(with(kAll, "switch(capacity=1.25, over=overflow)"))));
    runs.push_back(run_of("top_2", balanced(with(kAll, "top_2(second=random, capacity=1.25)"))));
    runs.push_back(run_of("expert_choice", with(kAll, "expert_choice(capacity=2)")));
    runs.push_back(run_of("hash", with(kAll, "hash")));
    runs.push_back(run_of("sinkhorn", with(kAll, "sinkhorn(k=2)")));
    runs.push_back(run_of("bias", gated("bias(k=2, rate=" + rate_ + ", normalise=true)")));
    return chosen(std::move(runs));
  }

  std::vector<Comparison> published() const override {
    const auto figures = [](const std::string& metric, const std::string& title, std::vector<std::string> sources,
                            const std::vector<std::pair<std::string, double>>& rows) {
      Comparison table{.title = title, .metric = metric, .sources = std::move(sources), .rows = {}};
      for (const auto& [run, figure] : rows) table.rows.push_back({.name = run, .runs = run, .published = {figure}});
      return table;
    };
    return {figures("max_load", "largest load over mean load, at the best perplexity of each paper's own text",
                    {"Shazeer et al. 2017"}, {{"noisy_top_k", 1.14}}),
            figures("max_violation", "largest load over mean load, less 1", {"Wang et al. 2024, 1B"},
                    {{"auxiliary", 0.72}, {"bias", 0.04}})};
  }

 private:
  /// Where the text comes from this task, a model of another vocabulary would fail at a batch or at an evaluation.
  void expect_characters(const std::string& task, Extent characters) const {
    const Call text = parse_call(text_);
    if (text.name != task) return;
    const std::string wanted = "vocabulary=" + std::to_string(characters);
    for (const Call::Argument& argument : text.arguments) {
      if (argument.name != "vocabulary") continue;
      throw Error("expert_routing", "options of " + task + " were expected in its parentheses; vocabulary is one of the " +
                                        "experiment; set " + wanted + " beside text=...");
    }
    if (model_.vocabulary == characters) return;
    throw Error("expert_routing", wanted + " was expected for the characters of " + task + "; it is " +
                                      std::to_string(model_.vocabulary) + "; set " + wanted + ".");
  }

  ModelOptions with(const std::string& site, const std::string& policy) const {
    ModelOptions model = model_;
    model.experts.route.site = site;
    model.experts.route.policy = policy;
    return model;
  }

  ModelOptions gated(const std::string& policy) const {
    ModelOptions model = with(kAll, policy);
    model.experts.route.gate = gate_;
    return model;
  }

  std::vector<RunSpec> chosen(std::vector<RunSpec> runs) const {
    if (routers_.empty()) return runs;
    std::vector<std::string> known;
    known.reserve(runs.size());
    for (const RunSpec& run : runs) known.push_back(run.name);
    std::vector<RunSpec> kept;
    for (std::size_t begin = 0; begin <= routers_.size();) {
      const std::size_t end = std::min(routers_.find('+', begin), routers_.size());
      const std::string name = routers_.substr(begin, end - begin);
      const auto found = std::find(known.begin(), known.end(), name);
      if (found == known.end()) throw Error("expert_routing", unknown_name(name, known));
      kept.push_back(runs[found - known.begin()]);
      begin = end + 1;
    }
    return kept;
  }

  ModelOptions balanced(ModelOptions model) const {
    model.experts.route.balance_loss = balance_loss_;
    return model;
  }

  RunSpec run_of(const std::string& name, const ModelOptions& model) const {
    RunSpec run;
    run.name = name;
    run.task = text_;
    run.model = [model](Builder& b, const InputTypes& inputs) { build(b, inputs, model); };
    TrainSettings& train = run.train;
    train.steps = 2000;
    train.batch = 16;
    train.shard_rows = 8;
    train.learning_rate = 3e-3;
    train.schedule = "warmup(100) * cosine(to=0.05)";
    train.clip_norm = 1;
    train.evaluate_every = 500;
    train.validation_rows = 256;
    train.test_rows = 2048;
    return run;
  }

  std::string text_ = "domain_text(words=64, change=0.03)";
  double balance_loss_ = 0.01;
  std::string rate_ = "cosine(from=0.003, to=0.0001)";
  std::string gate_ = "sigmoid";
  std::string routers_;
  ModelOptions model_;
};

FOVEA_EXPERIMENT("expert_routing", ExpertRouting, R"doc(
How evenly do routers keep experts busy, and what does that cost?

Question  Two layers of a character language model have experts after a router. Runs: "dense" (one feed-forward layer of the
          work of two experts), "none" (the two best experts, nothing balances), "noisy_top_k" with losses of importance and
          load, "auxiliary" (the two best, with a loss of balance), "switch" and "switch_overflow" (one expert, room for 1.25
          times the mean), "top_2", "expert_choice", "hash", "sinkhorn", "bias" (no loss: a bias follows the load). Which
          are balanced, and what do they cost in bits per character?
Command   fovea run expert_routing --seeds 3
Expect    a minute for each run on one core; in two layers of eight experts, three seeds, test: "bias" 0.589 bits per
          character with a largest load of 1.02 times the mean (the worse of the two layers), "auxiliary" 0.599 with 1.29,
          "none" 0.614 with 2.3; the best predictor needs 0.495.
Options   text=TASK for another text, such as text="text_file(path=FILE)" vocabulary=256; routers=bias+auxiliary for some runs.
Source    Shazeer et al. 2017, arXiv:1701.06538, table 6 (largest over mean load 1.14 with both losses of 0.1); Wang et al.
          2024, arXiv:2408.15664, table 2 (MaxVio 0.04 without a loss, 0.72 with one of weight 0.001); each policy names its
          own.
)doc");

}  // namespace
}  // namespace fovea
