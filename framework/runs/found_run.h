#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "framework/results/summary.h"

namespace fovea {

/// A run that was found, as far as its results can be read.
struct FoundRun {
  enum class Reading : std::uint8_t { kWhole, kUnpublished, kDamaged };

  std::filesystem::path file;
  Reading reading = Reading::kDamaged;
  std::string problem;  // why nothing was read, in one sentence; everything below is then empty

  RunSummary summary;  // without its tree, of which a hostile file may have much
  std::string experiment;
  std::string run;
  std::uint64_t seed = 0;
  /// finished, stopped, failed; running, while a process works on it; interrupted, where none does that should.
  std::string state;
  std::int64_t step = 0;                          // of the last row
  std::chrono::system_clock::time_point written;  // the time of the file

  bool is_finished() const { return state == "finished"; }
};

/// Reads one results file. A file that cannot be read is an answer, not an error, so that it never hides the others.
FoundRun read_run(const std::filesystem::path& file);

/// The run whose results were read as `summary`: what it says of itself, and whether a process works on it now.
FoundRun found_run(const std::filesystem::path& file, RunSummary summary);
/// One of which `problem` says why nothing was read.
FoundRun damaged_run(const std::filesystem::path& file, const std::string& problem);
/// One that has begun and has published nothing; nullopt of a file that is there, or that is not of such a run.
std::optional<FoundRun> unpublished_run(const std::filesystem::path& file);

/// Names a run by the place of its file: 16 hexadecimal digits.
std::string run_id(const std::filesystem::path& file);

/// The path of its file, printable.
std::string path_text(const FoundRun& run);
/// "damaged: expected ..." or "nothing is published yet; running at step 100".
std::string problem_text(const FoundRun& run);

/// The text of a name, "" where there is none.
std::string text_of(const TextPairs& pairs, const std::string& name);

}  // namespace fovea
