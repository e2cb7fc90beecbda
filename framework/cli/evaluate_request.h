#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "framework/cli/arguments.h"
#include "framework/trained/evaluate.h"

// What `fovea evaluate` is asked for.
namespace fovea::cli {

struct EvaluateArguments {
  std::vector<std::string> words;
  std::vector<std::string> sites;
  std::vector<std::string> sweeps;
  std::string split;
  Extent rows = 0;
  std::string output = "evaluations";
  Extent threads = 0;
  bool restart = false;
  bool quiet = false;
  std::vector<std::string> plugins;

  void fields(ArgumentList& list);
};

/// What is evaluated, and how.
struct EvaluatePlan {
  std::vector<std::string> places;  // of runs
  std::vector<std::string> tasks;
  std::vector<std::vector<SiteChange>> variants;  // each with what --site says; one, at least
};

/// Errors    UsageError for no run, a word that comes twice, a split or a change of a site that is none.
EvaluatePlan plan_of(const EvaluateArguments& arguments);

/// What a run is evaluated on.
std::vector<Evaluation::Config> evaluations_of(const EvaluateArguments& arguments, const EvaluatePlan& plan,
                                               const RunSpec& run);

/// A text as the name of a folder; one that is changed or cut gets the hash of the whole, so that it stays its own.
std::string folder_name(const std::string& text);

/// The command that gives one evaluation, as results keep it.
std::string command_of(const EvaluateArguments& arguments, const EvaluatePlan& plan, const TrainedRun& run,
                       const std::vector<SiteChange>& sites);

}  // namespace fovea::cli
