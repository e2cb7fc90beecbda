#include "framework/train/shards.h"

#include <algorithm>

#include "framework/core/free_memory.h"
#include "framework/graph/check.h"
#include "framework/train/objective.h"

namespace fovea {

Shards::Shards(Config config) : config_(std::move(config)) {
  for (const Node& node : config_.graph->nodes()) {
    if (node.kind == Node::Kind::kInput) input_names_.push_back(node.path);
  }
  inputs_.resize(input_names_.size());
}

std::span<Shard> Shards::bind(const Batch& batch) {
  for (std::size_t i = 0; i < input_names_.size(); ++i) inputs_[i] = batch.at(input_names_[i]);
  Shape& shape = shape_of(batch.rows());
  shape.used = ++clock_;
  for (Shard& shard : shape.shards) {
    for (std::size_t i = 0; i < input_names_.size(); ++i) {
      shard.execution->bind(input_names_[i], Batch::rows_of(inputs_[i], shard.first_row, shard.rows).data);
    }
  }
  return shape.shards;
}

Shards::Shape& Shards::shape_of(Extent rows) {
  const auto fits = [&](const Shape& shape) {
    return shape.shards.back().first_row + shape.shards.back().rows == rows &&
           std::equal(inputs_.begin(), inputs_.end(), shape.inputs.begin(),
                      [](const Tensor& tensor, const Type& type) { return tensor.type == type; });
  };
  const auto found = std::find_if(shapes_.begin(), shapes_.end(), fits);
  if (found != shapes_.end()) return *found;
  Shape fresh = make_shape(rows);
  drop_until_fits(fresh.bytes);
  shapes_.push_back(std::move(fresh));
  return shapes_.back();
}

void Shards::drop_until_fits(std::size_t bytes) {
  for (const Shape& shape : shapes_) bytes += shape.bytes;
  while (bytes > kMaxBytes && !shapes_.empty()) {
    const auto oldest =
        std::min_element(shapes_.begin(), shapes_.end(), [](const Shape& a, const Shape& b) { return a.used < b.used; });
    bytes -= oldest->bytes;
    collect(*oldest);
    shapes_.erase(oldest);
  }
}

Shards::Shape Shards::make_shape(Extent rows) const {
  Shape shape;
  InputTypes types;
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    shape.inputs.push_back(inputs_[i].type);
    types.emplace(input_names_[i], inputs_[i].type);
  }
  const auto passes = config_.gradients == nullptr ? Plan::Passes::kForward : Plan::Passes::kBackward;
  std::shared_ptr<const Plan> plan;  // of whole shards, then of the last one where that is smaller
  Extent planned_rows = 0;
  for (Extent first = 0; first < rows; first += config_.shard_rows) {
    const Extent here = std::min(config_.shard_rows, rows - first);
    if (here != planned_rows) plan = Plan::compile(config_.graph, with_rows(types, here), passes);
    planned_rows = here;
    if (first == 0) expect_memory(plan->arena_bytes() * static_cast<std::size_t>(count(rows, config_.shard_rows)));
    shape.bytes += plan->arena_bytes();
    const Extent number = first / config_.shard_rows;
    Real* const block = config_.gradients == nullptr ? nullptr : config_.gradients->block(number).data();
    shape.shards.push_back({first, here, std::make_unique<Execution>(plan, config_.parameters->memory(block))});
  }
  return shape;
}

void Shards::collect(Shape& shape) {
  for (Shard& shard : shape.shards) {
    for (const auto& [site, counters] : shard.execution->take_counters()) counters_[site] += counters;
  }
}

std::map<std::string, Counters> Shards::take_counters() {
  for (Shape& shape : shapes_) collect(shape);
  return std::exchange(counters_, {});
}

std::shared_ptr<const Graph> build_graph(const Model& model, const InputTypes& inputs, Mode mode,
                                         const TrainSettings& settings) {
  Builder builder("model", mode);
  builder.set_wishes({.products = settings.products == "bf16" ? cpu::Products::kBf16 : cpu::Products::kFull,
                      .label_smoothing = settings.label_smoothing,
                      .frozen = PathPatterns(settings.freeze),
                      .dropout = PathNumbers(settings.parameter_dropout, "parameter_dropout", 0, kMostDropped)});
  std::vector<std::string> names;
  for (const auto& [name, type] : inputs) names.push_back(name);
  try {
    if (model == nullptr) throw Error("a model was expected; none came; set RunSpec::model.");
    model(builder, inputs);
    const Objective objective(mode == Mode::kTrain ? settings.objective : "");
    if (!objective.is_empty()) objective.replace_cost(builder);
    auto graph = builder.freeze();
    graph::expect_inputs(*graph, names);
    objective.expect_trainable(*graph);
    return graph;
  } catch (...) {
    const Error error = caught_error("model");
    throw error.where().empty() ? Error("model", error.fact()) : error;
  }
}

InputTypes with_rows(const InputTypes& inputs, Extent count) {
  InputTypes types = inputs;
  for (auto& [name, type] : types) type.shape = type.shape.with(0, count);
  return types;
}

}  // namespace fovea
