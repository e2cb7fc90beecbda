#include "framework/cli/show_brief.h"

#include <fmt/format.h>
#include <cstdlib>

#include "framework/cli/choices.h"
#include "framework/cli/closing.h"
#include "framework/cli/report_request.h"
#include "framework/cli/screen.h"
#include "framework/cli/screen_table.h"
#include "framework/cli/wrapping.h"
#include "framework/core/text.h"
#include "framework/runs/run_groups.h"
#include "framework/train/recorder.h"

namespace fovea::cli {
namespace {

std::string state_text(const FoundRun& run) {
  const double seconds = std::strtod(text_of(run.summary.clock, "seconds").c_str(), nullptr);
  return fmt::format("{}/{}, seed {}: {} at step {}, after {}", run.experiment, run.run, run.seed, run.state,
                     count_text(run.step), duration_text(seconds));
}

/// "" where there is nothing; else with an empty line before it.
std::string part(const std::string& text) { return text.empty() ? "" : "\n" + text; }

std::string figures_text(const FoundRun& run, std::size_t width) {
  DoneRun done{run.run, static_cast<Extent>(run.seed), run.file.parent_path(), {}};
  done.outcome.final_metrics = final_metrics(run.summary.evaluation);
  add_results(done, run.summary);
  return screen_text(closing_table({done}), width);
}

std::string sites_text(const FoundRun& run, std::size_t width) {
  TextTable table = without_repeats(sites_table(choices_of(run.summary)), 1);
  table.title = "What the sites chose: pairs scored and rows read for each item of training, entropy in nats";
  return screen_text(table, width);
}

std::string more_text(const FoundRun& run, const Console& console) {
  const std::string program = shell_word(console.program);
  const std::string path = run.file.string();
  const std::string file = shell_word(path.starts_with('-') ? "./" + path : path);
  return fmt::format("More\n  {} show {} --all\n  {} verify {}\n  {} ls {}\n", program, file, program, file, program, file);
}

}  // namespace

std::string brief_text(const FoundRun& run, const Console& console) {
  const std::size_t width = width_for(console.out);
  const ReportRequest known = report_request(group_runs({run}), "");
  const auto about = known.about.find(run.experiment);
  std::string text = wrapped(state_text(run), width, 2) + "\n";
  if (about != known.about.end()) text += wrapped(about->second.question, width, 0) + "\n";
  text += part(figures_text(run, width));
  if (about != known.about.end()) {
    for (const TextTable& table : about->second.published) text += part(screen_text(table, width));
  }
  return text + part(sites_text(run, width)) + part(more_text(run, console));
}

}  // namespace fovea::cli
