#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "framework/experiment.h"
#include "framework/train/slope_error.h"
#include "framework/train/trainer.h"
#include "tests/conformance/subject.h"

namespace fovea::conformance {
namespace {

using Settings = std::vector<std::string>;

constexpr const char* kHint = "give the experiment other settings in small() of tests/conformance/experiments_test.cpp";
constexpr double kMostWork = 2e6;  // multiply-adds of a batch

/// The lines of settings that make an experiment small, by its name.
using Small = std::map<std::string, std::vector<Settings>>;

Small small_stories() {
  const Settings story{"tasks=1", "questions=100", "width=6"};
  const auto with = [](Settings settings, const Settings& more) {
    settings.insert(settings.end(), more.begin(), more.end());
    return settings;
  };
  return {
      {"babi_entnet",
       {with(story, {"memory=8", "slots=4"}), with(story, {"memory=8", "slots=4", "encoding=gru"}),
        with(story, {"memory=8", "slots=4", "write=dot | dense | top_k(2) | none", "encoding=position"})}},
      {"babi_hard_memory", {with(story, {"slots=8", "hops=2", "labels=true", "linear_epochs=0"})}},
      {"babi_key_value",
       {with(story, {"memory=8"}), with(story, {"memory=8", "memories=windows", "hash=true"}),
        with(story, {"memory=8", "encoding=gru"})}},
      {"babi_memn2n",
       {with(story, {"slots=8"}), with(story, {"slots=8", "linear_epochs=0", "nonlinear=true", "state_map=hop", "gate=hop"}),
        with(story, {"slots=8", "linear_epochs=0", "tying=layer_wise", "encoding=gru", "time=slot"})}},
      {"babi_universal",
       {with(story, {"memory=8", "heads=2", "hidden=8", "most_steps=3"}),
        with(story,
             {"memory=8", "heads=2", "hidden=8", "most_steps=2", "halting=fixed", "norm=post", "answer_from=mean"})}}};
}

Small small_memories() {
  // All patterns except adaptive_span, which weighs pairs.
  const std::string in_tiles =
      "causal+window+dilated+strided+fixed+block+global+random_blocks+axial+hash_buckets+content_clusters+routed_blocks+"
      "content_top_k+window_top_k+argmax+top_k+sparsemax";
  return {{"length_generalisation", {{"max_length=4", "tests=5", "numbers=8", "width=8", "hidden=8", "heads=2"}}},
          {"long_recall",
           {{"sizes=32x4", "tests=32x4", "vocabulary=16", "width=8"},
            {"sizes=32x4", "tests=32x4", "vocabulary=16", "width=8", "kernel=tiles", "positions=rotary", "hidden=8",
             "choices=" + in_tiles}}},
          {"ntm_copy",
           {{"max_length=4", "tests=5", "hidden=8", "slots=8", "slot_width=5", "baseline_hidden=8"},
            {"max_length=4", "tests=5", "hidden=8", "slots=8", "slot_width=5", "networks=ntm", "controller=lstm", "reads=2",
             "writes=2", "sharpening=sparse"}}},
          {"ntm_recall", {{"max_items=2", "tests=3", "hidden=8", "slots=8", "slot_width=5", "baseline_hidden=8"}}}};
}

Small small_others() {
  return {
      {"date_translation", {{"hidden=6", "encoder_hidden=5", "embedding=4"}}},
      {"expert_routing", {{"width=8", "experts=4", "expert_hidden=6", "text=domain_text(words=8, length=12)"}}},
      {"glimpse", {{"features=6", "hidden=6", "scorer=additive(width=6)"}}},
      {"own_data",
       {{"hidden=6"},
        {"task=date_translation", "hidden=6"},
        {"task=listops(min_length=3, max_length=8)", "hidden=6", "layers=1"},
        {"task=glimpse(grid=2, digits=1)", "patch=8", "hidden=6"}}},
      {"order_matters", {{"lengths=4", "transfer=5", "hidden=6", "glimpses=1"}}},
      {"polynomial_programming", {{"choices=8"}}},
      {"program_synthesis",
       {{"longest=1", "registers=3", "bits=4", "pairs=2", "features=6", "hidden=6", "samples=2", "learn_from=both"}}},
      {"real_strings",
       {{"task=number_names(digits=2)", "hidden=6", "encoder_hidden=5", "embedding=4"},
        {"task=date_translation", "hidden=6", "encoder_hidden=5", "embedding=4", "only=marginal"}}},
      {"sort_by_pointing",
       {{"n=5", "n_min=4", "lengths=6", "hidden=6", "tanh_clip=4"},
        {"n=5", "n_min=4", "lengths=6", "hidden=6", "encoder=lstm", "beam=2", "site=additive | dense | softmax | none"}}},
      // Words of zeros tie.
      {"sparse_memory_scaling",
       {{"max_size=2", "tests=3", "sizes=64", "most_dense=64", "sam_slots=64", "sam_width=6", "hidden=8", "sam_start=normal",
         "site=cosine(epsilon=0.001) | dense | top_k(4) | none"}}}};
}

/// What makes an experiment small if its own settings would train for hours. An experiment with several lines is
/// tried once with each: every line makes all runs.
const Small& small() {
  static const Small settings = [] {
    Small all = small_stories();
    all.merge(small_memories());
    all.merge(small_others());
    return all;
  }();
  return settings;
}

/// The runs of an experiment with these options, made small.
std::vector<RunSpec> runs_of(const std::string& experiment, const Settings& settings) {
  const std::unique_ptr<Experiment> made = Registry<Experiment>::instance().make(experiment);
  Options options;
  made->fields(options);
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    options.set(setting.substr(0, equals), setting.substr(equals + 1));
  }
  std::vector<RunSpec> runs = made->runs();
  for (RunSpec& run : runs) {
    run.train.steps = 2;
    run.train.batch = 4;
    run.train.shard_rows = 2;
  }
  return runs;
}

std::vector<std::string> experiments() {
  if (subject()) return texts_of<Experiment>();
  std::vector<std::string> names;
  for (const PluginInfo& plugin : Catalogue::instance().all(Experiment::kKind)) {
    if (plugin.file.find("experiments/") != std::string::npos) names.push_back(plugin.name);  // no plugin of a test
  }
  return names;
}

void check(const RunSpec& run) {
  const CheckReport report = check_run(run);
  if (!subject() && report.multiply_adds > kMostWork) {
    FAIL_CHECK("a batch takes ", report.multiply_adds, " multiply-adds, too many for a test; ", std::string(kHint));
  }
  CHECK(report.losses.size() == 2);
  for (const double loss : report.losses) CHECK(std::isfinite(loss));
  for (const std::string& path : report.unmoved) {
    // The query of polynomial_programming is 0, and so is the hidden layer of a critic that reads it.
    if (path.find("estimator/critic_") != std::string::npos) continue;
    FAIL_CHECK("the parameter ", path, " did not move");
  }
  CAPTURE(report.worst_parameter);
  CHECK(report.gradient_error <= kLargestSlopeError);
  CHECK(report.gradient_checked != (report.gradient_note.size() > 0));
}

void check(const std::string& experiment, const Settings& settings) {
  for (const RunSpec& run : runs_of(experiment, settings)) {
    CAPTURE(run.name);
    check(run);
  }
}

}  // namespace

TEST_CASE("every run of every experiment compiles, trains, has the gradient of its cost, and is evaluated") {
  const std::vector<std::string> names = experiments();
  if (!subject()) CHECK(names.size() > 15);
  for (const std::string& name : names) {
    const auto found = small().find(name);
    for (const Settings& settings : found == small().end() ? std::vector<Settings>{{}} : found->second) {
      std::string line;
      for (const std::string& setting : settings) line += " '" + setting + "'";
      CAPTURE(name);
      CAPTURE(line);
      try {
        check(name, settings);
      } catch (const Error& error) {
        const std::string failure = std::string(error.what()) + (subject() ? "" : std::string("; ") + kHint);
        FAIL_CHECK(failure);
      }
    }
  }
}

}  // namespace fovea::conformance
