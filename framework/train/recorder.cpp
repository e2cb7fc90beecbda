#include "framework/train/recorder.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/results/record_image.h"
#include "framework/results/run_file.h"
#include "framework/train/samples.h"

namespace fovea {

namespace {

/// Of what a site drew from before the last evaluation.
std::optional<double> last_entropy(const RunRecord& record, const std::string& site) {
  const auto history = record.histories.find(site);
  if (history == record.histories.end()) return std::nullopt;
  for (const Column& column : history->second.columns) {
    if (column.name == "policy_entropy" && !std::isnan(column.values.back())) return column.values.back();
  }
  return std::nullopt;
}

std::vector<std::string> axes_of(int rank) {
  if (rank == 0) return {};
  if (rank == 1) return {"element"};
  std::vector<std::string> axes;
  for (int axis = 0; axis < rank - 2; ++axis) axes.push_back("stack" + std::to_string(axis));
  axes.emplace_back("row");
  axes.emplace_back("column");
  return axes;
}

}  // namespace

GraphRecord graph_record(Training& training) {
  GraphRecord record;
  record.layers_dot = dot_text(training.graph(), Detail::kLayers);
  record.ops_dot = dot_text(training.graph(), Detail::kOps);
  record.parameter_count = static_cast<std::int64_t>(training.parameters().count());
  record.arena_bytes = static_cast<std::int64_t>(training.plan().arena_bytes());
  return record;
}

Recorder::Recorder(const RunRequest& request, const RunConfig& config, Training& training)
    : request_(request), config_(config), training_(training) {
  record_.experiment = request.experiment;
  record_.run = request.run.name;
  record_.seed = request.run.train.seed;
  record_.title = request.experiment + " / " + request.run.name;
  record_.history = config.command;
  record_.config = config.pairs;
  record_.config_types = config.types;
  record_.config_json = config.json;
  record_.provenance = provenance_of(config, {config.build});
  record_.clock.command_line = request.command_line;
  for (const std::string& name : training.metric_names()) expect_metric(request.run.name, name);
  record_.metrics = {{"loss", "1", "mean cost of the batch"},
                     {"learning_rate", "1", "learning rate after the schedule"},
                     {"gradient_norm", "1", "norm of the gradient before clipping"},
                     {"mean_entropy", "nat", "entropy of the weights"},
                     {"policy_entropy", "nat", "mean of -log p of what training drew since the evaluation before"}};
  record_.graph = graph_record(training);
  train_row_.kind = JournalRow::Kind::kTrain;
  train_row_.values = {{"loss", 0, ""}, {"learning_rate", 0, ""}, {"gradient_norm", 0, ""}};
  for (const std::string& name : training.metric_names()) train_row_.values.push_back({name, 0, ""});
}

void Recorder::begin() {
  journal_.emplace(Journal::open(request_.directory / kJournalName));
  record_.clock.start = utc_now();
}

void Recorder::resume(const Checkpoint& checkpoint) {
  const std::filesystem::path path = request_.directory / kJournalName;
  journal_.emplace(Journal::open_unchanged(path));  // a resume that is refused changes no file
  if (journal_->offset() < checkpoint.journal_offset) {
    throw Error(path.string(), "the journal was expected to have the " + std::to_string(checkpoint.journal_offset) +
                                   " bytes of its checkpoint; it has " + std::to_string(journal_->offset()) +
                                   "; start over with --restart, or use another --output.");
  }
  for (const JournalRow& row : read_journal(path, checkpoint.journal_offset)) add_row(record_, row);
  journal_->truncate(checkpoint.journal_offset);
  record_.provenance = provenance_of(config_, checkpoint.builds);
  seconds_before_ = checkpoint.seconds;
  record_.clock.start = checkpoint.start;
  record_.clock.resumes = checkpoint.resumes;
  record_.clock.parent = "checkpoint of step " + std::to_string(checkpoint.step);
}

void Recorder::append(const JournalRow& row) {
  journal_->append(row);
  add_row(record_, row);
}

void Recorder::train_row(Extent step, const StepReport& report) {
  train_row_.step = step;
  train_row_.seconds = seconds();
  train_row_.values[0].value = report.loss;
  train_row_.values[1].value = report.learning_rate;
  train_row_.values[2].value = report.gradient_norm;
  for (std::size_t i = 0; i < report.metrics.size(); ++i) train_row_.values[3 + i].value = report.metrics[i];
  append(train_row_);
}

void Recorder::evaluation_row(Extent step, const std::string& split, std::vector<JournalValue> values) {
  append({JournalRow::Kind::kEvaluation, step, seconds(), split, std::move(values)});
}

void Recorder::site_row(Extent step, const SiteHealth& site, const Counters& counters, const Counters& since) {
  std::vector<JournalValue> values = site.figures();
  if (values.empty()) return;
  values.push_back({"scored_pairs", static_cast<double>(counters.scored_pairs), ""});
  values.push_back({"gathered_rows", static_cast<double>(counters.gathered_rows), ""});
  if (const auto entropy = since.entropy()) values.push_back({"policy_entropy", *entropy, ""});
  append({JournalRow::Kind::kSite, step, seconds(), site.path(), std::move(values)});
}

void Recorder::state_row(Extent step, const std::string& state) {
  append({JournalRow::Kind::kState, step, seconds(), state, {}});
}

void Recorder::message_row(Extent step, const std::string& text) {
  append({JournalRow::Kind::kMessage, step, seconds(), text, {}});
}

double Recorder::seconds() const { return seconds_before_ + std::chrono::duration<double>(Clock::now() - began_).count(); }

std::uint64_t Recorder::flush() {
  journal_->flush();
  return journal_->offset();
}

void Recorder::try_out(const std::vector<Evaluation*>& evaluations) {
  const RunRecord before = record_;
  if (!evaluations.empty()) add_row(record_, train_row_);
  for (Evaluation* evaluation : evaluations) {
    add_row(record_, {JournalRow::Kind::kEvaluation, 0, 0, evaluation->config().name, evaluation->try_out()});
    Evaluation::Sample sample = evaluation->sample(1);
    record_.selection = std::move(sample.selections);
    record_.predictions.push_back(std::move(sample.predictions));
  }
  add_sites({}, 0);
  add_parameters(0);
  [[maybe_unused]] const std::vector<std::byte> image = image_of(record_);
  record_ = before;
}

void Recorder::publish(const Checkpoint& progress, const std::vector<Evaluation*>& samples) {
  const auto start = Clock::now();
  const Extent rows = request_.run.train.sample_rows;
  record_.selection.clear();
  record_.predictions.clear();
  // Of the samples alone, so that a run that was interrupted after an earlier publication ends with the same file.
  for (EvaluationTable& table : record_.evaluation) {
    table.correct.clear();
    table.chance.reset();
  }
  for (Evaluation* evaluation : samples) {
    if (rows > 0) {
      Evaluation::Sample sample = evaluation->sample(rows);
      if (evaluation == samples.front()) record_.selection = std::move(sample.selections);
      record_.predictions.push_back(std::move(sample.predictions));
    }
    for (EvaluationTable& table : record_.evaluation) {
      if (table.split != evaluation->config().name) continue;
      table.correct = evaluation->correct();
      table.chance = evaluation->chance();
    }
  }
  add_sites(progress.counters, progress.step);
  add_parameters(progress.parameter_step());
  read_clock(record_.clock);
  record_.clock.seconds = seconds();
  fovea::publish(record_, request_.directory);
  publishing_ += std::chrono::duration<double>(Clock::now() - start).count();
}

/// Counters are those of training; a site that evaluation does not have gets counters alone.
void Recorder::add_sites(const std::map<std::string, Counters>& counters, Extent steps) {
  for (const SiteRecord& site : training_.graph().sites()) {
    const auto same = [&](const SelectionSite& other) { return other.path == site.path; };
    auto found = std::find_if(record_.selection.begin(), record_.selection.end(), same);
    if (found == record_.selection.end()) {
      SelectionSite empty;
      empty.path = site.path;
      empty.text = site.text;
      empty.offsets = {0};
      found = record_.selection.insert(record_.selection.end(), std::move(empty));
    }
    found->policy_entropy = last_entropy(record_, site.path);
    const auto counted = counters.find(site.path);
    if (counted == counters.end()) continue;
    found->scored_pairs = static_cast<std::int64_t>(counted->second.scored_pairs);
    found->gathered_rows_forward = static_cast<std::int64_t>(counted->second.gathered_rows);
    found->gathered_rows_backward = static_cast<std::int64_t>(counted->second.gathered_rows_backward);
    if (steps > 0) found->per_step = rates_of(counted->second, steps);
  }
}

void Recorder::add_parameters(Extent step) {
  record_.parameters = parameter_arrays(training_.parameters());
  record_.parameter_step = step;
  training_.anneal(step);
  record_.annealed.clear();
  for (const AnnealedSlot& slot : training_.graph().annealed()) {
    record_.annealed.emplace_back(slot.path, slot.number->value());
  }
}

std::vector<Array> parameter_arrays(ParameterStore& parameters) {
  std::vector<Array> arrays;
  for (const ParameterStore::Entry& entry : parameters.entries()) {
    arrays.push_back(array_of(entry.path, parameters.view(entry.path), "row"));
    arrays.back().axes = axes_of(entry.shape.rank());
  }
  return arrays;
}

std::vector<FinalMetric> final_metrics(const std::vector<EvaluationTable>& tables) {
  std::vector<FinalMetric> metrics;
  for (const EvaluationTable& table : tables) {
    if (table.step.empty() || (table.split == "validation" && tables.size() > 1)) continue;
    for (const Column& column : table.columns) metrics.push_back({table.split, column.name, "", column.values.back()});
    for (const Column& column : table.by_slice) {
      const std::size_t first = column.values.size() - table.slices.size();
      for (std::size_t slice = 0; slice < table.slices.size(); ++slice) {
        metrics.push_back({table.split, column.name, table.slices[slice], column.values[first + slice]});
      }
    }
  }
  return metrics;
}

double train_cost(const TrainTable& table) {
  for (const Column& column : table.columns) {
    if (column.name != "loss" || table.step.empty()) continue;
    const std::int64_t first = table.step.back() - table.step.back() / 10;
    double total = 0;
    double rows = 0;
    for (std::size_t row = 0; row < table.step.size(); ++row) {
      if (table.step[row] < first) continue;
      total += column.values[row];
      ++rows;
    }
    return total / rows;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace fovea
