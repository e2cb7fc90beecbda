#include "framework/trained/evaluate.h"

#include <algorithm>
#include <chrono>
#include <set>
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

namespace fovea {
namespace {

const char* name_of(Split split) {
  return split == Split::kTrain ? "train" : split == Split::kValidation ? "validation" : "test";
}

std::string written(const Evaluation::Config& evaluation) {
  return evaluation.name + ": " + evaluation.task + ", " + name_of(evaluation.split) + ", " +
         std::to_string(evaluation.rows) + " items";
}

std::string written(const EvaluateRequest& request) {
  std::string text;
  for (const SiteChange& change : request.sites) text += (text.empty() ? "" : ", ") + change.written();
  return text.empty() ? "as trained" : text;
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
    for (Evaluation::Config& config : configs) {
      config.task = Registry<Task>::instance().parse(config.task).text;
      expect_name("evaluate", "of an evaluation", config.name);
      evaluations_.push_back(std::make_unique<Evaluation>(config, run, trained.parameters()));
      if (!request.sites.empty()) check_use(config);
    }
    check_patterns();
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

  /// What was trained for a site must be of use to the site that stands there now.
  void check_use(const Evaluation::Config& config) const {
    const Evaluation as_trained(config, trained_.spec(), trained_.parameters());
    const std::vector<std::string> used = parameters_of(evaluations_.back()->graph());
    for (const std::string& path : parameters_of(as_trained.graph())) {
      if (std::find(used.begin(), used.end(), path) != used.end()) continue;
      throw Error("site", "sites that use what was trained for them were expected; with " + in_quotes(written(request_)) +
                              " nothing reads the parameter " + in_quotes(path) +
                              "; keep the scorer, and change selector, pattern or options.");
    }
  }

  static std::vector<std::string> parameters_of(const Graph& graph) {
    std::vector<std::string> paths;
    for (const int id : graph.parameters()) paths.push_back(graph.node(id).path);
    return paths;
  }

  void check_patterns() const {
    const std::set<std::string> paths(met_->begin(), met_->end());
    for (const SiteChange& change : request_.sites) {
      const auto fits = [&](const std::string& path) { return fits_pattern(path, change.pattern); };
      if (std::any_of(paths.begin(), paths.end(), fits)) continue;
      std::string known;
      for (const std::string& path : paths) known += (known.empty() ? "" : ", ") + path;
      throw Error("site", "a pattern that fits a site of the model was expected; " + in_quotes(change.pattern) + " came; " +
                              (known.empty() ? "it has no site." : "it has " + known + "."));
    }
  }

  TrainedRun& trained_;
  const EvaluateRequest& request_;
  std::shared_ptr<std::vector<std::string>> met_;  // paths of sites
  std::vector<std::unique_ptr<Evaluation>> evaluations_;
};

/// The configuration of the run, its sites as they are now, and what it was evaluated with.
RunConfig config_of(const TrainedRun& trained, const EvaluateRequest& request, const Work& work, const InputLog& files) {
  RunConfig config = trained.config();
  Json::Object evaluated{{kEvaluatedWith, written(request)}};
  config.pairs.emplace_back(kEvaluatedWith, written(request));
  Json::Array on;
  std::string all;
  for (const auto& evaluation : work.evaluations()) {
    on.emplace_back(written(evaluation->config()));
    all += (all.empty() ? "" : "; ") + written(evaluation->config());
    for (const SiteRecord& site : evaluation->graph().sites()) {
      for (auto& [name, text] : config.pairs) {
        if (name == "site " + site.path) text = site.text;
      }
    }
  }
  config.pairs.emplace_back("evaluated_on", all);
  evaluated.emplace_back("evaluated_on", std::move(on));
  if (auto json = parse_json(config.json); json && json->is<Json::Object>()) {
    Json::Object object = json->as<Json::Object>();
    object.emplace_back("evaluate", std::move(evaluated));
    config.json = json_text(object);
  }
  config.inputs.clear();
  config.places.clear();
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

void publish_evaluation(const RunRecord& record, const std::filesystem::path& directory, Replace replace) {
  constexpr const char* kRemedy = "; replace it with --restart, or use another --output.";
  make_directories(directory);
  const RunLock lock(directory);
  std::error_code failure;
  if (std::filesystem::exists(directory / "checkpoint", failure)) {
    throw Error(directory.string(), "a directory without a run was expected; this one holds one; use another --output.");
  }
  const std::filesystem::path file = directory / kResultsName;
  if (replace == Replace::kNo && std::filesystem::exists(file, failure)) {
    const RunSummary there = read_summary(file);
    const auto value = [](const TextPairs& pairs, const std::string& name) -> std::string {
      for (const auto& [key, text] : pairs) {
        if (key == name) return text;
      }
      return "";
    };
    if (value(there.provenance, "parent_hash") != value(record.provenance, "parent_hash")) {
      throw Error(directory.string(), std::string("an evaluation of the same results file was expected here, or none; this "
                                                  "is one of another file, or of the run before it was trained again") +
                                          kRemedy);
    }
  }
  publish(record, directory);
}

}  // namespace fovea
