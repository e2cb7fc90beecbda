// Strings to strings by choices: soft attention, exact marginal hard attention, and estimators of it.

#include "framework/core/error.h"
#include "framework/experiment.h"
#include "framework/train/training.h"
#include "modules/layers/embedding.h"
#include "modules/seq2seq/choice_decoder.h"
#include "modules/seq2seq/encoder_decoder.h"
#include "modules/seq2seq/words.h"

namespace fovea {
namespace {

struct Way {
  const char* run;
  const char* attention;
  const char* choice;  // selector | estimator
};

constexpr Way kWays[] = {
    {"soft", "read", "softmax | none"},
    {"marginal", "marginal", "softmax | none"},
    {"sampled", "read", "sample | reinforce(baseline=leave_one_out, draws=4)"},
    {"straight_through", "read", "argmax | straight_through"},
    {"unordered_set", "draws", "sample | unordered_set(draws=4)"},
};

struct StringsOptions {
  std::string task;
  Extent encoder_hidden = 32;  // of each direction
  seq2seq::ChoiceDecoderOptions decoder{.embedding = 32, .hidden = 64};
};

/// How many words a tensor of a task may hold: as many as its labels.
Extent words_of(const Task& task, const std::string& tensor, const std::string& text) {
  const Meanings meanings = task.meanings();
  for (const TensorMeaning& one : meanings.tensors) {
    const auto labels = meanings.labels.find(one.labels);
    if (one.name == tensor && labels != meanings.labels.end()) return static_cast<Extent>(labels->second.size());
  }
  throw Error("real_strings", "a task with labels for '" + tensor + "' was expected; '" + text +
                                  "' has none; use number_names, date_translation or pairs_file.");
}

void strings_model(Builder& b, const InputTypes& inputs, const StringsOptions& options) {
  const std::unique_ptr<Task> task = make_task(options.task);
  seq2seq::ChoiceDecoderOptions decoder = options.decoder;
  decoder.words = words_of(*task, "targets", options.task);
  decoder.outputs = inputs.at("targets").shape[1];
  const Value source = b.input("source", inputs.at("source"));
  const Embedding words(b, "embedding", words_of(*task, "source", options.task), decoder.embedding);
  const Value mask = seq2seq::word_mask(source);
  const seq2seq::Memory memory = bidirectional_encoder(b, "encoder", words(source), mask, options.encoder_hidden);
  if (b.mode() == Mode::kEvaluate) return seq2seq::decode_choices(b, memory, decoder);
  seq2seq::teach_choices(b, memory, b.input("targets", inputs.at("targets")), decoder);
}

class RealStrings final : public Experiment {
 public:
  RealStrings() { model_.task = "number_names(digits=6, direction=to_digits)"; }

  void fields(Options& options) override {
    options.add("task", model_.task, "of strings with labels: number_names, pairs_file, date_translation");
    options.add("only", only_, "one run, or all",
                {"all", "soft", "marginal", "sampled", "straight_through", "unordered_set"});
    options.add("scorer", scorer_, "scorer of all runs");
    options.add("encoder_hidden", model_.encoder_hidden, "width of the encoder's state in each direction, >= 1", {.low = 1});
    model_.decoder.fields(options);
  }

  std::vector<RunSpec> runs() const override {
    std::vector<RunSpec> runs;
    for (const Way& way : kWays) {
      if (only_ == "all" || only_ == way.run) runs.push_back(run_of(way));
    }
    return runs;
  }

 private:
  RunSpec run_of(const Way& way) const {
    StringsOptions model = model_;
    model.decoder.attention = way.attention;
    model.decoder.site = scorer_ + " | dense | " + way.choice;
    RunSpec run;
    run.name = way.run;
    run.task = model.task;
    run.model = [model](Builder& b, const InputTypes& inputs) { strings_model(b, inputs, model); };
    run.train.steps = 2000;
    run.train.batch = 64;
    run.train.shard_rows = 32;
    run.train.learning_rate = 1e-2;
    run.train.schedule = "warmup(50) * cosine(to=0.01)";
    run.train.clip_norm = 1.0;
    run.train.evaluate_every = 500;
    run.train.test_rows = 4000;
    return run;
  }

  std::string only_ = "all";
  std::string scorer_ = "bilinear";
  StringsOptions model_;
};

FOVEA_EXPERIMENT("real_strings", RealStrings, R"doc(
Are strings written better by a model that sums over all places it may have looked at than by one that looks softly?

Question  An encoder-decoder reads a string of characters and writes another one. For each character it looks at the source
          through a site; its state does not depend on what it saw, so that only the choice differs between the runs:
          soft              the weighted mean of all places is read;
          marginal          one place is chosen, and the probability of the output is summed over all places, exactly: hard
                            attention without sampling, because the choices of all characters are independent;
          sampled           one place is drawn, trained by REINFORCE with four draws of each string (leave one out);
          straight_through  the best scored place is read, trained as if the weights were soft;
          unordered_set     four different places are drawn for each character alone and weighed.
          Evaluation writes greedily, one read place a character in the last three.
Command   fovea run real_strings --seeds 3
          fovea run real_strings "task=number_names(digits=4)"
          fovea run real_strings "task=pairs_file(path=words.tsv, units=characters)"
          fovea compare runs/real_strings
Expect    minutes of training on 2 cores. On the default task, names of numbers up to 999,999 in seven languages to their
          digits, marginal is better than soft and sampled; see experiments/README.md, also for where it is not.
Source    Wu, Shapiro & Cotterell 2018, arXiv:1808.10024, where exact marginals are better than soft attention and sampled
          ones worst; theirs are LSTMs on pronunciation, transliteration and inflection. unordered_set: Kool, van Hoof &
          Welling 2020, arXiv:2002.06043.
)doc");

}  // namespace
}  // namespace fovea
