#include "framework/resolved.h"

#include <set>

#include "framework/core/name.h"

namespace fovea {
namespace {

void set(Options& options, const Setting& setting, const std::string& place) {
  try {
    options.set(setting.key, setting.value);
  } catch (const Error& error) {
    throw SettingError(error.at(place));
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
    throw SettingError(Experiment::kKind, unknown_name(name, Catalogue::instance().names(Experiment::kKind)));
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

ResolvedExperiment resolve_experiment(const std::string& name, const std::vector<Setting>& settings) {
  const std::unique_ptr<Experiment> experiment = make_experiment(name);
  Options own;
  experiment->fields(own);
  TrainSettings defaults;
  Options training;
  defaults.fields(training);

  std::vector<std::string> known = own.names();
  for (const std::string& key : training.names()) known.push_back(key);
  std::vector<Setting> of_training;
  for (const Setting& setting : settings) {
    if (own.knows(setting.key)) {
      set(own, setting, name);
    } else if (training.knows(setting.key)) {
      of_training.push_back(setting);
    } else {
      throw SettingError(name, unknown_name(setting.key, known));
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
  throw SettingError(experiment.name + ", run", unknown_name(name, known));
}

}  // namespace fovea
