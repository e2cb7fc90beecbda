#include "framework/trained/predictor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"
#include "framework/train/evaluation.h"
#include "framework/train/meanings.h"
#include "framework/train/recorder.h"
#include "framework/train/samples.h"
#include "framework/train/site_axes.h"
#include "framework/trained/fit_checks.h"

namespace fovea {
namespace {

OpContext context_of(const TrainSettings& settings, const Shard& shard) {
  OpContext context;
  context.seed = static_cast<std::uint64_t>(settings.seed);
  context.first_row = static_cast<std::uint32_t>(shard.first_row);
  context.mode = Mode::kEvaluate;
  return context;
}

}  // namespace

Predictor::Predictor(TrainedRun& trained, std::vector<SiteChange> sites, const std::string& task)
    : trained_(trained), sites_(std::move(sites)), task_(make_task(task.empty() ? trained.spec().task : task)) {
  if (!task.empty()) expect_same_labels(trained.training().task(), *task_, task);
}

Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;

void Predictor::build(const Batch& batch) {
  const TrainSettings& settings = trained_.spec().train;
  auto met = std::make_shared<std::vector<std::string>>();
  const RunSpec run = with_changes(trained_.spec(), sites_, met);
  const InputTypes types = with_rows(batch.types(), std::min(settings.shard_rows, batch.rows()));
  auto graph = build_graph(run.model, types, Mode::kEvaluate, settings);
  trained_.parameters().check_covers(*graph);
  if (!sites_.empty()) {
    expect_patterns(sites_, *met);
    expect_use(*build_graph(trained_.spec().model, types, Mode::kEvaluate, settings), *graph, sites_);
  }
  follow_annealed(*graph, trained_.training().graph(), trained_.step(), settings.steps);
  shards_ = std::make_unique<Shards>(Shards::Config{std::move(graph), &trained_.parameters(), nullptr, settings.shard_rows});
}

const Outputs& Predictor::predict(const Batch& batch) {
  if (batch.rows() < 1) throw Error("predict", "a batch of one item at least was expected; it has none; make Batch(1).");
  if (!shards_) build(batch);
  batch_ = &batch;
  bound_ = shards_->bind(batch);
  const auto work = [&](Extent number) {
    const Shard& shard = bound_[static_cast<std::size_t>(number)];
    shard.execution->forward(context_of(trained_.spec().train, shard));
  };
  if (bound_.size() == 1) {
    work(0);
  } else {
    cpu::parallel_for(static_cast<Extent>(bound_.size()), std::ref(work));
  }
  assemble(batch.rows());
  return outputs_;
}

void Predictor::assemble(Extent rows) {
  for (const NamedSlot& named : shards_->graph().outputs()) {
    Tensor& whole = outputs_[named.name];
    if (bound_.size() == 1) {
      whole = bound_.front().execution->value(named.slot);
      continue;
    }
    std::vector<std::byte>& memory = memory_[named.name];
    std::size_t filled = 0;
    for (const Shard& shard : bound_) {
      const Tensor part = shard.execution->value(named.slot);
      const std::size_t bytes = part.bytes() / static_cast<std::size_t>(shard.rows) * static_cast<std::size_t>(rows);
      if (memory.size() < bytes) memory.resize(bytes);
      whole = {memory.data(), {part.shape().with(0, rows), part.type.kind}};
      std::memcpy(memory.data() + filled, part.data, part.bytes());
      filled += part.bytes();
    }
  }
  for (const auto& [name, tensor] : outputs_) {
    if (tensor.type.kind != Kind::kReal) continue;
    Real* const begin = tensor.real();
    if (std::none_of(begin, begin + tensor.size(), [](Real value) { return std::isnan(value); })) continue;
    throw Error("predict",
                "outputs that are numbers were expected; '" + name + "' has nan; look at the items that were given.");
  }
}

std::vector<SelectionSite> Predictor::selections() {
  std::vector<ToldRows> told;
  for (const Shard& shard : bound_) {
    told.emplace_back(shards_->graph(), shard.first_row, ToldWish{.items = batch_->rows()});
  }
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    bound_[i].execution->hunt(context_of(trained_.spec().train, bound_[i]), Execution::With::kChoices, &told[i]);
  }
  return sampled_selections(shards_->graph(), bound_, batch_->rows(), told);
}

RunRecord Predictor::record(const std::string& name) {
  RunRecord record;
  record.experiment = trained_.request().experiment;
  record.run = trained_.spec().name;
  record.seed = trained_.spec().train.seed;
  record.state = "finished";
  record.selection = selections();
  // Only what the model reads was given for sure: an answer, say, is unknown.
  Batch read(batch_->rows());
  for (const Node& node : shards_->graph().nodes()) {
    if (node.kind != Node::Kind::kInput) continue;
    const Tensor from = batch_->at(node.path);
    std::memcpy(read.make(node.path, from.type).data, from.data, from.bytes());
  }
  const Meanings meanings = task_->meanings();
  const std::map<std::string, SiteAxes> axes = axes_of_sites(shards_->graph(), read.types(), meanings);
  record.predictions = {sampled_predictions(name, read, outputs_, batch_->rows(), meanings)};
  for (SelectionSite& site : record.selection) {
    site.split = name;
    if (const auto found = axes.find(site.path); found != axes.end()) describe_axes(site, found->second, read, name);
  }
  return record;
}

}  // namespace fovea
