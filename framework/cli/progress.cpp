#include "framework/cli/progress.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <ostream>
#include <string_view>

#include "framework/cli/screen.h"
#include "framework/cli/wrapping.h"

namespace fovea::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlainLine{5};
constexpr std::size_t kPlainWidth = 80;

/// What fits. A name may be of any length.
std::string cut(const std::string& text, std::size_t width) {
  constexpr std::string_view kMore = "...";
  if (text.size() <= width) return text;
  if (width < kMore.size()) return text.substr(0, width);
  return text.substr(0, width - kMore.size()).append(kMore);
}

}  // namespace

std::string progress_text(const Progress& progress, std::size_t width) {
  const std::string of = progress.steps > 0 ? "/" + count_text(progress.steps) : "";
  const std::string head = fmt::format("{}  step {}{}", progress.run, count_text(progress.step), of);
  if (progress.phase != "train")
    return cut(head, width - std::min(width, progress.phase.size() + 2)) + "  " + progress.phase;
  const bool has_metric = !progress.metrics.empty();
  const bool has_time = progress.steps > 0 && progress.seconds_left > 0;
  std::array<std::string, 4> parts = {
      "  loss " + figure_text(progress.loss),
      has_metric ? fmt::format("  {} {}", progress.metrics.front().first, figure_text(progress.metrics.front().second)) : "",
      progress.sequences_per_second > 0
          ? fmt::format("  {} items/s", count_text(static_cast<long long>(progress.sequences_per_second)))
          : "",
      has_time ? "  " + duration_text(progress.seconds_left) + " left" : ""};
  const auto text = [&] { return fmt::format("{}", fmt::join(parts, "")); };
  for (const std::size_t less_needed : {2U, 0U, 1U}) {
    if (head.size() + text().size() > width) parts[less_needed].clear();
  }
  return cut(head, width - std::min(width, text().size())) + text();
}

std::string message_text(const std::string& text, std::size_t width) {
  constexpr std::string_view kMore = ", ...";
  const bool is_warning = text.find("warning: ") != std::string::npos;
  if (text.size() <= width || is_warning || width < kMore.size()) return wrapped(text, width, 2);
  const std::size_t comma = text.rfind(", ", width - kMore.size());
  return comma == std::string::npos ? wrapped(text, width, 2) : text.substr(0, comma).append(kMore);
}

bool ProgressLine::is_due(const Progress& progress) const {
  const auto waited = Clock::now() - shown_;
  if (latest_.run != progress.run) return true;
  return style_ == Style::kTerminal ? waited >= kRedraw : waited >= kPlainLine;
}

void ProgressLine::show(const Progress& progress) {
  if (style_ == Style::kSilent || !is_due(progress)) return;
  shown_ = Clock::now();
  latest_ = progress;
  if (style_ == Style::kPlain) {
    out_ << progress_text(progress, kPlainWidth) << '\n' << std::flush;
    return;
  }
  clear();
  draw();
}

void ProgressLine::message(const std::string& text) {
  if (style_ == Style::kSilent) return;
  const bool was_drawn = is_drawn_;
  clear();
  out_ << message_text(text, width_for(out_)) << '\n';
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
  out_ << progress_text(latest_, terminal_width() - 1) << std::flush;
  is_drawn_ = true;
}

}  // namespace fovea::cli
