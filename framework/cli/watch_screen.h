#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "framework/cli/text_curve.h"
#include "framework/results/journal.h"
#include "framework/results/record.h"

namespace fovea::cli {

/// What a run is, as far as its directory says.
struct WatchedRun {
  std::filesystem::path directory;
  std::string experiment;
  std::string run;
  std::string seed;
  std::int64_t steps = 0;  // 0: not known
};
/// From its results, or from its checkpoint where it has published nothing.
WatchedRun watched_run(const std::filesystem::path& directory);

/// What a terminal shows of a run that is watched.
class WatchScreen {
 public:
  explicit WatchScreen(WatchedRun run) : run_(std::move(run)) {}

  void restart();  // the rows come again from the first
  void add(const JournalRow& row);

  const std::string& state() const { return state_; }
  /// While it runs: what it is and how long it takes, the latest figures, and a curve of the loss.
  std::vector<std::string> lines(const CurveForm& form) const;
  /// Of a run that no process works on: how it ended, its last figures, and what to do next.
  std::vector<std::string> closing_lines(std::size_t width) const;

 private:
  std::string title() const;
  std::string progress() const;
  std::string figures(const JournalRow& row) const;

  WatchedRun run_;
  std::string state_;
  std::optional<JournalRow> train_;              // the latest
  std::vector<JournalRow> evaluations_;          // the latest of each split
  std::string message_;                          // the latest
  std::vector<CurvePoint> loss_;                 // of all train rows, over their steps
  std::vector<std::pair<double, double>> pace_;  // steps and seconds of the last train rows
  std::int64_t step_ = 0;
  double seconds_ = 0;
};

/// The text in so many columns, of which each character takes one.
std::string cut_to(const std::string& text, std::size_t width);

}  // namespace fovea::cli
