#include "modules/memory/bit_sequences.h"

#include <algorithm>
#include <numbers>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/layers/linear.h"
#include "modules/recurrent/lstm.h"

namespace fovea {
namespace {

constexpr const char* kNetworks[] = {"ntm", "lstm", "dnc"};

/// Scores [T, B, O] of inputs [T, B, D].
Value scores_of(Builder& b, Value inputs, BitSequencesOptions options, Extent bits) {
  if (b.mode() == Mode::kEvaluate) {
    options.ntm.slots = std::max(options.ntm.slots, inputs.shape()[0]);
    options.dnc.slots = std::max(options.dnc.slots, inputs.shape()[0]);
    options.sam.slots = std::max(options.sam.slots, inputs.shape()[0]);
  }
  if (options.network == "ntm") {
    NtmMemory memory(b, options.ntm);
    return memory_network(inputs, memory, options.controller, bits);
  }
  if (options.network == "dnc") {
    DncMemory memory(b, options.dnc);
    return memory_network(inputs, memory, options.controller, bits);
  }
  if (options.network == "sam") {
    SamMemory memory(b, options.sam);
    return memory_network(inputs, memory, options.controller, bits);
  }
  if (options.network != "lstm") {
    throw Error("bit_sequences", unknown_name(options.network, std::vector<std::string>{"ntm", "dnc", "sam", "lstm"}));
  }
  const Lstm lstm(b, "lstm", inputs.shape().last(), options.controller.hidden);
  return linear_layer(b, "output", lstm.run(inputs).states, bits);
}

}  // namespace

Model bit_sequences(const BitSequencesOptions& options) {
  return [options](Builder& b, const InputTypes& inputs) {
    const Extent bits = inputs.at("target").shape.last();
    const Value input = transpose(b.input("input", inputs.at("input")), {1, 0, 2});
    const Value scores = scores_of(b, input, options, bits);
    if (b.mode() == Mode::kEvaluate) {
      b.output("scores", transpose(scores, {1, 0, 2}));
      return;
    }
    const Value target = transpose(b.input("target", inputs.at("target")), {1, 0, 2});
    const Value mask = to_real(transpose(b.input("mask", inputs.at("mask")), {1, 0}));  // [T, B]
    const Value costs = mean(subtract(softplus(scores), multiply(scores, target)), 2);  // [T, B]
    const Value whole = sum(multiply(costs, mask), 0);
    b.output("cost", divide(whole, sum(mask, 0)));
    b.metric("cost_bits", scale(whole, static_cast<double>(bits) * std::numbers::log2e));
  };
}

TrainSettings bit_sequences_training() {
  TrainSettings train;
  train.batch = 32;
  train.shard_rows = 16;
  train.learning_rate = 1e-3;
  train.schedule = "cosine(to=0.02)";
  train.clip_norm = 10;
  train.log_every = 50;
  train.evaluate_every = 1000;
  train.validation_rows = 320;
  train.evaluation_batch = 16;
  train.test_rows = 0;
  return train;
}

void BitSequencesExperiment::fields(Options& options) {
  options.add("networks", networks_, "which to run", {"all", "ntm", "dnc", "lstm"});
  options.add("baseline_hidden", baseline_, "width of the lstm without a memory, >= 1", {.low = 1});
  model_.controller.fields(options);
  model_.ntm.fields(options);
}

std::vector<RunSpec> BitSequencesExperiment::runs() const {
  std::vector<RunSpec> runs;
  for (const char* network : kNetworks) {
    if (networks_ == "all" || networks_ == network) runs.push_back(run_of(network));
  }
  return runs;
}

std::vector<Comparison> BitSequencesExperiment::published() const {
  Comparison table{.title = about_.title, .metric = "wrong_bits", .sources = {}, .rows = {}};
  for (const Extent test : tests_) {
    for (const std::string network : kNetworks) {
      table.rows.push_back({.name = network + ", " + test_name(test), .runs = network, .split = test_name(test)});
    }
  }
  return {table};
}

RunSpec BitSequencesExperiment::run_of(const std::string& network) const {
  BitSequencesOptions model = model_;
  model.network = network;
  if (network == "lstm") model.controller.hidden = baseline_;
  if (network == "dnc") model.controller.kind = "lstm";
  RunSpec run;
  run.name = network;
  run.task = task_text(0);
  run.model = bit_sequences(model);
  run.train = bit_sequences_training();
  run.train.steps = about_.steps;
  for (const Extent test : tests_) {
    const bool is_longer = test > about_.longest_linked;
    if (network == "dnc" && is_longer) continue;
    run.evaluations.push_back({test_name(test), task_text(test), is_longer ? about_.longer_rows : about_.rows});
  }
  return run;
}

}  // namespace fovea
