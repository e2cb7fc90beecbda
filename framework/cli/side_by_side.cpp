#include "framework/cli/side_by_side.h"

#include <fmt/format.h>
#include <algorithm>

#include "framework/cli/signals.h"
#include "framework/core/text.h"
#include "framework/cpu/parallel.h"

namespace fovea::cli {

Shares shares_of(Extent jobs, Extent threads, std::size_t runs) {
  cpu::set_threads(static_cast<int>(threads));
  const Extent cores = std::max<Extent>(cpu::threads(), 1);
  const auto most = static_cast<Extent>(std::max<std::size_t>(runs, 1));
  const Extent chosen = std::min(jobs > 0 ? jobs : cores, most);
  return {chosen, std::max<Extent>(cores / chosen, 1)};
}

std::vector<std::string> without_seed(const std::vector<std::string>& settings) {
  std::vector<std::string> others;
  for (const std::string& setting : settings) {
    if (!setting.starts_with("seed=")) others.push_back(setting);
  }
  return others;
}

Job job_of(const ChildRun& run, const ExperimentArguments& experiment, Extent threads) {
  Job job{run.label, {"run", experiment.name}, run.runs};
  std::vector<std::string>& words = job.words;
  words.insert(words.end(), run.settings.begin(), run.settings.end());
  words.push_back(fmt::format("seed={}", run.seed));
  const std::string into = run.into.string();
  words.insert(words.end(), {"--into", into.starts_with('-') ? "./" + into : into});
  if (!run.only.empty()) words.insert(words.end(), {"--only", run.only});
  if (run.until > 0) words.insert(words.end(), {"--until", std::to_string(run.until)});
  words.insert(words.end(), {"--threads", std::to_string(threads), "--quiet"});
  words.insert(words.end(), run.flags.begin(), run.flags.end());
  for (const std::string& plugin : experiment.plugins) words.insert(words.end(), {"--plugin", plugin});
  return job;
}

std::string reason_of(const JobEnd& end) {
  const std::string line = printable(trimmed(last_lines(end.output, 1)));
  if (end.exit_code > 128) {
    const std::string signal =
        end.exit_code == 137 ? "SIGKILL, perhaps for want of memory" : signal_name(end.exit_code - 128);
    return fmt::format("ended by {}{}", signal, line.empty() ? "" : "; it said last: " + line);
  }
  return line.empty() ? fmt::format("exit code {}", end.exit_code) : line;
}

}  // namespace fovea::cli
