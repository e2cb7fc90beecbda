#include "framework/cli/sweep_request.h"

#include <fmt/format.h>
#include <algorithm>

#include "framework/cli/plugin_library.h"

namespace fovea::cli {
namespace {

void expect_no_seed(std::span<const Dimension> dimensions) {
  for (const Dimension& dimension : dimensions) {
    const std::vector<std::string>& keys = dimension.keys();
    if (std::find(keys.begin(), keys.end(), "seed") == keys.end()) continue;
    throw UsageError("fovea sweep",
                     "seeds were expected from --seeds; a key 'seed' with several values came; give --seeds.");
  }
}

/// Resolves every point, so that a wrong setting is told before the first one trains.
std::vector<ResolvedExperiment> resolve_all(const Definition& definition, const ExperimentArguments& experiment) {
  std::vector<ResolvedExperiment> all;
  for (std::size_t i = 0; i < definition.points.size(); ++i) {
    ExperimentArguments one = experiment;
    one.settings = settings_of(definition.points[i], definition.fixed);
    if (i > 0) one.plugins.clear();  // they are loaded
    all.push_back(resolve(one));
  }
  return all;
}

void expect_rungs(const Search& search, std::span<const ResolvedExperiment> points) {
  if (search.kind != Search::Kind::kHalving) return;
  const TrainSettings& first = points.front().runs.front().train;
  for (const ResolvedExperiment& point : points) {
    const TrainSettings& train = point.runs.front().train;
    if (point.runs.size() > 1) {
      throw UsageError("--search", "an experiment with one run was expected of halving; this one has several; give grid.");
    }
    if (train.steps != first.steps) {
      throw UsageError("--search", "the same steps of all points were expected of halving; they differ; give one steps=.");
    }
    if (train.validation_rows > 0 && train.evaluate_every > 0 && search.first % train.evaluate_every == 0) continue;
    throw UsageError("--search",
                     fmt::format("an evaluation at step {} was expected, by which halving chooses; evaluate_every={} "
                                 "came; give evaluate_every={}, and validation_rows above 0.",
                                 search.first, train.evaluate_every, search.first));
  }
}

Definition asked_definition(const SweepArguments& arguments) {
  Definition asked;
  asked.version = own_abi().version;
  asked.experiment = arguments.experiment.name;
  asked.plugins = arguments.experiment.plugins;
  asked.seeds = arguments.seeds;
  asked.search = parse_search(arguments.search);
  std::vector<Dimension> dimensions;
  for (const std::string& setting : arguments.experiment.settings) {
    std::optional<Dimension> dimension = parse_dimension(setting);
    if (!dimension) {
      asked.fixed.push_back(setting);
      continue;
    }
    asked.dimensions.push_back(dimension->call());
    dimensions.push_back(*std::move(dimension));
  }
  expect_no_seed(dimensions);
  asked.points = points_of(asked.search, dimensions);
  return asked;
}

}  // namespace

void SweepArguments::fields(ArgumentList& list) {
  list.word("experiment", experiment.name, "name of an experiment (fovea list experiment)");
  list.words("settings", experiment.settings,
             "key=value, or several values: key=choice(a, b), range(low, high, step), log_range(low, high, count), "
             "uniform(low, high), log_uniform(low, high), integers(low, high); zip(key, key)=choice(1 2, 3 4)");
  list.option("--search", search, "grid, random(points=40) or halving(first=300, factor=3)");
  list.option("--seeds", seeds, "train each point with this many seeds, from the seed of the settings on, >= 1",
              {1, 100000});
  list.option("--jobs", jobs, "runs side by side, >= 0; 0: one per core", {0, 4096});
  list.option("--threads", experiment.threads, "threads of all together, >= 0; 0: one per core", {0, 4096});
  list.option("--output", output, "directory of all sweeps, by default sweeps/");
  list.option("--name", name, "of the folder of this one; by default the name of the experiment");
  list.flag("--dry-run", dry_run, "list the points and write nothing");
  list.flag("--extend", extend, "add points, values of a grid or seeds to the sweep of this name");
  list.flag("--retry-failed", retry_failed, "train again what has failed before");
  list.flag("--fail-fast", fail_fast, "stop everything at the first failure");
  list.flag("--any-build", any_build, "go on with runs that another build of the program has begun");
  add_plugins(list, experiment.plugins);
}

std::filesystem::path SweepArguments::folder() const {
  return std::filesystem::path(output) / (name.empty() ? experiment.name : name);
}

std::vector<std::string> settings_of(const Point& point, const std::vector<std::string>& fixed) {
  std::vector<std::string> settings = fixed;
  for (const auto& [key, text] : point) settings.push_back(fmt::format("{}={}", key, text));
  return settings;
}

AskedSweep asked_sweep(const SweepArguments& arguments) {
  Definition definition = asked_definition(arguments);
  const std::vector<ResolvedExperiment> points = resolve_all(definition, arguments.experiment);
  expect_rungs(definition.search, points);
  const std::vector<RunSpec>& runs = points.front().runs;
  for (const RunSpec& run : runs) definition.runs.push_back(run.name);
  definition.first_seed = runs.front().train.seed;
  return {std::move(definition), runs.front().train.steps};
}

}  // namespace fovea::cli
