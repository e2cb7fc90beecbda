#include "framework/cli/next_steps.h"

#include <fmt/format.h>
#include <algorithm>

#include "framework/cli/screen.h"
#include "framework/core/text.h"
#include "framework/results/run_file.h"

namespace fovea::cli {
namespace {

constexpr std::size_t kWidest = 120;  // columns with a purpose

struct Step {
  std::string command;
  std::string purpose;
};

/// A path as an argument: one that begins with a dash would be read as an option.
std::string path_word(const std::filesystem::path& path) {
  return shell_word(path.string().starts_with('-') ? "./" + path.string() : path.string());
}

std::string plugins_of(const AskedRun& asked) {
  std::string text;
  for (const std::string& plugin : asked.experiment.plugins) text += " --plugin " + shell_word(plugin);
  return text;
}

std::string run_command(const AskedRun& asked) {
  std::string text = asked.program + " run " + asked.experiment.name;
  for (const std::string& setting : asked.experiment.settings) text += " " + shell_word(setting);
  if (asked.experiment.threads > 0) text += fmt::format(" --threads {}", asked.experiment.threads);
  if (asked.output != "runs") text += " --output " + path_word(asked.output);
  return text + plugins_of(asked);
}

bool has_several_runs(const std::vector<DoneRun>& runs) {
  return std::any_of(runs.begin(), runs.end(), [&](const DoneRun& run) { return run.run != runs.front().run; });
}

std::vector<Step> steps_of(const AskedRun& asked, const std::vector<DoneRun>& runs) {
  const std::string folder = path_word(folder_of(asked));
  std::vector<Step> steps = {
      {asked.program + " show " + path_word(runs.front().directory / kResultsName), "what the file holds"}};
  if (asked.seeds <= 1) steps.push_back({run_command(asked) + " --seeds 3", "is it luck? three seeds"});
  if (has_several_runs(runs)) steps.push_back({asked.program + " compare " + folder, "are the runs different?"});
  if (steps.size() < 3) steps.push_back({asked.program + " ls " + folder, "all runs of this experiment"});
  if (steps.size() < 3) {
    steps.push_back({asked.program + " describe " + asked.experiment.name + plugins_of(asked), "what can be changed"});
  }
  return steps;
}

}  // namespace

std::filesystem::path folder_of(const AskedRun& asked) {
  return std::filesystem::path(asked.output) / asked.experiment.name;
}

std::string results_text(const std::vector<DoneRun>& runs) {
  double seconds = 0;
  for (const DoneRun& run : runs) seconds += run.outcome.train_seconds;
  const std::filesystem::path file = runs.front().directory / kResultsName;
  const std::filesystem::path folder = runs.front().directory.parent_path();
  const std::string where =
      runs.size() == 1 ? file.string() : fmt::format("{} files, {}", runs.size(), (folder / "*" / kResultsName).string());
  return fmt::format("training  {} ({:.1f} s)\nresults   {}\n", duration_text(seconds), seconds, where);
}

std::string next_steps(const AskedRun& asked, const std::vector<DoneRun>& runs, std::size_t width) {
  const std::vector<Step> steps = steps_of(asked, runs);
  std::size_t longest = 0;
  for (const Step& step : steps) longest = std::max(longest, step.command.size());
  std::string text = "Next, try\n";
  for (const Step& step : steps) {
    const std::string line = fmt::format("  {:<{}}  # {}", step.command, longest, step.purpose);
    text += (line.size() <= std::min(width, kWidest) ? line : "  " + step.command) + "\n";
  }
  return text;
}

}  // namespace fovea::cli
