#pragma once

#include <string>

#include "framework/results/record.h"
#include "framework/train/trainer.h"
#include "framework/train/training.h"

namespace fovea {

/// The resolved configuration of a run: what its results depend on, apart from the program itself.
struct RunConfig {
  TextPairs pairs;      // in order; a run is resumed only by an equal list
  std::string json;     // the same, nested
  std::string hash;     // of the pairs
  std::string command;  // canonical: the experiment, and the options that differ from their defaults
};
RunConfig config_of(const RunRequest& request, const Training& training);

/// Checks settings together. Errors: Error with the fact.
void check_settings(const RunSpec& run, const Training& training);

/// "learning_rate is 0.001 there and 0.002 here", the first few differences; empty where there are none.
std::string differences(const TextPairs& there, const TextPairs& here);

/// Program, machine and build: git commit, versions, compiler, CPU.
TextPairs provenance_of(const RunConfig& config);

/// Fills the clock fields known at this moment: end, host, threads, peak memory.
void read_clock(Clock& clock);
std::string utc_now();  // "2025-01-31T12:00:00Z"

}  // namespace fovea
