#include "framework/cli/resolve.h"

#include <set>

#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/core/name.h"
#include "framework/core/text.h"
#include "framework/cpu/parallel.h"
#include "framework/train/shards.h"
#include "framework/train/training.h"

namespace fovea::cli {
namespace {

struct Setting {
  std::string key;
  std::string value;
};

std::vector<Setting> parse(const std::string& place, std::span<const std::string> texts) {
  std::vector<Setting> settings;
  std::set<std::string> seen;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw UsageError(place, "expected a setting of the form key=value, such as steps=200; '" + text +
                                  "' came; see 'fovea describe' with the name of the experiment for its options.");
    }
    Setting setting{text.substr(0, equals), option_value(text.substr(equals + 1))};
    if (!seen.insert(setting.key).second) {
      throw UsageError(place, "expected each key once; '" + setting.key + "' came twice; give one of them.");
    }
    settings.push_back(std::move(setting));
  }
  return settings;
}

void set(Options& options, const Setting& setting, const std::string& place) {
  try {
    options.set(setting.key, setting.value);
  } catch (const Error& error) {
    throw UsageError(error.at(place));
  }
}

/// What the experiment has set itself.
void check(Options& options, const std::string& place) {
  try {
    options.check();
  } catch (const Error& error) {
    throw error.at(place);
  }
}

std::unique_ptr<Experiment> make_experiment(const std::string& name) {
  Catalogue::instance().throw_kept_error();
  if (Catalogue::instance().find(Experiment::kKind, name) == nullptr) {
    throw UsageError(Experiment::kKind, unknown_name(name, Catalogue::instance().names(Experiment::kKind)));
  }
  return Registry<Experiment>::instance().make(name);
}

void check_names(const std::string& place, const std::vector<RunSpec>& runs) {
  if (runs.empty()) throw Error(place, "expected at least one run; there is none; let runs() return one.");
  std::set<std::string> names;
  for (const RunSpec& run : runs) {
    expect_name(place, "of a run", run.name);
    if (!names.insert(run.name).second) {
      throw Error(place, "expected runs with different names; '" + run.name + "' came twice; rename one of them.");
    }
  }
}

}  // namespace

void ExperimentArguments::fields(ArgumentList& list) {
  list.word("experiment", name, "name of an experiment (fovea list experiment)");
  fields_but_name(list);
}

void ExperimentArguments::fields_but_name(ArgumentList& list) {
  list.words("settings", settings, "key=value: options of the experiment, or training settings of every run");
  list.option("--threads", threads, "threads, >= 0; 0: one per core; changes no number of the results", {0, 4096});
}

ResolvedExperiment resolve(const ExperimentArguments& arguments) {
  cpu::set_threads(static_cast<int>(arguments.threads));
  load_plugins(arguments.plugins);
  const std::string& name = arguments.name;
  const std::unique_ptr<Experiment> experiment = make_experiment(name);
  Options own;
  experiment->fields(own);
  TrainSettings defaults;
  Options training;
  defaults.fields(training);

  std::vector<std::string> known = own.names();
  for (const std::string& key : training.names()) known.push_back(key);
  std::vector<Setting> of_training;
  for (const Setting& setting : parse(name, arguments.settings)) {
    if (own.knows(setting.key)) {
      set(own, setting, name);
    } else if (training.knows(setting.key)) {
      of_training.push_back(setting);
    } else {
      throw UsageError(name, unknown_name(setting.key, known));
    }
  }

  ResolvedExperiment resolved{name, own.values(), {}, {}};
  try {
    resolved.runs = experiment->runs();
    resolved.published = experiment->published();
  } catch (const Error& error) {
    throw error.at(name);
  }
  check_names(name, resolved.runs);
  for (RunSpec& run : resolved.runs) {
    Options options;
    run.train.fields(options);
    for (const Setting& setting : of_training) set(options, setting, name);
    check(options, name + "/" + run.name);
  }
  return resolved;
}

const RunSpec& find_run(const ResolvedExperiment& experiment, const std::string& name) {
  std::vector<std::string> known;
  for (const RunSpec& run : experiment.runs) {
    if (name.empty() || run.name == name) return run;
    known.push_back(run.name);
  }
  throw UsageError(experiment.name + " --run", unknown_name(name, known));
}

std::shared_ptr<const Graph> training_graph(const RunSpec& run) {
  Batch batch(run.train.batch);
  fill_batch(*make_task(run.task), Split::kTrain, {.seed = static_cast<std::uint64_t>(run.train.seed)}, batch);
  return build_graph(run.model, batch.types(), Mode::kTrain, run.train);
}

}  // namespace fovea::cli
