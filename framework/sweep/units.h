#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "framework/runs/found_run.h"
#include "framework/sweep/definition.h"

namespace fovea {

/// A point with one seed: what one process trains, in a folder of its own.
struct Unit {
  std::size_t point = 0;  // index in Definition::points
  Extent seed = 0;
  std::filesystem::path folder;             // FOLDER/0007-lr=0.01/seed1
  std::vector<std::filesystem::path> runs;  // run directories: the folder, or one below it for each run of an experiment

  std::string name() const;  // "0007-lr=0.01/seed1"
};

/// All of a sweep, by point, then by seed.
std::vector<Unit> units_of(const Definition& definition, const std::filesystem::path& folder);

/// What the results of the runs of a unit say; a run without any has the state "".
struct UnitResults {
  std::vector<FoundRun> runs;
  bool has_failed = false;  // it holds failed.txt and is not finished

  bool is_finished() const;
};

/// Reads many files side by side, in other processes. Errors: no process could be made.
std::vector<UnitResults> read_units(std::span<const Unit> units);

/// The main metric of the validation split at this step, or the last one where `step` is 0.
std::optional<double> validation_at(const FoundRun& run, Extent step);

/// The mean over the seeds of each of these points at a step; none where a seed has no value.
std::vector<std::optional<double>> means_at(std::span<const Unit> units, std::span<const std::size_t> points, Extent step);

/// Keeps the last lines of a unit that failed in failed.txt of its folder; forgets them.
void note_failure(const Unit& unit, const std::string& text);
void forget_failure(const Unit& unit);
inline constexpr const char* kFailedName = "failed.txt";

}  // namespace fovea
