#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/train/trainer.h"

namespace fovea::cli {

/// A run with one seed that is done.
struct DoneRun {
  std::string run;
  Extent seed = 0;
  std::filesystem::path directory;
  RunOutcome outcome;
};

/// The mean over seeds, and the deviation of a sample where there are several: "0.9 +- 0.1".
std::string mean_text(const std::vector<double>& values);

/// The closing table: a row per run, split and slice, a column per metric; the mean over seeds, with the deviation of a
/// sample where there are several seeds. Never the best.
std::string closing_table(const std::vector<DoneRun>& runs);

/// Training time, where the results are and what to try next.
std::string closing_notes(const std::string& program, const std::string& experiment, const std::vector<DoneRun>& runs);

}  // namespace fovea::cli
