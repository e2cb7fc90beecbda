#include "framework/train/evaluation.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "framework/anneal/annealing.h"
#include "framework/core/error.h"
#include "framework/core/name.h"
#include "framework/cpu/parallel.h"
#include "framework/train/meanings.h"
#include "framework/train/metric_means.h"
#include "framework/train/samples.h"
#include "framework/train/training.h"

namespace fovea {

namespace {

/// A metric and a slice become the name of an array, and of the values of its slices.
void expect_names(const Judgement& judgement) {
  for (const Judgement::Metric& metric : judgement.metrics) expect_metric("task", metric.name);
  for (const std::string& slice : judgement.slices) expect_name("task", "of a slice", slice);
}

/// A mean over a number that is none would look like a figure.
void check_metrics(const Judgement& judgement, const std::string& place, Extent first) {
  for (const Judgement::Metric& metric : judgement.metrics) {
    const auto found = std::find_if(metric.rows.begin(), metric.rows.end(), [](double value) { return std::isnan(value); });
    if (found == metric.rows.end()) continue;
    throw NotFiniteError(place, "every metric must be a number; '" + metric.name + "' of item " +
                                    std::to_string(first + (found - metric.rows.begin())) +
                                    " is nan; look at how the task judges that item");
  }
}

bool has_nan(const Tensor& tensor) {
  if (tensor.type.kind != Kind::kReal) return false;
  return std::any_of(tensor.real(), tensor.real() + tensor.size(), [](Real value) { return std::isnan(value); });
}

/// How routers have shared out their rows; where there are several, the worst of each figure.
void add_balance(const std::vector<SiteHealth>& sites, std::vector<JournalValue>& values) {
  SiteHealth::Balance worst;
  bool has_router = false;
  for (const SiteHealth& site : sites) {
    if (!site.is_router()) continue;
    const SiteHealth::Balance one = site.balance();
    worst.max_load = std::max(worst.max_load, one.max_load);
    worst.batch_max_violation = std::max(worst.batch_max_violation, one.batch_max_violation);
    worst.dropped = std::max(worst.dropped, one.dropped);
    has_router = true;
  }
  if (!has_router) return;
  values.push_back({"max_load", worst.max_load, ""});
  values.push_back({"max_violation", worst.max_violation(), ""});
  values.push_back({"batch_max_violation", worst.batch_max_violation, ""});
  values.push_back({"dropped", worst.dropped, ""});
}

}  // namespace

Evaluation::Evaluation(Config config, const RunSpec& run, ParameterStore& parameters)
    : config_(std::move(config)),
      settings_(run.train),
      task_(make_task(config_.task)),
      whole_(std::min(run.train.evaluation_batch, std::max<Extent>(1, config_.rows))) {
  const Batch& batch = fill(0, whole_.rows());
  const Extent rows = std::min(settings_.shard_rows, batch.rows());
  auto graph = build_graph(run.model, with_rows(batch.types(), rows), Mode::kEvaluate, settings_);
  parameters.check_covers(*graph);
  shards_ = std::make_unique<Shards>(Shards::Config{std::move(graph), &parameters, nullptr, settings_.shard_rows});
}

Batch& Evaluation::fill(Extent number, Extent rows) {
  Batch* batch = &whole_;
  if (rows != whole_.rows()) {
    if (!rest_) rest_.emplace(rows);
    batch = &*rest_;
  }
  batch->start_at(number * whole_.rows());
  fill_batch(*task_, config_.split, {.seed = static_cast<std::uint64_t>(settings_.seed), .number = number}, *batch);
  return *batch;
}

OpContext Evaluation::context_of(const Shard& shard, Extent number) const {
  OpContext context;
  context.seed = static_cast<std::uint64_t>(settings_.seed);
  context.step = static_cast<std::uint32_t>(number);
  context.first_row = static_cast<std::uint32_t>(shard.first_row);
  context.mode = Mode::kEvaluate;
  return context;
}

void Evaluation::forward(const Batch& batch, Extent number, Extent rows, const ToldWish& wish) {
  bound_ = shards_->bind(batch);
  bound_ = bound_.first(Shards::count(rows, settings_.shard_rows));
  has_nan_choice_ = false;
  told_.clear();
  const Extent first = number * whole_.rows();
  for (const Shard& shard : bound_) {
    if (first < wish.items) told_.emplace_back(graph(), first + shard.first_row, wish);
  }
  const auto work = [&](Extent shard) {
    const OpContext context = context_of(bound_[shard], number);
    Observer* observer = told_.empty() ? nullptr : &told_[static_cast<std::size_t>(shard)];
    if (bound_[shard].execution->hunt(context, Execution::With::kChoices, observer)) has_nan_choice_ = true;
  };
  cpu::parallel_for(static_cast<Extent>(bound_.size()), std::ref(work));
}

void Evaluation::assemble(Extent rows) {
  for (const NamedSlot& named : graph().outputs()) {
    Tensor& whole = outputs_[named.name];
    std::size_t filled = 0;
    for (const Shard& shard : bound_) {
      const Tensor part = shard.execution->value(named.slot);
      if (part.shape().rank() == 0 || part.shape()[0] != shard.rows) {
        throw Error("model", "the output '" + named.name + "' must have the " + std::to_string(shard.rows) +
                                 " items of its batch as first axis; its shape is " + part.shape().text() +
                                 "; move that axis to the front.");
      }
      std::vector<std::byte>& memory = memory_[named.name];
      const std::size_t bytes = part.bytes() / static_cast<std::size_t>(shard.rows) * static_cast<std::size_t>(rows);
      if (memory.size() < bytes) memory.resize(bytes);
      whole = {memory.data(), {part.shape().with(0, rows), part.type.kind}};
      std::memcpy(memory.data() + filled, part.data, part.bytes());
      filled += part.bytes();
    }
  }
}

void follow_annealed(const Graph& graph, const Graph& trained, Extent step, Extent steps) {
  for (const AnnealedSlot& slot : graph.annealed()) {
    const auto same = [&](const AnnealedSlot& other) {
      return other.path == slot.path && other.number->text() == slot.number->text();
    };
    const auto found = std::find_if(trained.annealed().begin(), trained.annealed().end(), same);
    if (found != trained.annealed().end()) {
      slot.number->store(found->number->value());
    } else {
      slot.number->set(step, steps);
    }
  }
}

void Evaluation::follow(const Graph& trained, Extent step) { follow_annealed(graph(), trained, step, settings_.steps); }

Judgement Evaluation::judge(const Batch& batch, Extent rows) { return judge_batch(*task_, batch, outputs_, rows); }

std::optional<double> Evaluation::chance() const {
  const double share = task_->chance();
  return share < 0 ? std::nullopt : std::optional(share);
}

void Evaluation::note_correct(const Judgement& judgement) {
  for (const double value : judgement.metrics.front().rows) {
    if (value == 0 || value == 1) correct_.push_back(static_cast<std::int32_t>(value));
  }
}

/// Looks for NaN in what the task judges; the choices were looked at while they were made. Item `first` begins the batch.
void Evaluation::check_finite(Extent first, Extent number) const {
  const auto bad = [](const auto& output) { return has_nan(output.second); };
  const auto output = std::find_if(outputs_.begin(), outputs_.end(), bad);
  if (output == outputs_.end() && !has_nan_choice_) return;
  const std::string place = "evaluation '" + config_.name + "': every value must be a number; ";
  for (const Shard& shard : bound_) {
    const auto found = shard.execution->hunt(context_of(shard, number), Execution::With::kNumbers);
    if (!found) continue;
    throw NotFiniteError(found->path, place + found->text() + ", of the shard that begins at item " +
                                          std::to_string(first + shard.first_row) + " of the evaluation");
  }
  throw NotFiniteError("model", place + "an input of a choice or an output has nan in one of the items from " +
                                    std::to_string(first) + " on");
}

std::vector<JournalValue> Evaluation::try_out() {
  Batch batch(1);
  fill_batch(*task_, config_.split, {.seed = static_cast<std::uint64_t>(settings_.seed), .number = 0}, batch);
  forward(batch, 0, 1);
  assemble(1);
  const Judgement judgement = judge(batch, 1);
  expect_names(judgement);
  MetricMeans means;
  means.add(judgement);
  return means.values();
}

std::optional<std::vector<JournalValue>> Evaluation::run(const Continue& goes_on) {
  MetricMeans means;
  health_ = health_of_sites(graph());
  correct_.clear();
  shards_->take_counters();
  const ToldWish followed{SiteHealth::kFollowedItems, SiteHealth::kFollowedQueries};
  Extent done = 0;
  for (Extent number = 0; done < config_.rows; ++number) {
    if (!goes_on(static_cast<double>(done) / static_cast<double>(config_.rows))) return std::nullopt;
    const Extent rows = std::min(whole_.rows(), config_.rows - done);
    const Batch& batch = fill(number, rows);
    forward(batch, number, rows, followed);
    assemble(rows);
    check_finite(done, number);
    const Judgement judgement = judge(batch, rows);
    check_metrics(judgement, config_.name, done);
    means.add(judgement);
    note_correct(judgement);
    for (SiteHealth& site : health_) {
      for (const Shard& shard : bound_) site.add(*shard.execution, done + shard.first_row);
      site.add(joined(told_, site.path()));
      site.end_batch();
    }
    done += rows;
  }
  has_run_ = true;
  counters_ = shards_->take_counters();
  if (static_cast<Extent>(correct_.size()) != config_.rows) correct_.clear();
  std::vector<JournalValue> values = means.values();
  add_balance(health_, values);
  return values;
}

/// As many of the first items as are asked for, but not more than fit; the graph has the types of this very batch.
Extent Evaluation::sampled_rows(const Batch& batch, Extent rows) const {
  constexpr std::size_t kMostBytes = std::size_t{4} << 20U;
  std::size_t bytes = 0;  // of an item
  const auto add = [&](const Type& type) {
    bytes += type.bytes() / static_cast<std::size_t>(type.shape.rank() == 0 ? 1 : std::max<Extent>(type.shape[0], 1));
  };
  for (const auto& [name, type] : batch.types()) add(type);
  for (const NamedSlot& output : graph().outputs()) add(graph().type(output.slot));
  const auto most = static_cast<Extent>(kMostBytes / std::max<std::size_t>(bytes, 1));
  return std::min({rows, whole_.rows(), std::max<Extent>(most, 1)});
}

Evaluation::Sample Evaluation::sample(Extent rows) {
  const Batch& batch = fill(0, whole_.rows());
  rows = sampled_rows(batch, rows);
  const Meanings meanings = task_->meanings();
  if (site_axes_.empty()) site_axes_ = axes_of_sites(graph(), batch.types(), meanings);
  forward(batch, 0, rows, {.items = rows});
  assemble(bound_.empty() ? 0 : bound_.back().first_row + bound_.back().rows);
  Sample sample{sampled_selections(graph(), bound_, rows, told_),
                sampled_predictions(config_.name, batch, outputs_, rows, meanings)};
  for (SelectionSite& site : sample.selections) describe(site, batch);
  return sample;
}

/// What the last run says about a site, and what its items and queries are.
void Evaluation::describe(SelectionSite& site, const Batch& batch) const {
  site.split = config_.name;
  const auto health =
      std::find_if(health_.begin(), health_.end(), [&](const SiteHealth& other) { return other.path() == site.path; });
  if (health != health_.end()) health->describe(site);
  const auto counters = counters_.find(site.path);
  if (counters != counters_.end() && config_.rows > 0) site.per_row = rates_of(counters->second, config_.rows);
  const auto axes = site_axes_.find(site.path);
  if (axes != site_axes_.end()) describe_axes(site, axes->second, batch, config_.name);
}

}  // namespace fovea
