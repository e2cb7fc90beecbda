// Soft and hard visual attention: one region of an image for each word of a caption.

#include "framework/experiment.h"
#include "framework/graph/functions.h"
#include "modules/layers/linear.h"
#include "modules/seq2seq/decoder.h"
#include "modules/transformer/positions.h"

namespace fovea {
namespace {

constexpr Extent kSide = 8;  // pixels of a region, each way: those of the task

struct GlimpseOptions {
  Extent grid = 3;
  Extent features = 64;  // of a region
  seq2seq::DecoderOptions decoder{};
};

/// An image [B, grid 8, grid 8] as its regions [B, grid^2, 64], row by row.
Value regions_of(Value image, Extent grid) {
  const Value cut = reshape(image, {0, grid, kSide, grid, kSide});
  return reshape(transpose(cut, {0, 1, 3, 2, 4}), {0, grid * grid, kSide * kSide});
}

void glimpse_model(Builder& b, const InputTypes& inputs, const GlimpseOptions& options) {
  const Value regions = regions_of(b.input("image", inputs.at("image")), options.grid);
  Value items;
  {
    const auto scope = b.scope("encoder");
    const Value seen =
        linear_layer(b, "second", relu(linear_layer(b, "first", regions, 2 * options.features)), options.features);
    items =
        relu(add_positions(seen, b.parameter("places", {options.grid * options.grid, options.features}, Init::normal(0.5))));
  }
  seq2seq::Memory memory{.items = items, .mask = {}, .summary = mean(items, 1), .right = {}};
  if (b.mode() == Mode::kEvaluate) memory.right = b.input("regions", inputs.at("regions"));
  if (b.mode() == Mode::kEvaluate) return seq2seq::decode_greedily(b, memory, options.decoder);
  seq2seq::teach(b, memory, b.input("targets", inputs.at("targets")), options.decoder);
}

class Glimpse final : public Experiment {
 public:
  Glimpse() {
    model_.decoder.words = 10;
    model_.decoder.embedding = 16;
  }

  void fields(Options& options) override {
    options.add("grid", model_.grid, "regions of an image, each way, in [2, 16]", {.low = 2, .high = 16});
    options.add("digits", digits_, "digits in an image and words of a caption, >= 1", {.low = 1});
    options.add("features", model_.features, "width of the features of a region, >= 1", {.low = 1});
    options.add("hidden", model_.decoder.hidden, "width of the decoder's state, >= 1", {.low = 1});
    options.add("entropy", entropy_, "bonus of the sampled run for each nat of entropy, >= 0; may be an annealing");
    options.add("scorer", scorer_, "scorer of all runs");
    options.add("only", only_, "one run, or all",
                {"all", "soft", "sampled", "straight_through", "sampled_straight_through"});
  }

  std::vector<RunSpec> runs() const override {
    std::vector<RunSpec> runs{run_of("soft", "softmax | none", "0"), run_of("sampled", "sample | reinforce", entropy_),
                              run_of("straight_through", "argmax | straight_through", "0"),
                              run_of("sampled_straight_through", "sample | straight_through", "0")};
    std::erase_if(runs, [this](const RunSpec& run) { return only_ != "all" && run.name != only_; });
    return runs;
  }

 private:
  RunSpec run_of(const std::string& name, const std::string& choice, const std::string& entropy) const {
    GlimpseOptions model = model_;
    model.decoder.outputs = digits_;
    model.decoder.site = scorer_ + " | dense | " + choice;
    model.decoder.entropy = entropy;
    RunSpec run;
    run.name = name;
    run.task = "glimpse(grid=" + std::to_string(model.grid) + ", digits=" + std::to_string(digits_) + ")";
    run.model = [model](Builder& b, const InputTypes& inputs) { glimpse_model(b, inputs, model); };
    run.train.steps = 3000;
    run.train.batch = 128;
    run.train.shard_rows = 64;
    run.train.learning_rate = 2e-3;
    run.train.schedule = "warmup(50) * cosine(to=0.01)";
    run.train.clip_norm = 1.0;
    run.train.evaluate_every = 1000;
    return run;
  }

  Extent digits_ = 3;
  std::string entropy_ = "0.02";
  std::string scorer_ = "additive(width=64)";
  std::string only_ = "all";
  GlimpseOptions model_;
};

FOVEA_EXPERIMENT("glimpse", Glimpse, R"doc(
Does a model that looks at one region for each word caption as well as one that looks at all of them softly?

Question  An image shows a few digits on a grid of regions; the caption names them in reading order. Before each word the decoder
          reads the regions: all of them by weight (soft), or one, chosen at random (sampled, trained by the score function
          with a bonus for entropy) or by score (straight_through), or chosen at random with the softmax in its place in
          backward (sampled_straight_through). In evaluation every hard run looks at the best scored region alone.
Command   fovea run glimpse
          fovea run glimpse grid=4 digits=4 only=straight_through
Expect    one or two minutes of training on 2 cores for all four; each captions 99 % of the test images without a mistake, and
          the hard ones read one region a word, that of the digit.
Source    Xu et al. 2015, arXiv:1502.03044, section 4: deterministic soft and stochastic hard attention.
)doc");

}  // namespace
}  // namespace fovea
