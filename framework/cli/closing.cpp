#include "framework/cli/closing.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "framework/cli/screen.h"
#include "framework/core/text.h"
#include "framework/results/run_file.h"

namespace fovea::cli {
namespace {

struct RowKey {
  std::string run;
  std::string split;
  std::string slice;
  bool operator==(const RowKey&) const = default;
};

// The values of one cell, one per seed.
using Cells = std::map<std::string, std::vector<double>>;

// Deviation of a sample, n - 1 in the denominator.
double deviation(const std::vector<double>& values, double mean) {
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

template <class T>
void add_once(std::vector<T>& items, const T& item) {
  if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
}

/// The results as an argument of a command: a path that begins with a dash would be read as an option.
std::string file_of(const DoneRun& run) {
  const std::string path = (run.directory / kResultsName).string();
  return shell_word(path.starts_with('-') ? "./" + path : path);
}

std::string reader_line(const DoneRun& run) {
  const auto& figures = run.outcome.final_metrics;
  const auto found = std::find_if(figures.begin(), figures.end(), [](const FinalMetric& f) { return f.slice.empty(); });
  const std::string group = found == figures.end() ? "train" : "evaluation/" + found->split;
  const std::string data = found == figures.end() ? "loss" : found->metric;
  const std::string program = fmt::format("import h5py, sys; print(h5py.File(sys.argv[1])[\"{}/{}\"][...])", group, data);
  return fmt::format("python3 -c {} {}", shell_word(program), file_of(run));
}

}  // namespace

std::string mean_text(const std::vector<double>& values) {
  double mean = 0;
  for (const double value : values) mean += value;
  mean /= static_cast<double>(values.size());
  if (values.size() == 1) return figure_text(mean);
  return fmt::format("{} +- {:.2g}", figure_text(mean), deviation(values, mean));
}

std::string closing_table(const std::vector<DoneRun>& runs) {
  std::vector<RowKey> keys;
  std::vector<Cells> cells;
  std::vector<std::string> metrics;
  std::map<std::string, std::set<Extent>> seeds;
  for (const DoneRun& run : runs) {
    seeds[run.run].insert(run.seed);
    for (const FinalMetric& figure : run.outcome.final_metrics) {
      const RowKey key{run.run, figure.split, figure.slice.empty() ? "all" : figure.slice};
      add_once(keys, key);
      cells.resize(keys.size());
      const auto row = static_cast<std::size_t>(std::find(keys.begin(), keys.end(), key) - keys.begin());
      cells[row][figure.metric].push_back(figure.value);
      add_once(metrics, figure.metric);
    }
  }
  std::vector<std::vector<std::string>> rows = {{"run", "split", "slice", "seeds"}};
  rows[0].insert(rows[0].end(), metrics.begin(), metrics.end());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    std::vector<std::string> row = {keys[i].run, keys[i].split, keys[i].slice, fmt::format("{}", seeds[keys[i].run].size())};
    for (const std::string& metric : metrics) row.push_back(cells[i].count(metric) > 0 ? mean_text(cells[i][metric]) : "");
    rows.push_back(std::move(row));
  }
  return table_text(rows, {false, false, false, true});
}

std::string closing_notes(const std::string& program, const std::string& experiment, const std::vector<DoneRun>& runs) {
  double seconds = 0;
  for (const DoneRun& run : runs) seconds += run.outcome.train_seconds;
  std::string text = fmt::format("training  {} ({:.1f} s)\n", duration_text(seconds), seconds);
  for (const DoneRun& run : runs) text += fmt::format("results   {}\n", (run.directory / kResultsName).string());
  const DoneRun& first = runs.front();
  const std::string name = shell_word(program);
  text += fmt::format("\nNext, try\n  {} show {}\n  {} verify {}\n", name, file_of(first), name, file_of(first));
  text += fmt::format("  {} draw {} -o model.svg\n  {} describe {}\n", name, experiment, name, experiment);
  if (runs.size() == 1) text += fmt::format("  {} run {} --seeds 3\n", name, experiment);
  return text + "  " + reader_line(first) + "\n";
}

}  // namespace fovea::cli
