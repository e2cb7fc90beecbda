#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/cli/choices.h"
#include "framework/runs/text_table.h"
#include "framework/train/trainer.h"

namespace fovea::cli {

/// A run with one seed that is done.
struct DoneRun {
  std::string run;
  Extent seed = 0;
  std::filesystem::path directory;
  RunOutcome outcome;
  std::map<std::string, double> chance{};  // the main metric of a random guess, by split, where it is known
  std::optional<Choices> choices{};        // of all its sites
};

/// Adds what the results of a run say of chance and of its choices.
void add_results(DoneRun& run, const RunSummary& summary);

/// The mean over seeds, and the deviation of a sample where there are several: "0.9 +- 0.1".
std::string mean_text(const std::vector<double>& values);

/// The closing table: a row per run, split and slice, a column per metric; the mean over seeds, with the deviation of a
/// sample where there are several seeds. Never the best. Slices with the figures of the whole split are one row with it.
/// What all rows have in common stands below.
TextTable closing_table(const std::vector<DoneRun>& runs);

/// What the sites of each run have chosen and what that took: a row per run. No row where nothing was chosen.
TextTable choices_table(const std::vector<DoneRun>& runs);

}  // namespace fovea::cli
