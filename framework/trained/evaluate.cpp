#include "framework/trained/evaluate.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "framework/core/error.h"
#include "framework/core/name.h"
#include "framework/core/text.h"
#include "framework/files/atomic_file.h"
#include "framework/files/posix_file.h"
#include "framework/results/json.h"
#include "framework/results/run_file.h"
#include "framework/results/run_lock.h"
#include "framework/train/recorder.h"
#include "framework/trained/fit_checks.h"

namespace fovea {
namespace {

const char* name_of(Split split) {
  return split == Split::kTrain ? "train" : split == Split::kValidation ? "validation" : "test";
}

std::string written(const Evaluation::Config& evaluation) {
  return evaluation.name + ": " + evaluation.task + ", " + name_of(evaluation.split) + ", " +
         std::to_string(evaluation.rows) + " items";
}

/// The evaluations of one record, each with its model.
class Work {
 public:
  Work(TrainedRun& trained, const EvaluateRequest& request) : trained_(trained), request_(request) {
    met_ = std::make_shared<std::vector<std::string>>();
    const RunSpec run = with_changes(trained.spec(), request.sites, met_);
    std::vector<Evaluation::Config> configs = request.evaluations;
    if (configs.empty()) configs = final_evaluations(trained.spec());
    if (configs.empty()) {
      throw Error(trained.file().string(), "an evaluation was expected; the run has none of its own; name a task.");
    }
    const std::string trained_task = Registry<Task>::instance().parse(trained.spec().task).text;
    for (Evaluation::Config& config : configs) {
      config.task = Registry<Task>::instance().parse(config.task).text;
      expect_name("evaluate", "of an evaluation", config.name);
      if (config.task != trained_task) expect_same_labels(trained.training().task(), *make_task(config.task), config.task);
      evaluations_.push_back(std::make_unique<Evaluation>(config, run, trained.parameters()));
      if (request.sites.empty()) continue;
      const Evaluation as_trained(config, trained.spec(), trained.parameters());
      expect_use(as_trained.graph(), evaluations_.back()->graph(), request.sites);
    }
    expect_patterns(request.sites, *met_);
  }

  bool run(const EvaluateProgress& progress, RunRecord& record) {
    for (const auto& evaluation : evaluations_) {
      const std::string& name = evaluation->config().name;
      evaluation->follow(trained_.training().graph(), trained_.step());
      const auto values = evaluation->run([&](double share) { return !progress || progress(name, share); });
      if (!values) return false;
      add_row(record, {JournalRow::Kind::kEvaluation, trained_.step(), 0, name, *values});
      add(*evaluation, record);
    }
    return true;
  }

  const std::vector<std::unique_ptr<Evaluation>>& evaluations() const { return evaluations_; }

 private:
  void add(Evaluation& evaluation, RunRecord& record) const {
    for (EvaluationTable& table : record.evaluation) {
      if (table.split != evaluation.config().name) continue;
      table.correct = evaluation.correct();
      table.chance = evaluation.chance();
    }
    const Extent rows = request_.sample_rows < 0 ? trained_.spec().train.sample_rows : request_.sample_rows;
    if (rows == 0) return;
    Evaluation::Sample sample = evaluation.sample(rows);
    if (&evaluation == evaluations_.front().get()) record.selection = std::move(sample.selections);
    record.predictions.push_back(std::move(sample.predictions));
  }

  TrainedRun& trained_;
  const EvaluateRequest& request_;
  std::shared_ptr<std::vector<std::string>> met_;  // paths of sites
  std::vector<std::unique_ptr<Evaluation>> evaluations_;
};

/// The text at a name in an object, or in the object within it that has another name.
void replace_text(Json::Object& object, const std::string& within, const std::string& name, const std::string& text) {
  for (auto& [key, value] : object) {
    if (key != within || !value.is<Json::Object>()) continue;
    Json::Object inner = value.as<Json::Object>();
    for (auto& [inner_key, inner_value] : inner) {
      if (inner_key == name) inner_value = text;
    }
    value = std::move(inner);
  }
}

/// The configuration of the run: what it has started from, its sites as they are now, and what it was evaluated with.
RunConfig config_of(const TrainedRun& trained, const EvaluateRequest& request, const Work& work, const InputLog& files) {
  RunConfig config = trained.config();
  std::optional<Json> json = parse_json(config.json);
  Json::Object object = json && json->is<Json::Object>() ? json->as<Json::Object>() : Json::Object{};
  const auto set = [&](const std::string& name, const std::string& within, const std::string& key, const std::string& text) {
    for (auto& [pair, value] : config.pairs) {
      if (pair == name) value = text;
    }
    replace_text(object, within, key, text);
  };
  for (const char* name : {"from", "from_only", "rename"}) {
    set(name, "train", name, text_of_pair(trained.summary().config, name));
  }
  Json::Array on;
  std::string all;
  for (const auto& evaluation : work.evaluations()) {
    on.emplace_back(written(evaluation->config()));
    all += (all.empty() ? "" : "; ") + written(evaluation->config());
    for (const SiteRecord& site : evaluation->graph().sites()) set("site " + site.path, "sites", site.path, site.text);
  }
  config.pairs.emplace_back(kEvaluatedWith, written(request.sites));
  config.pairs.emplace_back("evaluated_on", all);
  object.emplace_back("evaluate", Json::Object{{kEvaluatedWith, written(request.sites)}, {"evaluated_on", std::move(on)}});
  config.json = json_text(object);
  config.hash = hash_of_pairs(config.pairs);
  config.command = request.command;
  std::erase_if(config.inputs, [](const auto& pair) { return pair.first.starts_with("input "); });
  std::erase_if(config.places, [](const auto& pair) { return pair.first.starts_with("input "); });
  for (const auto& [name, hash] : trained.summary().provenance) {
    if (name.starts_with("from ")) config.inputs.emplace_back(name, hash);
  }
  for (const InputFile& file : files.files()) {
    config.inputs.emplace_back("input " + file.name, file.hash);
    config.places.emplace_back("input " + file.name, file.absolute.string());
  }
  return config;
}

RunRecord record_of(TrainedRun& trained, const EvaluateRequest& request, const RunConfig& config) {
  RunRecord record;
  record.experiment = trained.request().experiment;
  record.run = trained.spec().name;
  record.seed = trained.spec().train.seed;
  record.state = "finished";
  record.title = record.experiment + " / " + record.run + ", evaluated";
  record.history = request.command;
  record.config = config.pairs;
  record.config_types = config.types;
  record.config_json = config.json;
  record.provenance = provenance_of(config, {config.build});
  std::error_code failure;
  const std::filesystem::path whole = std::filesystem::weakly_canonical(trained.file(), failure);
  record.provenance.emplace_back("parent", failure ? trained.file().string() : whole.string());
  record.provenance.emplace_back("parent_hash", trained.hash());
  record.provenance.emplace_back("parent_state", text_of_pair(trained.summary().attributes, "state"));
  record.provenance.emplace_back("parent_step", std::to_string(trained.step()));
  record.provenance.emplace_back("parent_precision", text_of_pair(trained.summary().config, "precision"));
  record.metrics = {{"mean_entropy", "nat", "entropy of the weights"}};
  record.graph = graph_record(trained.training());
  record.parameters = parameter_arrays(trained.parameters());
  record.parameter_step = trained.step();
  for (const AnnealedSlot& slot : trained.training().graph().annealed()) {
    record.annealed.emplace_back(slot.path, slot.number->value());
  }
  return record;
}

}  // namespace

std::vector<Evaluation::Config> final_evaluations(const RunSpec& run) {
  std::vector<Evaluation::Config> evaluations;
  const TrainSettings& settings = run.train;
  if (settings.test_rows > 0) evaluations.push_back({"test", run.task, Split::kTest, settings.test_rows});
  for (const ExtraEvaluation& extra : run.evaluations) {
    evaluations.push_back({extra.name, extra.task, Split::kTest, extra.rows});
  }
  if (evaluations.empty() && settings.validation_rows > 0) {
    evaluations.push_back({"validation", run.task, Split::kValidation, settings.validation_rows});
  }
  return evaluations;
}

std::optional<RunRecord> evaluate(TrainedRun& trained, const EvaluateRequest& request, const EvaluateProgress& progress) {
  const std::string start = utc_now();
  const auto began = std::chrono::steady_clock::now();
  const InputLog files;
  Work work(trained, request);
  const RunConfig config = config_of(trained, request, work, files);
  RunRecord record = record_of(trained, request, config);
  record.clock.start = start;
  record.clock.command_line = request.command_line;
  record.clock.parent = trained.file().string();
  if (!work.run(progress, record)) return std::nullopt;
  read_clock(record.clock);
  record.clock.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return record;
}

void expect_place(const std::filesystem::path& directory, const std::string& parent_hash, Replace replace) {
  std::error_code failure;
  if (std::filesystem::exists(directory / "checkpoint", failure)) {
    throw Error(directory.string(), "a directory without a run was expected; this one holds one; use another --output.");
  }
  const std::filesystem::path file = directory / kResultsName;
  if (replace == Replace::kYes || !std::filesystem::exists(file, failure)) return;
  if (text_of_pair(read_summary(file).provenance, "parent_hash") == parent_hash) return;
  throw Error(
      directory.string(),
      "an evaluation of the same results file was expected here, or none; this is one of another file, or of the run "
      "before it was trained again; replace it with --restart, or use another --output.");
}

void publish_evaluation(const RunRecord& record, const std::filesystem::path& directory, Replace replace) {
  make_directories(directory);
  const RunLock lock(directory);
  expect_place(directory, text_of_pair(record.provenance, "parent_hash"), replace);
  publish(record, directory);
}

}  // namespace fovea
