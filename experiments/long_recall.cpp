// Multi-query associative recall by attention that sees or keeps few pairs: accuracy against cost.

#include "framework/core/error.h"
#include "framework/experiment.h"
#include "modules/transformer/token_recall.h"

namespace fovea {
namespace {

/// What the last layer sees, or how it chooses. K is replaced by the annealing of a number of items, M by that of a share.
struct Choice {
  const char* name;
  const char* kind;
  const char* site;
};

constexpr Choice kChoices[] = {
    {"causal", "patterns", "scaled_dot | causal | softmax | none"},
    {"window", "patterns", "scaled_dot | causal & window(32, 0) | softmax | none"},
    {"dilated", "patterns", "scaled_dot | causal & dilated(3) | softmax | none"},
    {"strided", "patterns", "scaled_dot | strided(8) | softmax | none"},
    {"fixed", "patterns", "scaled_dot | fixed(8, 2) | softmax | none"},
    {"block", "patterns", "scaled_dot | causal & block(32) | softmax | none"},
    {"global", "patterns", "scaled_dot | causal & (window(8, 0) + global(16)) | softmax | none"},
    {"random_blocks", "patterns", "scaled_dot | causal & random_blocks(16, 2) | softmax | none"},
    {"axial", "patterns", "scaled_dot | causal & axial(8) | softmax | none"},
    {"hash_buckets", "patterns", "scaled_dot | causal & hash_buckets(1, 4) | softmax | none"},
    {"content_clusters", "patterns", "scaled_dot | causal & content_clusters(4, most=16, looks=2) | softmax | none"},
    {"routed_blocks", "patterns", "scaled_dot | causal & routed_blocks(8, 4) | softmax | none"},
    {"adaptive_span", "patterns", "scaled_dot | causal & adaptive_span | softmax | none"},
    {"content_top_k", "patterns", "scaled_dot | causal & content_top_k(k=K) | softmax | none"},
    {"window_top_k", "patterns", "scaled_dot | causal & (window(1, 0) + content_top_k(k=K)) | softmax | none"},
    {"argmax", "selectors", "scaled_dot | causal | argmax | straight_through"},
    {"top_k", "selectors", "scaled_dot | causal | top_k(k=K) | none"},
    {"top_k_straight_through", "selectors", "scaled_dot | causal | top_k(4) | straight_through"},
    {"sparsemax", "selectors", "scaled_dot | causal | sparsemax | none"},
    {"entmax", "selectors", "scaled_dot | causal | entmax(1.5) | none"},
    {"top_p", "selectors", "scaled_dot | causal | top_p(0.95) | none"},
    {"threshold", "selectors", "scaled_dot | causal | threshold(0.01) | none"},
    {"sample", "selectors", "scaled_dot | causal | sample | straight_through"},
    {"gumbel_softmax", "selectors", "scaled_dot | causal | gumbel_softmax | none"},
    {"gumbel_top_k", "selectors", "scaled_dot | causal | gumbel_top_k(4) | straight_through"},
    {"k_subset", "selectors", "scaled_dot | causal | k_subset(4) | simple"},
    {"k_subset_marginals", "selectors", "scaled_dot | causal | k_subset_marginals(4) | none"},
    {"soft_to_hard", "selectors", "scaled_dot | causal | soft_to_hard(mix=M) | straight_through"},
};

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('+', begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

class LongRecall final : public Experiment {
 public:
  LongRecall() {
    model_.vocabulary = 1024;
    model_.positions = "relative";
    model_.deviation = 0.125;
    model_.weight_deviation = 0.1;
    model_.first_site = "scaled_dot | causal & window(1, 0) | softmax | none";
    model_.site = "";
  }

  void fields(Options& options) override {
    options.add("choices", choices_, "runs of the table: all, patterns, selectors, or names of runs joined by +");
    options.add("sizes", sizes_, "length x pairs of training, joined by +: one is drawn for each batch");
    options.add("tests", tests_, "length x pairs of the tests, joined by +");
    options.add("filler", filler_, "what fills the places without a key", {"zeros", "noise"});
    options.add("vocabulary", model_.vocabulary, "tokens, >= 4", {.low = 4});
    options.add("begin", begin_, "steps before an annealed number starts to fall, >= 0", {.low = 0});
    options.add("fall", fall_, "steps that it falls, >= 1", {.low = 1});
    model_.fields(options);
  }

  std::vector<RunSpec> runs() const override {
    if (!model_.site.empty()) return {run_of("given", model_.site)};
    std::vector<RunSpec> runs;
    for (const Choice& choice : chosen()) runs.push_back(run_of(choice.name, choice.site));
    return runs;
  }

  std::vector<Comparison> published() const override {
    Comparison table{.title = "accuracy", .metric = "accuracy", .sources = {"Arora et al. 2023, at least"}, .rows = {}};
    for (const RunSpec& run : runs()) {
      for (const std::string& test : parts_of(tests_)) {
        Comparison::Row row{.name = run.name + ", " + test, .runs = run.name, .split = test};
        const bool is_told = test == "64x4" || test == "128x8" || test == "256x16" || test == "512x64";
        if (run.name == "causal" && is_told) row.published = {0.99};
        table.rows.push_back(row);
      }
    }
    return {table};
  }

 private:
  std::vector<Choice> chosen() const {
    std::vector<Choice> made;
    for (const std::string& part : parts_of(choices_)) {
      const std::size_t before = made.size();
      std::vector<std::string> known{"all", "patterns", "selectors"};
      for (const Choice& choice : kChoices) {
        known.emplace_back(choice.name);
        if (part == "all" || part == choice.kind || part == choice.name) made.push_back(choice);
      }
      if (made.size() == before) throw Error("long_recall", unknown_name(part, known));
    }
    return made;
  }

  /// The text of a site, with its annealings.
  std::string with_annealings(std::string site) const {
    const std::string part = ", begin=" + std::to_string(begin_) + ", steps=" + std::to_string(fall_) + ")";
    const std::size_t items = site.find("=K");
    if (items != std::string::npos) site.replace(items + 1, 1, "linear(from=64, to=4" + part);
    const std::size_t share = site.find("=M");
    if (share != std::string::npos) site.replace(share + 1, 1, "linear(from=0, to=1" + part);
    return site;
  }

  std::string task_text(const std::string& sizes) const {
    return "mqar(sizes=" + sizes + ", vocabulary=" + std::to_string(model_.vocabulary) + ", filler=" + filler_ + ")";
  }

  RunSpec run_of(const std::string& name, const std::string& site) const {
    TokenRecallOptions model = model_;
    model.site = with_annealings(site);
    RunSpec run;
    run.name = name;
    run.task = task_text(sizes_);
    run.model = token_recall(model);
    TrainSettings& train = run.train;
    train.optimizer = "adamw(weight_decay=0.01)";
    train.steps = 1000;
    train.batch = 64;
    train.shard_rows = 16;
    train.learning_rate = 3e-3;
    train.validation_rows = 64;
    train.evaluate_every = 500;
    train.evaluation_batch = 32;
    train.test_rows = 0;
    for (const std::string& test : parts_of(tests_)) run.evaluations.push_back({test, task_text(test), 256});
    return run;
  }

  std::string choices_ = "all";
  std::string sizes_ = "64x16";
  std::string tests_ = "64x16+256x16";
  std::string filler_ = "zeros";
  Extent begin_ = 600;
  Extent fall_ = 200;
  TokenRecallOptions model_;
};

FOVEA_EXPERIMENT("long_recall", LongRecall, R"doc(
How much of a long sequence must attention see to recall what is asked for?

Question  A transformer of two layers of width 64, one head each, learns multi-query associative recall. The first layer sees the
          token before; the second one sees what its pattern leaves, or keeps what its selector chooses: a run for each
          pattern and each selector, accuracy against pairs read.
Command   fovea run long_recall
          fovea run long_recall choices=patterns
          fovea run long_recall vocabulary=8192 sizes=64x16+64x16+64x16+64x16+64x16+64x16+64x16+64x16+64x16+512x64 \
            tests=512x64 steps=2000 shard_rows=4 "site=scaled_dot | causal & (window(1, 0) + \
            content_top_k(k=linear(from=256, to=4, begin=500, steps=1000))) | softmax | none"
Expect    the last command: 99.93 % of 512 tokens with 64 pairs (64 sequences, seed 1), read from four items and the one before,
          in six minutes on one busy core. The first: half a minute a run, 26 of them; all pairs, the four best ones and a
          last choice of one item recall everything, while four or one from the start learn nothing: see
          experiments/README.md.
Options   choices for some runs; site for your own; sizes, tests, filler, vocabulary; begin and fall of annealed numbers;
          first_site, positions, kernel, width, layers, heads, hidden.
Source    Arora et al. 2023, arXiv:2312.04927, section 4 and figure 2, where attention recalls everything at all sizes. Unlike
          there: positions are biases of distances, the first layer has its own site, vectors start larger, there is no
          dropout, and items are drawn anew for every step.
)doc");

}  // namespace
}  // namespace fovea
