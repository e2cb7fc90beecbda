#include "framework/cli/comparison.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <map>

#include "framework/cli/screen.h"

namespace fovea::cli {
namespace {

// What a run found with one seed.
struct Found {
  double figure = 0;
  double train_cost = 0;
};

using Seeds = std::map<Extent, Found>;

bool is_named(const std::string& run, const std::string& name) {
  if (!name.ends_with('*')) return run == name;
  return run.starts_with(name.substr(0, name.size() - 1));
}

double in_form(double metric, Comparison::Form form) {
  switch (form) {
    case Comparison::Form::kPlain: return metric;
    case Comparison::Form::kPercent: return 100 * metric;
    case Comparison::Form::kPercentWrong: return 100 * (1 - metric);
  }
  return metric;
}

// The seeds of each run of a row.
std::map<std::string, Seeds> found_of(const Comparison& comparison, const Comparison::Row& row,
                                      const std::vector<DoneRun>& runs) {
  std::map<std::string, Seeds> found;
  for (const DoneRun& run : runs) {
    if (!is_named(run.run, row.runs)) continue;
    for (const FinalMetric& metric : run.outcome.final_metrics) {
      if (metric.split != row.split || metric.slice != row.slice || metric.metric != comparison.metric) continue;
      found[run.run][run.seed] = {in_form(metric.value, comparison.form), run.outcome.train_cost};
    }
  }
  return found;
}

// The mean over runs, for each seed.
std::vector<double> by_seed(const std::map<std::string, Seeds>& found) {
  std::map<Extent, double> sums;
  for (const auto& [run, seeds] : found) {
    for (const auto& [seed, one] : seeds) sums[seed] += one.figure / static_cast<double>(found.size());
  }
  std::vector<double> means;
  means.reserve(sums.size());
  for (const auto& [seed, sum] : sums) means.push_back(sum);
  return means;
}

// The mean over runs of the figure of the seed that learned its training data best.
double of_lowest_cost(const std::map<std::string, Seeds>& found) {
  double sum = 0;
  for (const auto& [run, seeds] : found) {
    const auto best = std::min_element(
        seeds.begin(), seeds.end(), [](const auto& a, const auto& b) { return a.second.train_cost < b.second.train_cost; });
    sum += best->second.figure;
  }
  return sum / static_cast<double>(found.size());
}

std::string published_text(const Comparison::Row& row, std::size_t source) {
  if (source >= row.published.size() || std::isnan(row.published[source])) return "-";
  return figure_text(row.published[source]);
}

std::string form_text(Comparison::Form form) {
  switch (form) {
    case Comparison::Form::kPlain: return "";
    case Comparison::Form::kPercent: return ", per cent";
    case Comparison::Form::kPercentWrong: return ", per cent wrong";
  }
  return "";
}

}  // namespace

std::optional<TextTable> published_table(const Comparison& comparison, const std::vector<DoneRun>& runs) {
  TextTable table;
  std::size_t most_seeds = 0;
  for (const Comparison::Row& row : comparison.rows) {
    const std::map<std::string, Seeds> found = found_of(comparison, row, runs);
    if (found.empty()) continue;
    const std::vector<double> seeds = by_seed(found);
    most_seeds = std::max(most_seeds, seeds.size());
    std::vector<std::string> line = {row.name, mean_text(seeds), figure_text(of_lowest_cost(found))};
    for (std::size_t source = 0; source < comparison.sources.size(); ++source) line.push_back(published_text(row, source));
    table.rows.push_back(std::move(line));
  }
  if (table.rows.empty()) return std::nullopt;
  table.title = fmt::format("{}: {}{}", comparison.title, comparison.metric, form_text(comparison.form));
  table.head = {"", most_seeds == 1 ? "here" : fmt::format("mean of {} seeds", most_seeds), "lowest training cost"};
  table.head.insert(table.head.end(), comparison.sources.begin(), comparison.sources.end());
  // With one seed, the column would repeat the mean.
  if (most_seeds == 1) {
    table.head.erase(table.head.begin() + 2);
    for (auto& line : table.rows) line.erase(line.begin() + 2);
  }
  table.is_number.assign(table.head.size(), true);
  table.is_number[0] = false;
  return table;
}

std::string comparison_text(const Comparison& comparison, const std::vector<DoneRun>& runs) {
  const std::optional<TextTable> table = published_table(comparison, runs);
  if (!table) return "";
  std::vector<std::vector<std::string>> lines = table->rows;
  lines.insert(lines.begin(), table->head);
  return table->title + "\n" + table_text(lines, table->is_number);
}

}  // namespace fovea::cli
