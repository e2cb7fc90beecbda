#include "framework/train/training.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "framework/anneal/annealing.h"
#include "framework/core/error.h"
#include "framework/core/name.h"
#include "framework/cpu/parallel.h"
#include "framework/train/parameter_paths.h"
#include "framework/train/start_from.h"

namespace fovea {

namespace {

constexpr double kMostDecay = 1000;

/// A parameter is an array of the file of results, and a scope a folder: they need different names.
void check_paths(const ParameterStore& store) {
  for (const ParameterStore::Entry& entry : store.entries()) {
    expect_path("model", "of a parameter", entry.path);
    for (const ParameterStore::Entry& other : store.entries()) {
      if (!other.path.starts_with(entry.path + "/")) continue;
      throw Error("model", "a parameter and a scope were expected to have different names; '" + entry.path +
                               "' is both: there is '" + other.path + "' too; rename one of them.");
    }
  }
}

/// The run, its settings within their bounds, also where the experiment has set them.
const RunSpec& checked(const RunSpec& run) {
  TrainSettings settings = run.train;
  Options options;
  settings.fields(options);
  options.check();
  return run;
}

}  // namespace

std::unique_ptr<Task> make_task(const std::string& text) { return Registry<Task>::instance().parse(text).plugin; }

Training::Training(const RunSpec& run)
    : run_(checked(run)),
      task_(make_task(run.task)),
      schedule_(run.train.schedule),
      optimizer_(Registry<Optimizer>::instance().parse(run.train.optimizer).plugin),
      batches_{Batch(run.train.batch), Batch(run.train.batch)} {
  const TrainSettings& settings = run_.train;
  fill_batch(*task_, Split::kTrain, {.seed = static_cast<std::uint64_t>(settings.seed), .number = 0}, batches_[0]);
  filled_[0] = 0;
  const Extent rows = std::min(settings.shard_rows, settings.batch);
  graph_ = build_graph(run_.model, with_rows(batches_[0].types(), rows), Mode::kTrain, settings);
  find_outputs();
  name_annealed();
  store_ = std::make_unique<ParameterStore>(*graph_);
  check_paths(*store_);
  check_parameters();
  store_->set_decay(PathNumbers(settings.parameter_decay, "parameter_decay", 0, kMostDecay));
  averaging_ = std::make_unique<Averaging>(settings.average, store_->size(), settings.steps);
  store_->initialise(static_cast<std::uint64_t>(settings.seed));
  start_from(*store_, settings);
  optimizer_->prepare(store_->optimized());
  draws_ = Draws(*graph_, settings.batch);
  repeated_ = Batch(draws_.rows());
  const Extent shards = Shards::count(settings.batch, settings.shard_rows);
  gradients_ = std::make_unique<GradientBlocks>(shards, store_->size(), store_->optimized());
  // All draws of an item are in one shard.
  const Extent shard_rows = settings.shard_rows * draws_.count();
  shards_ = std::make_unique<Shards>(Shards::Config{graph_, store_.get(), gradients_.get(), shard_rows});
  shard_slots_.resize(shards);
}

Training::~Training() = default;

void Training::check_parameters() const {
  std::vector<std::string> all;
  std::vector<std::string> dropped;  // may be
  for (const ParameterStore::Entry& entry : store_->entries()) {
    all.push_back(entry.path);
    if (entry.sign_rate == nullptr) dropped.push_back(entry.path);
  }
  expect_matched("freeze", PathPatterns(run_.train.freeze).unmatched(all), all);
  const PathNumbers dropout(run_.train.parameter_dropout, "parameter_dropout", 0, kMostDropped);
  expect_matched("parameter_dropout", dropout.unmatched(dropped), dropped);
  if (store_->optimized() > 0) return;
  if (run_.train.freeze.empty()) throw Error("model", "it has no parameters, so there is nothing to train; add a layer.");
  throw Error("freeze", "a parameter that the optimizer moves was expected; none is left; take a pattern out.");
}

void Training::find_outputs() {
  constexpr std::string_view kMetric = "metric/";
  cost_ = graph_->output("cost");
  const auto check = [&](const std::string& name, Slot slot) {
    const Type& type = graph_->type(slot);
    if (type.kind == Kind::kReal && type.shape.rank() == 1) return;
    throw Error("model", "the output '" + name + "' must be Real [B], one number for each item; it is " +
                             (type.kind == Kind::kReal ? "Real " : "Index ") + type.shape.text() +
                             "; take its mean over the other axes.");
  };
  check("cost", cost_);
  for (const NamedSlot& output : graph_->outputs()) {
    if (!output.name.starts_with(kMetric)) continue;
    check(output.name, output.slot);
    metrics_.push_back(output.slot);
    metric_names_.push_back(output.name.substr(kMetric.size()));
  }
}

/// An annealed number is logged like a metric, after those of the model.
void Training::name_annealed() {
  for (const AnnealedSlot& slot : graph_->annealed()) {
    std::string name = slot.path;
    std::replace(name.begin(), name.end(), '/', '_');
    metric_names_.push_back(std::move(name));
  }
  report_.metrics.resize(metric_names_.size());
  anneal(0);
}

void Training::anneal(Extent step) {
  for (const AnnealedSlot& slot : graph_->annealed()) slot.number->set(step, run_.train.steps);
}

void Training::observe(double metric) {
  schedule_.observe(metric);
  for (const AnnealedSlot& slot : graph_->annealed()) slot.number->annealing().observe(metric);
}

std::string Training::needs_metric() const {
  if (schedule_.needs_metric()) return run_.train.schedule;
  for (const AnnealedSlot& slot : graph_->annealed()) {
    if (slot.number->annealing().needs_metric()) return slot.number->text();
  }
  return run_.train.keep == "best" ? "keep=best" : "";
}

void Training::put_back(std::span<const Real> values) {
  if (averaging_->has_begun(steps_done_)) return averaging_->set(values);
  std::copy(values.begin(), values.end(), store_->values().begin());
}

void Training::resume_at(Extent step) {
  steps_done_ = step;
  filled_[0] = filled_[1] = -1;
}

std::span<Shard> Training::bind_first_batch() {
  if (filled_[0] != 0) {
    fill_batch(*task_, Split::kTrain, {.seed = static_cast<std::uint64_t>(run_.train.seed), .number = 0}, batches_[0]);
    filled_[0] = 0;
  }
  return bind_batch(batches_[0]);
}

const Plan& Training::plan() { return bind_first_batch().front().execution->plan(); }

std::span<const Real> Training::gradient(Extent number) {
  const std::span<Shard> shards = bind_first_batch();
  noise_step_ = number;
  anneal(steps_done_);
  run_shards(shards);
  gradients_->sum(static_cast<Extent>(shards.size()));
  measure(shards);
  return gradients_->total();
}

const StepReport& Training::step() {
  const auto current = static_cast<std::size_t>(steps_done_ % 2);
  const BatchKey key{.seed = static_cast<std::uint64_t>(run_.train.seed), .number = steps_done_};
  if (filled_[current] != steps_done_) fill_batch(*task_, Split::kTrain, key, batches_[current]);
  filled_[current] = steps_done_;
  const std::span<Shard> shards = bind_batch(batches_[current]);
  noise_step_ = steps_done_;
  anneal(steps_done_);
  run_shards(shards);
  report_.gradient_norm = gradients_->sum(static_cast<Extent>(shards.size()));
  measure(shards);
  if (!std::isfinite(report_.loss) || !std::isfinite(report_.gradient_norm)) report_not_finite(shards);

  const TrainSettings& settings = run_.train;
  store_->step_signs(gradients_->total());
  const std::span<Real> gradient = gradients_->total().first(store_->optimized());
  if (settings.clip_norm > 0) clip_norm(gradient, report_.gradient_norm, settings.clip_norm);
  if (settings.gradient_noise > 0) {
    const GradientNoise noise{settings.gradient_noise, static_cast<std::uint64_t>(settings.seed)};
    noise.add(gradient, *store_, steps_done_);
  }
  report_.learning_rate = settings.learning_rate * schedule_.value(steps_done_, settings.steps);
  store_->decay(report_.learning_rate);
  optimizer_->step(store_->values().first(store_->optimized()), gradient, report_.learning_rate, steps_done_ + 1);
  averaging_->add(store_->values(), ++steps_done_);
  return report_;
}

std::span<Shard> Training::bind_batch(const Batch& batch) {
  if (draws_.count() == 1) return shards_->bind(batch);
  draws_.repeat(batch, repeated_);
  return shards_->bind(repeated_);
}

/// The next batch is made by a task of the same loop; its content depends on the step only.
void Training::prefetch() {
  const Extent next = steps_done_ + 1;
  const auto place = static_cast<std::size_t>(next % 2);
  if (next >= run_.train.steps || filled_[place] == next) return;
  filled_[place] = -1;
  fill_batch(*task_, Split::kTrain, {.seed = static_cast<std::uint64_t>(run_.train.seed), .number = next}, batches_[place]);
  filled_[place] = next;
}

void Training::run_shards(std::span<Shard> shards) {
  const auto count = static_cast<Extent>(shards.size());
  draws_.begin();
  const auto first = [&](Extent task) {
    if (task == 0) return prefetch();
    forward(shards[task - 1], task - 1);
    if (!draws_.waits_for_costs()) backward(shards[task - 1], task - 1);
  };
  cpu::parallel_for(count + 1, std::ref(first));
  if (!draws_.waits_for_costs()) return;
  draws_.share_out(*graph_, Real(1) / static_cast<Real>(run_.train.batch));
  const auto second = [&](Extent number) { backward(shards[number], number); };
  cpu::parallel_for(count, std::ref(second));
}

OpContext Training::context_of(const Shard& shard, Extent number) {
  OpContext context;
  context.seed = static_cast<std::uint64_t>(run_.train.seed);
  context.step = static_cast<std::uint32_t>(noise_step_);
  context.first_row = static_cast<std::uint32_t>(shard.first_row);
  draws_.fill(context, shard.first_row, shard.rows, shard_slots_[number]);
  return context;
}

void Training::forward(Shard& shard, Extent number) {
  shard.execution->forward(context_of(shard, number));
  const Tensor cost = shard.execution->value(cost_);
  std::copy_n(cost.real(), shard.rows, draws_.costs().begin() + shard.first_row);
}

void Training::backward(Shard& shard, Extent number) {
  Execution& execution = *shard.execution;
  execution.clear_output_gradients();
  set_cotangents(shard);
  execution.backward(context_of(shard, number));
}

void Training::set_cotangents(Shard& shard) {
  const Real scale = Real(1) / static_cast<Real>(run_.train.batch);
  const Tensor cotangent = shard.execution->output_gradient("cost");
  if (!cotangent) return;  // score functions alone train: nothing passes through the cost
  const auto weights = draws_.weights().subspan(shard.first_row, shard.rows);
  for (std::size_t row = 0; row < weights.size(); ++row) cotangent.real()[row] = scale * weights[row];
}

void Training::measure(std::span<Shard> shards) {
  const auto batch = static_cast<double>(run_.train.batch);
  const auto weight = [this](Extent row) { return static_cast<double>(draws_.weights()[row]); };
  double total = 0;
  for (Extent row = 0; row < draws_.rows(); ++row) {
    total += weight(row) * static_cast<double>(draws_.costs()[row]);
  }
  report_.loss = total / batch;
  for (std::size_t metric = 0; metric < metrics_.size(); ++metric) {
    double sum = 0;
    for (const Shard& shard : shards) {
      const Tensor rows = shard.execution->value(metrics_[metric]);
      for (Extent row = 0; row < shard.rows; ++row) {
        sum += weight(shard.first_row + row) * static_cast<double>(rows.real()[row]);
      }
    }
    report_.metrics[metric] = sum / batch;
  }
  for (std::size_t i = 0; i < graph_->annealed().size(); ++i) {
    report_.metrics[metrics_.size() + i] = graph_->annealed()[i].number->value();
  }
}

void Training::report_not_finite(std::span<Shard> shards) {
  const std::string step = "run '" + run_.name + "', step " + std::to_string(steps_done_ + 1) + ": ";
  for (std::size_t number = 0; number < shards.size(); ++number) {
    Shard& shard = shards[number];
    Execution& execution = *shard.execution;
    execution.clear_output_gradients();
    set_cotangents(shard);
    const auto found = execution.hunt(context_of(shard, static_cast<Extent>(number)), Execution::With::kBackward);
    if (!found) continue;
    throw NotFiniteError(found->path, step + "every value must be finite; " + found->text() +
                                          ", in the shard that begins at item " +
                                          std::to_string(shard.first_row / draws_.count()) + " of the batch");
  }
  throw NotFiniteError("training", step + "every value must be finite; the loss is " + std::to_string(report_.loss) +
                                       " and the norm of the summed gradient " + std::to_string(report_.gradient_norm));
}

}  // namespace fovea
