#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "framework/results/record.h"
#include "framework/train/evaluation.h"
#include "framework/trained/site_changes.h"
#include "framework/trained/trained_run.h"

namespace fovea {

/// What a trained run is evaluated on, and how it chooses there.
struct EvaluateRequest {
  std::vector<Evaluation::Config> evaluations;  // empty: those that the run ended with
  std::vector<SiteChange> sites;
  Extent sample_rows = -1;   // items whose choices are kept; below 0: as many as the run kept
  std::string command;       // canonical, for the results
  std::string command_line;  // as typed, for /clock
};

/// The evaluations that a run ends with: test and those that its experiment adds; validation where there are no others.
std::vector<Evaluation::Config> final_evaluations(const RunSpec& run);

/// Evaluates a trained run and makes the record of its results: the configuration of the run with what it was evaluated
/// with; the parameters; no training. With the sites as they were trained, and evaluations that the run ended with, all
/// figures and choices have the bits that the run gave them.
///
/// `progress` is asked before every batch, with the name of the evaluation and the share that is done; false: nothing comes.
/// Errors    a pattern of `sites` that fits no site; a site that wants parameters that were not trained, or leaves some that
///           were without use; those of a task and its data.
using EvaluateProgress = std::function<bool(const std::string& name, double share)>;
std::optional<RunRecord> evaluate(TrainedRun& trained, const EvaluateRequest& request, const EvaluateProgress& progress);

/// Writes such a record into a directory of its own.
///
/// Errors    a directory that holds a run, or an evaluation of another file, unless `replace` is set; those of publish.
enum class Replace : std::uint8_t { kNo, kYes };
void expect_place(const std::filesystem::path& directory, const std::string& parent_hash, Replace replace);  // alone, before
void publish_evaluation(const RunRecord& record, const std::filesystem::path& directory, Replace replace);

}  // namespace fovea
