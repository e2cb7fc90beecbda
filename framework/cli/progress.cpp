#include "framework/cli/progress.h"

#include <fmt/format.h>
#include <ostream>

#include "framework/cli/screen.h"

namespace fovea::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlainLine{5};

}  // namespace

std::string progress_text(const Progress& progress) {
  std::string text = fmt::format("{}  step {}", progress.run, count_text(progress.step));
  if (progress.steps > 0) text += "/" + count_text(progress.steps);
  if (progress.phase != "train") return text + "  " + progress.phase;
  text += "  loss " + figure_text(progress.loss);
  if (!progress.metrics.empty()) {
    text += fmt::format("  {} {}", progress.metrics.front().first, figure_text(progress.metrics.front().second));
  }
  if (progress.sequences_per_second > 0) {
    text += fmt::format("  {} sequences/s", count_text(static_cast<long long>(progress.sequences_per_second)));
  }
  if (progress.steps > 0 && progress.seconds_left > 0) text += "  " + duration_text(progress.seconds_left) + " left";
  return text;
}

bool ProgressLine::is_due(const Progress& progress) const {
  const auto waited = Clock::now() - shown_;
  if (run_ != progress.run) return true;
  return style_ == Style::kTerminal ? waited >= kRedraw : waited >= kPlainLine;
}

void ProgressLine::show(const Progress& progress) {
  if (style_ == Style::kSilent || !is_due(progress)) return;
  run_ = progress.run;
  shown_ = Clock::now();
  line_ = progress_text(progress);
  if (style_ == Style::kPlain) {
    out_ << line_ << '\n' << std::flush;
    return;
  }
  clear();
  draw();
}

void ProgressLine::message(const std::string& text) {
  if (style_ == Style::kSilent) return;
  const bool was_drawn = is_drawn_;
  clear();
  out_ << text << '\n';
  if (was_drawn) draw();
  out_ << std::flush;
}

void ProgressLine::finish() {
  clear();
  out_ << std::flush;
}

void ProgressLine::clear() {
  if (is_drawn_) out_ << "\r\x1b[K";  // to the first column, erase to the end of the line
  is_drawn_ = false;
}

void ProgressLine::draw() {
  // One column less than the terminal has: a full line would wrap, and \r would not come back to its start.
  out_ << line_.substr(0, terminal_width() - 1) << std::flush;
  is_drawn_ = true;
}

}  // namespace fovea::cli
