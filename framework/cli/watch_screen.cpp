#include "framework/cli/watch_screen.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "framework/cli/screen.h"
#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/results/brief.h"
#include "framework/results/run_file.h"
#include "framework/runs/found_run.h"
#include "framework/train/checkpoint.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPace = 20;  // train rows by which the time left is told

/// The settings of the run; none where nothing of it can be read.
TextPairs settings_of(const fs::path& directory) {
  std::error_code none;
  if (const fs::path results = directory / kResultsName; fs::exists(results, none)) {
    const std::vector<BriefAnswer> answers = read_briefs(std::array{results});
    if (answers.front().summary) return answers.front().summary->config;
  }
  try {
    if (const auto checkpoint = Checkpoint::read(directory)) return checkpoint->config;
  } catch (const Error&) {
    return {};  // a damaged one is the run's to report
  }
  return {};
}

std::string steps_text(std::int64_t step, std::int64_t steps) {
  if (steps <= 0) return "step " + count_text(step);
  return fmt::format("step {} of {}", count_text(step), count_text(steps));
}

}  // namespace

WatchedRun watched_run(const fs::path& directory) {
  const TextPairs settings = settings_of(directory);
  WatchedRun run{directory, printable(text_of(settings, "experiment")), printable(text_of(settings, "run")),
                 printable(text_of(settings, "seed")), std::strtoll(text_of(settings, "steps").c_str(), nullptr, 10)};
  return run;
}

std::string cut_to(const std::string& text, std::size_t width) {
  std::size_t place = 0;
  std::size_t columns = 0;
  for (; place < text.size() && columns < width; ++columns) place += std::max<std::size_t>(utf8_length(text, place), 1);
  return text.substr(0, place);
}

void WatchScreen::restart() { *this = WatchScreen(std::move(run_)); }

void WatchScreen::add(const JournalRow& row) {
  step_ = row.step;
  seconds_ = row.seconds;
  switch (row.kind) {
    case JournalRow::Kind::kState: state_ = row.text; return;
    case JournalRow::Kind::kMessage: message_ = row.text; return;
    case JournalRow::Kind::kSite: return;
    case JournalRow::Kind::kTrain: break;
    case JournalRow::Kind::kEvaluation:
      std::erase_if(evaluations_, [&](const JournalRow& known) { return known.text == row.text; });
      evaluations_.push_back(row);
      return;
  }
  train_ = row;
  for (const JournalValue& value : row.values) {
    if (value.name == "loss" && value.slice.empty()) loss_.push_back({static_cast<double>(row.step), value.value});
  }
  pace_.emplace_back(static_cast<double>(row.step), row.seconds);
  if (pace_.size() > kPace) pace_.erase(pace_.begin());
}

std::string WatchScreen::title() const {
  std::string text = run_.experiment.empty() ? printable(run_.directory.string()) : run_.experiment + "/" + run_.run;
  if (!run_.seed.empty()) text += "  seed " + run_.seed;
  return text;
}

std::string WatchScreen::progress() const {
  std::string text = steps_text(step_, run_.steps);
  if (run_.steps > 0) {
    const double share = 100.0 * static_cast<double>(step_) / static_cast<double>(run_.steps);
    text += fmt::format("  {:.0f} %", std::clamp(share, 0.0, 100.0));
  }
  text += "  " + duration_text(seconds_) + " worked";
  const bool has_pace = pace_.size() > 1 && pace_.back().first > pace_.front().first;
  if (run_.steps <= step_ || !has_pace) return text;
  const double per_step = (pace_.back().second - pace_.front().second) / (pace_.back().first - pace_.front().first);
  return text + "  " + duration_text(per_step * static_cast<double>(run_.steps - step_)) + " left";
}

std::string WatchScreen::figures(const JournalRow& row) const {
  std::string text;
  for (const JournalValue& value : row.values) {
    if (value.slice.empty()) text += fmt::format("  {} {}", printable(value.name), figure_text(value.value));
  }
  return text;
}

std::vector<std::string> WatchScreen::lines(const CurveForm& form) const {
  std::vector<std::string> lines = {title(), progress()};
  if (train_) lines.push_back("train" + figures(*train_));
  for (const JournalRow& row : evaluations_) {
    const std::string step = row.step == step_ ? "" : fmt::format(" at {}", count_text(row.step));
    lines.push_back(printable(row.text) + step + figures(row));
  }
  if (!message_.empty()) lines.push_back(printable(message_));
  const std::vector<std::string> curve = curve_lines(loss_, form);
  if (!curve.empty()) {
    lines.push_back(fmt::format("loss, steps {} to {}", count_text(static_cast<long long>(loss_.front().x)),
                                count_text(static_cast<long long>(loss_.back().x))));
  }
  lines.insert(lines.end(), curve.begin(), curve.end());
  for (std::string& line : lines) line = cut_to(line, form.width);
  return lines;
}

std::vector<std::string> WatchScreen::closing_lines(std::size_t width) const {
  const bool is_ended = state_ == "finished" || state_ == "stopped" || state_ == "failed";
  const std::string state = is_ended ? state_ : "interrupted";
  std::string figures_line = evaluations_.empty() && train_ ? "train" + figures(*train_) : "";
  if (!evaluations_.empty()) figures_line = printable(evaluations_.back().text) + figures(evaluations_.back());
  const std::string place = shell_word(printable(run_.directory.string()));
  std::string next = "No process works on this run; the command that started it resumes it.";
  if (state_ == "finished") next = "fovea show " + place;
  std::vector<std::string> lines = {
      fmt::format("{}: {} at {}, {} worked", title(), state, steps_text(step_, run_.steps), duration_text(seconds_)),
      figures_line.empty() ? "No figures yet." : figures_line, next};
  for (std::string& line : lines) line = cut_to(line, width);
  return lines;
}

}  // namespace fovea::cli
