// The twenty bAbI tasks by key-value memory networks: sentences or windows of words as memories, hashed or not.

#include <algorithm>
#include <set>

#include "experiments/babi_stories.h"
#include "modules/memory/stories/key_value.h"

namespace fovea {
namespace {

void build(Builder& b, const InputTypes& inputs, const KeyValueOptions& options) {
  KeyValueMemory network(b, options);
  const Value story = b.input("story", inputs.at("story"));
  const Value scores = network(story, b.input("question", inputs.at("question"))).scores;
  answer_with(b, inputs, scores);
}

class BabiKeyValue final : public Experiment {
 public:
  BabiKeyValue() { stories_.memory = 50; }

  void fields(Options& options) override {
    stories_.fields(options);
    stories_.memory_field(options);
    options.add("epochs", epochs_, "at most, >= 1", {.low = 1});
    options.add("common_share", common_share_, "a hash ignores words in more than this share of the statements, in [0, 1]",
                {.low = 0, .high = 1});
    model_.fields(options);
  }

  std::vector<RunSpec> runs() const override {
    return stories_.runs([this](const BabiStories::Run& run) { return run_of(run); });
  }

 private:
  /// Words that are in more than a share of the remembered statements of the training questions.
  std::vector<Extent> common_words(const qa::Corpus& corpus) const {
    std::vector<Extent> counts(static_cast<std::size_t>(corpus.words()), 0);
    Extent statements = 0;
    for (const qa::Item& item : corpus.items(Split::kTrain)) {
      for (Index place = 0; place < item.count; ++place, ++statements) {
        const auto words = corpus.statement(item.statement + static_cast<std::size_t>(place));
        for (const Index word : std::set<Index>(words.begin(), words.end())) ++counts[word];
      }
    }
    std::vector<Extent> common;
    for (Extent word = 1; word < corpus.words(); ++word) {
      const auto count = static_cast<double>(counts[word]);
      if (count > common_share_ * static_cast<double>(statements)) common.push_back(word);
    }
    return common;
  }

  RunSpec run_of(const BabiStories::Run& run) const {
    RunSpec spec = babi_run(run);
    KeyValueOptions model = model_;
    model.words = run.corpus->words();
    model.places = run.corpus->slots();
    if (model.hash) model.common = common_words(*run.corpus);
    spec.model = [model](Builder& b, const InputTypes& inputs) { build(b, inputs, model); };
    TrainSettings& train = spec.train;
    const Extent epoch = run.epoch(train.batch);
    train.steps = epochs_ * epoch;
    train.optimizer = "adam";
    train.learning_rate = 3e-3;
    train.clip_norm = 40;
    train.schedule = "step(every=" + std::to_string(std::max<Extent>(train.steps / 4, 1)) + ", factor=0.5)";
    train.evaluate_every = epoch;
    train.patience = 50;  // epochs
    return spec;
  }

  BabiStories stories_;
  Extent epochs_ = 60;
  double common_share_ = 0.5;
  KeyValueOptions model_;
};

FOVEA_EXPERIMENT("babi_key_value", BabiKeyValue, R"doc(
How many questions of the twenty bAbI tasks does a key-value memory network answer wrongly?

Question  Memories are found by their keys and read as their values: sentences, or windows of words that represent the word
          in their middle. What do windows and hashing change?
Command   fovea run babi_key_value tasks=1
          fovea run babi_key_value tasks=1 memories=windows
          fovea run babi_key_value tasks=1 hash=true
Source    Miller et al. 2016, arXiv:1606.03126. They do not report the twenty tasks; figures to compare with are those of
          babi_memn2n.
)doc");

}  // namespace
}  // namespace fovea
