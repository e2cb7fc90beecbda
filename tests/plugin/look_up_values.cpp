// The experiment `look_up_values`: soft reading against reading at few places.

#include "framework/attention/site/site.h"
#include "framework/experiment.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

struct ModelOptions {
  Extent words = 32;
  Extent width = 32;
  std::string site;
};

void build(Builder& b, const InputTypes& inputs, const ModelOptions& options) {
  const Value words = b.parameter("words", {options.words, options.width}, Init::normal(1));
  const Value keys = embedding(b.input("keys", inputs.at("keys")), words);                   // [B, N, D]
  const Value values = embedding(b.input("values", inputs.at("values")), words);             // [B, N, D]
  const Value query = unsqueeze(embedding(b.input("query", inputs.at("query")), words), 1);  // [B, 1, D]

  Value read;
  {
    const auto scope = b.scope("memory");
    Site site(b, options.site, options.width, options.width);
    const Value prepared = site.prepare_keys(keys);
    read = site.attend({.queries = query, .prepared_keys = prepared, .values = values, .mask = {}}).read;  // [B, 1, D]
  }
  const Value weight = b.parameter("answer/weight", {options.words, options.width});
  const Value scores = linear(squeeze(read, 1), weight);  // [B, V]
  if (b.mode() == Mode::kEvaluate) {
    b.output("answers", argmax(scores));
    return;
  }
  const Value targets = b.input("targets", inputs.at("targets"));
  b.output("cost", cross_entropy(scores, targets));
  b.metric("accuracy", equal(argmax(scores), targets));
}

class LookUpValues final : public Experiment {
 public:
  void fields(Options& options) override {
    options.add("pairs", pairs_, "pairs in a row, >= 1", {.low = 1});
    options.add("words", model_.words, "different keys and values, >= pairs", {.low = 1});
    options.add("width", model_.width, "width of an embedded word, >= 1", {.low = 1});
  }

  std::vector<RunSpec> runs() const override {
    return {run_of("soft", "projected(rank=16) | dense | softmax | none"),
            run_of("few", "projected(rank=16) | dense | nucleus(0.9) | none"),
            run_of("one", "projected(rank=16) | own_block(64) | argmax | identity")};
  }

 private:
  RunSpec run_of(const std::string& name, const std::string& site) const {
    ModelOptions model = model_;
    model.site = site;
    RunSpec run;
    run.name = name;
    run.task = "look_up(pairs=" + std::to_string(pairs_) + ", words=" + std::to_string(model.words) + ")";
    run.model = [model](Builder& b, const InputTypes& inputs) { build(b, inputs, model); };
    run.train.steps = 2000;
    run.train.learning_rate = 3e-3;
    run.train.test_rows = 1000;
    return run;
  }

  Extent pairs_ = 8;
  ModelOptions model_;
};

FOVEA_EXPERIMENT("look_up_values", LookUpValues, R"doc(
Does a memory that is read at few places learn to look up as well as one that is read softly?

Question  A key is asked for, its value is the answer. Run "soft" reads all pairs, run "few" those that together hold nine
          tenths of the probability, run "one" the best pair alone. Which of them look up every value?
Command   fovea run --plugin ./libmy_ideas.so look_up_values --seeds 3
Expect    seconds of training for each run; "soft" and "few" look up all values of the test, "one" 41 % of them (mean of 3
          seeds, deviation 18 %; chance is 3 %): the identity is a poor estimate where one item is read.
)doc");

}  // namespace
}  // namespace fovea
