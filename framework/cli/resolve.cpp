#include "framework/cli/resolve.h"

#include <set>

#include "framework/cli/command.h"
#include "framework/cli/plugin_library.h"
#include "framework/core/text.h"
#include "framework/cpu/parallel.h"
#include "framework/train/shards.h"
#include "framework/train/training.h"

namespace fovea::cli {
namespace {

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
  return resolve_experiment(arguments.name, parse(arguments.name, arguments.settings));
}

std::shared_ptr<const Graph> training_graph(const RunSpec& run) {
  Batch batch(run.train.batch);
  fill_batch(*make_task(run.task), Split::kTrain, {.seed = static_cast<std::uint64_t>(run.train.seed)}, batch);
  return build_graph(run.model, batch.types(), Mode::kTrain, run.train);
}

}  // namespace fovea::cli
