// Plugins that break their contracts, each in the way that its option says; ways.sh has the table of what is answered.
#include <atomic>
#include <limits>
#include <stdexcept>

#include "framework/attention/pattern.h"
#include "framework/attention/scorer.h"
#include "framework/attention/several_draws.h"
#include "framework/attention/site/site.h"
#include "framework/experiment.h"
#include "framework/graph/functions.h"
#include "framework/task.h"

namespace fovea {
namespace {

constexpr Extent kMost = std::numeric_limits<Extent>::max();

/// What happens where a function of a plugin is to throw.
void throw_as(const std::string& how) {
  if (how == "throw") throw std::runtime_error("it is broken");
  if (how == "throw_seven") throw 7;
  if (how == "throw_error") throw Error("here", "a whole one was expected; a broken one came; mend it.");
}

/// The part of "select_throw" after "select_", where it begins so.
std::string after(const std::string& part, const std::string& how) {
  return how.starts_with(part + "_") ? how.substr(part.size() + 1) : "";
}

class Ways {
 public:
  void add_to(Options& options) { options.add("way", way_, "how it breaks its contract"); }

 protected:
  std::string way_ = "none";
};

class BrokenTask final : public Task, private Ways {
 public:
  void fields(Options& options) override { add_to(options); }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const int call = split == Split::kTrain ? calls_++ : 0;
    throw_as(after("fill", way_));
    if (call == 3) throw_as(after("late", way_));
    if (way_ == "nothing") return;
    const Extent rows = batch.rows() + (way_ == "more_rows" ? 1 : way_ == "fewer_rows" ? -1 : 0);
    const Extent width = way_ == "negative" ? -4 : way_ == "huge" ? Extent{1} << 40U : way_ == "largest" ? kMost : 4;
    const bool is_other = call == 3;
    const bool is_index = way_ == "other_kind" && is_other;
    const Shape shape = way_ == "other_rank" && is_other ? Shape{rows, width, 1} : Shape{rows, width};
    const Tensor x = batch.make("x", {shape, is_index ? Kind::kIndex : Kind::kReal});
    if (!is_index) rng.fill_normal({x.real(), static_cast<std::size_t>(x.size())});
    if (way_ == "made_twice") batch.make("x", {Shape{rows, 100 * width}, Kind::kReal});
    if (way_ == "forgets" && is_other) return;
    const Tensor target = batch.make("target", {Shape{rows}, Kind::kIndex});
    for (Extent row = 0; row < rows; ++row) target.index()[row] = static_cast<Index>(rng.below(4));
    if (way_ == "big_target") target.index()[1] = 1000000;
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    throw_as(after("judge", way_));
    if (way_ == "no_metric") return {};
    Judgement judgement{{{"accuracy", {}}}, {}};
    const Index* answers = outputs.at(way_ == "other_name"     ? "answer"
                                      : way_ == "other_output" ? "scores"
                                                               : "answers")
                               .index();
    for (Extent row = 0; row < batch.rows(); ++row) {
      judgement.metrics[0].rows.push_back(answers[row] == batch.at("target").index()[row] ? 1 : 0);
    }
    if (way_ == "one_less") judgement.metrics[0].rows.pop_back();
    if (way_ == "twice") judgement.metrics.push_back(judgement.metrics[0]);
    return judgement;
  }

 private:
  mutable std::atomic<int> calls_{0};
};
FOVEA_TASK("broken_task", BrokenTask, R"doc(A task that is wrong on purpose.)doc");

class BrokenOp final : public Op {
 public:
  explicit BrokenOp(std::string way) : way_(std::move(way)) {}

  std::string_view name() const override { return "broken_op"; }
  std::vector<Type> infer(std::span<const Type> in) const override {
    throw_as(after("infer", way_));
    if (way_ == "no_outputs") return {};
    if (way_ == "negative") return {{in[0].shape.with(1, -3)}};
    return {in[0]};
  }
  void forward(const OpRun& run) const override {
    throw_as(after("forward", way_));
    if (run.context->step == 2 && run.context->first_row > 0) throw_as(after("worker", way_));
    if (run.context->mode == Mode::kEvaluate) throw_as(after("evaluation", way_));
    std::copy_n(run.in[0].real(), run.in[0].size(), run.out[0].real());
  }
  void backward(const OpRun& run) const override {
    throw_as(after("backward", way_));
    if (!run.wants(0)) return;
    for (Extent i = 0; i < run.in[0].size(); ++i) run.grad_in[0].real()[i] += run.grad_out[0].real()[i];
  }

 private:
  std::string way_;
};

class BrokenSelector final : public Selector, public DifferentiableChoice, private Ways {
 public:
  void fields(Options& options) override { add_to(options); }
  Traits traits() const override { return {.keeps_all = way_ == "keeps_few"}; }
  Extent capacity(Extent items) const override {
    if (way_ == "capacity_zero") return 0;
    if (way_ == "capacity_negative") return -1;
    if (way_ == "capacity_more") return items + 5;
    return way_ == "capacity_largest" ? kMost : items;
  }
  void select(ConstRow scores, Rng, Choice& out) const override {
    throw_as(after("select", way_));
    const auto items = static_cast<Extent>(scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      out.kept[i] = static_cast<Index>(i);
      out.weights[i] = Real(1) / static_cast<Real>(items);
    }
    out.log_prob = 0;
    out.count = way_ == "count_negative" ? -1 : way_ == "count_more" ? items + 3 : way_ == "keeps_few" ? 1 : items;
    if (way_ == "kept_far") out.kept[0] = 100000000;
    if (way_ == "kept_negative") out.kept[0] = -5;
    if (way_ == "kept_twice") out.kept[1] = 0;
    if (way_ == "nan") out.weights[0] = std::numeric_limits<Real>::quiet_NaN();
  }
  void backward(ConstRow, const Choice&, ConstRow, Row) const override { throw_as(after("backward", way_)); }
};
FOVEA_SELECTOR("broken_selector", BrokenSelector, R"doc(A selector that is wrong on purpose.)doc");

class BrokenPattern final : public Pattern, public DataChoice, private Ways {
 public:
  void fields(Options& options) override { add_to(options); }
  void candidates(Extent, Extent, Extent items, ItemIntervals& out) const override {
    throw_as(after("candidates", way_));
    const auto end = static_cast<Index>(items);
    if (way_ == "far") return out.push_back({0, end + 7});
    if (way_ == "negative") return out.push_back({-3, end});
    if (way_ == "reversed") return out.push_back({end, 0});
    if (way_ == "descending") return void(out.insert(out.end(), {{2, 3}, {0, 1}}));
    append_items(0, items, out);
  }
  Extent choose_among(const PatternRow&, std::span<Index> items) const override {
    throw_as(after("choose", way_));
    if (way_ == "chosen_far") items[0] = 1000000;
    const auto all = static_cast<Extent>(items.size());
    return way_ == "chosen_more" ? all + 3 : way_ == "chosen_negative" ? -1 : all;
  }
  std::vector<PatternTerm> terms() const override { return {{{this}, {this}}}; }
};
FOVEA_PATTERN("broken_pattern", BrokenPattern, R"doc(A pattern that is wrong on purpose.)doc");

class BrokenScorer final : public Scorer, private Ways {
 public:
  void fields(Options& options) override { add_to(options); }
  void declare(Builder&, Extent, Extent) override { throw_as(after("declare", way_)); }
  Value prepare_keys(Builder&, Value keys) override { return way_ == "no_keys" ? Value() : keys; }
  Value score(Builder&, Value queries, Value keys) override {
    throw_as(after("score", way_));
    return way_ == "nothing"   ? Value()
           : way_ == "no_rows" ? mean(queries, 1)
           : way_ == "shape"   ? keys
                               : dot_score(queries, keys);
  }
};
FOVEA_SCORER("broken_scorer", BrokenScorer, R"doc(A scorer that is wrong on purpose.)doc");

class BrokenEstimator final : public Estimator, public SeveralDraws, private Ways {
 public:
  void fields(Options& options) override { add_to(options); }
  Extent draws(const SelectorParts&, Extent) const override {
    return way_ == "no_draws" ? 0 : way_ == "draws_negative" ? -2 : way_ == "draws_largest" ? kMost : 2;
  }
  Extent capacity(const SelectorParts& selector, Extent items) const override {
    return way_ == "capacity_zero" ? 0 : way_ == "capacity_more" ? items + 1 : selector->capacity(items);
  }
  bool choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, Choice& out) const override {
    throw_as(after("choose", way_));
    selector->select(scores, draw.rng, out);
    if (way_ == "kept_far") out.kept[0] = 100000000;
    if (way_ != "no_choice") return true;
    out.count = -1;
    return false;
  }
  void share_out(const Evaluations& evaluations, const Shares& out) override {
    throw_as(after("share", way_));
    std::fill(out.weights.begin(), out.weights.end(), Real(1) / static_cast<Real>(evaluations.draws));
    std::fill(out.advantages.begin(), out.advantages.end(), Real(0));
  }
};
FOVEA_ESTIMATOR("broken_estimator", BrokenEstimator, R"doc(An estimator that is wrong on purpose.)doc");

class Broken final : public Experiment {
 public:
  void fields(Options& options) override {
    options.add("task", task_, "how the task is broken");
    options.add("op", op_, "how an op is broken");
    options.add("site", site_, "text of the site");
    options.add("model", model_, "how the model is broken");
  }

  std::vector<RunSpec> runs() const override {
    throw_as(after("runs", model_));
    RunSpec run;
    run.task = "broken_task(" + task_ + ")";
    if (model_ != "none") run.model = [self = *this](Builder& b, const InputTypes& inputs) { self.build(b, inputs); };
    run.train.steps = 6;
    run.train.batch = 32;
    run.train.shard_rows = 16;
    run.train.test_rows = 32;
    run.train.validation_rows = 0;
    return {run};
  }

 private:
  void build(Builder& b, const InputTypes& inputs) const {
    throw_as(after("build", model_));
    const Value x = b.input("x", inputs.at(model_ == "other_input" ? "y" : "x"));  // [B, 4]
    if (model_ == "input_in_scope") {
      const auto scope = b.scope("read");
      b.input("target", inputs.at("target"));
    }
    Value h = b.add(std::make_shared<BrokenOp>(op_), {linear(x, b.parameter("in", {8, 4}))});
    {
      const auto scope = b.scope("site");
      Site site(b, site_, 8, 8);
      const Value items = unsqueeze(h, 1);
      const Value keys = concat({items, scale(items, 0.5), scale(items, -1)}, 1);  // [B, 3, 8]
      const Value queries = model_ == "site_shape" ? concat({items, items}, 2) : items;
      h = squeeze(site.attend({.queries = queries, .prepared_keys = site.prepare_keys(keys), .values = keys}).read, 1);
    }
    const Extent width = model_ == "width" ? Extent{1} << 62U : model_ == "largest_width" ? kMost : 4;
    const Value scores = linear(h, b.parameter("out", {width, 8}));
    if (b.mode() == Mode::kEvaluate && model_ != "no_evaluation") {
      b.output("answers", argmax(scores));
      b.output("scores", scores);
      return;
    }
    const Value cost = cross_entropy(scores, b.input("target", inputs.at("target")));
    b.output(model_ == "no_cost" ? "loss" : "cost", model_ == "detached"     ? detach(cost)
                                                    : model_ == "cost_shape" ? scores
                                                                             : cost);
  }

  std::string task_ = "none", op_ = "none", site_ = "dot", model_ = "whole";
};
FOVEA_EXPERIMENT("broken", Broken, R"doc(What is answered where a plugin breaks its contract?)doc");

}  // namespace
}  // namespace fovea
