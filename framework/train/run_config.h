#pragma once

#include <map>
#include <string>

#include "framework/files/input.h"
#include "framework/results/record.h"
#include "framework/train/trainer.h"
#include "framework/train/training.h"

namespace fovea {

/// What the results of a run depend on: its resolved configuration, the files it reads, and the program.
struct RunConfig {
  TextPairs pairs;                           // in order; a run is resumed only by an equal list
  std::map<std::string, std::string> types;  // "integer" or "real", of those that are numbers
  std::string json;                          // the same, nested
  std::string hash;                          // of the pairs
  TextPairs inputs;     // the hash of each file that a task reads, and of each plugin library, by its name
  TextPairs places;     // where these were found
  std::string build;    // of the program
  std::string command;  // canonical: the experiment, and the options that differ from their defaults
};
/// `files` are those that the tasks of the run have read.
RunConfig config_of(const RunRequest& request, const Training& training, const InputLog& files);

/// XXH3-128 of the names and texts.
std::string hash_of_pairs(const TextPairs& pairs);

/// Checks settings together. Errors: Error with the fact.
void check_settings(const RunSpec& run, const Training& training);

/// "learning_rate is 0.001 there and 0.002 here", the first few differences; empty where there are none.
std::string differences(const TextPairs& there, const TextPairs& here);

/// Program, machine and builds: git commit, versions, compiler, CPU; what the run has read and where it was.
TextPairs provenance_of(const RunConfig& config, const std::vector<std::string>& builds);
/// The commit and the hash of the library of this program.
std::string build_of_program();

/// Fills the clock fields known at this moment: end, host, threads, peak memory.
void read_clock(Clock& clock);
std::string utc_now();  // "2025-01-31T12:00:00Z"

}  // namespace fovea
