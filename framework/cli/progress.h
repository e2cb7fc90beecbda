#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "framework/train/trainer.h"

namespace fovea::cli {

/// "main  step 340/1,000  loss 0.7312  sequence_accuracy 0.85  4,812 items/s  0:12 left". Where that is wider, it goes
/// without the speed, then without the loss and the metric, so that the time left is always there.
std::string progress_text(const Progress& progress, std::size_t width);

/// A message in lines of at most `width` columns. Of a list that is too long for one line, such as the metrics of an
/// evaluation, the end is left out: log.txt has it. Warnings are whole.
std::string message_text(const std::string& text, std::size_t width);

/// Shows the progress of a run: on a terminal one line that is redrawn at most ten times a second; elsewhere plain lines, at
/// the start of each run and every five seconds. Each message is a separate line.
class ProgressLine {
 public:
  enum class Style : std::uint8_t { kTerminal, kPlain, kSilent };

  ProgressLine(std::ostream& out, Style style) : out_(out), style_(style) {}
  ~ProgressLine() { finish(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);
  void message(const std::string& text);
  /// Ends the line, so that other text can follow.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;

  bool is_due(const Progress& progress) const;
  void clear();
  void draw();

  std::ostream& out_;
  Style style_;
  Progress latest_;
  Clock::time_point shown_{};
  bool is_drawn_ = false;
};

}  // namespace fovea::cli
