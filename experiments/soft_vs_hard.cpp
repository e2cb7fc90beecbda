// One model, one task, one site: soft and hard choices side by side.

#include <optional>

#include "framework/attention/site/site.h"
#include "framework/experiment.h"
#include "framework/graph/functions.h"
#include "modules/layers/linear.h"

namespace fovea {
namespace {

struct Choice {
  const char* run;
  const char* text;  // selector | estimator
};

constexpr Choice kChoices[] = {
    {"soft", "softmax | none"},
    {"sparsemax", "sparsemax | none"},
    {"top_k", "top_k(4) | none"},
    {"argmax", "argmax | straight_through"},
    {"sample", "sample | reinforce(baseline=leave_one_out, draws=4)"},
};

class SoftVsHard : public Experiment {
 public:
  void fields(Options& options) override {
    options.add("n", n_, "items, >= 2", {.low = 2});
    options.add("noise", noise_, "deviation of the noise on the query, >= 0", {.low = 0});
    options.add("scorer", scorer_, "scorer of the site");
    options.add("hidden", hidden_, "width of queries, keys and values, >= 1", {.low = 1});
  }

  std::vector<RunSpec> runs() const override {
    std::vector<RunSpec> runs;
    for (const Choice& choice : kChoices) {
      RunSpec run;
      run.name = choice.run;
      run.task =
          "lookup(n=" + std::to_string(n_) + ", values=" + std::to_string(kValues) + ", noise=" + number_text(noise_) + ")";
      run.model = model(scorer_ + " | dense | " + choice.text);
      run.train.steps = 3000;
      run.train.batch = 64;
      run.train.shard_rows = 32;
      run.train.learning_rate = 3e-3;
      run.train.schedule = "cosine(to=0.05)";
      run.train.clip_norm = 5;
      run.train.evaluate_every = 500;
      runs.push_back(std::move(run));
    }
    return runs;
  }

 private:
  static constexpr Extent kValues = 8;

  Model model(const std::string& text) const {
    return [text, hidden = hidden_](Builder& b, const InputTypes& inputs) {
      const Value keys = b.input("keys", inputs.at("keys"));
      const Value values = b.input("values", inputs.at("values"));
      const Value query = b.input("query", inputs.at("query"));
      const Extent width = keys.shape().last();
      const Value queries = unsqueeze(linear(query, b.parameter("query_weight", {hidden, width})), 1);
      const Value projected = linear(keys, b.parameter("key_weight", {hidden, width}));
      const Value contents = embedding(values, b.parameter("value_embedding", {kValues, hidden}, Init::normal(1)));
      Value right;  // only for the results
      if (b.mode() == Mode::kEvaluate) right = unsqueeze(b.input("place", inputs.at("place")), 1);
      std::optional<Attended> attended;
      {
        const auto scope = b.scope("memory");
        Site site(b, text, hidden, hidden);
        attended = site.attend(
            {.queries = queries, .prepared_keys = site.prepare_keys(projected), .values = contents, .right = right});
      }
      const Value read = squeeze(attended->read, 1);
      const Value logits = linear(read, b.parameter("answer_weight", {kValues, hidden}));
      if (b.mode() == Mode::kTrain) {
        const Value target = b.input("target", inputs.at("target"));
        b.output("cost", cross_entropy(logits, target));
      } else {
        b.output("answer", argmax(logits));
        b.output("chosen", argmax(squeeze(attended->scores, 1)));
      }
    };
  }

  Extent n_ = 16;
  double noise_ = 0.3;
  std::string scorer_ = "scaled_dot";
  Extent hidden_ = 16;
};

FOVEA_EXPERIMENT("soft_vs_hard", SoftVsHard, R"doc(
What does it cost, and what does it gain, to choose one item instead of mixing all of them?

Question  A memory of n items is read once, by a query that resembles one key. The same model, task and training with a soft
          read (softmax), sparse soft reads (sparsemax, top_k) and hard reads (argmax with straight-through, a sampled item
          with leave-one-out REINFORCE): accuracy, the share of reads that find the item asked for, entropy, value rows
          read in forward and backward (counters in the results), time.
Command   fovea run soft_vs_hard
          fovea study selectors soft_vs_hard --of softmax --of sparsemax --of "top_k(4)" --of "argmax | straight_through" \
            --of "sample | reinforce(baseline=leave_one_out, draws=4)"
          fovea study estimators soft_vs_hard --run sample
Expect    all close to the accuracy of a perfect lookup; rows read an item: n, few, 4, 1, 1 in forward.
Source    the comparison of Xu et al. 2015, arXiv:1502.03044 (soft and hard attention), here at one site.
)doc");

}  // namespace
}  // namespace fovea
