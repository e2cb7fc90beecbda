#include <fmt/format.h>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/cli/show_brief.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "framework/results/verify.h"
#include "framework/runs/found_run.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::string file;
  bool all = false;

  void fields(ArgumentList& list) {
    list.word("file", file, "results.h5, or the directory of its run");
    list.flag("--all", all, "everything: settings, provenance, sites, parameters and data sets");
  }
};

using Rows = std::vector<std::vector<std::string>>;

std::string section(const std::string& title, const TextPairs& pairs) {
  if (pairs.empty()) return "";
  Rows rows;
  for (const auto& [name, text] : pairs) rows.push_back({"  " + name, text});
  return "\n" + title + "\n" + table_text(rows);
}

std::string evaluation_text(const EvaluationTable& table) {
  Rows rows = {{"  metric", "slice", "step", "last"}};
  const std::string step = table.step.empty() ? "" : count_text(table.step.back());
  for (const Column& column : table.columns) {
    if (!column.values.empty()) rows.push_back({"  " + column.name, "all", step, figure_text(column.values.back())});
  }
  const std::size_t slices = table.slices.size();
  for (const Column& column : table.by_slice) {
    if (column.values.size() < slices) continue;
    for (std::size_t i = 0; i < slices; ++i) {
      const double value = column.values[column.values.size() - slices + i];
      rows.push_back({"  " + column.name, table.slices[i], step, figure_text(value)});
    }
  }
  return fmt::format("\nevaluation/{}  ({} evaluations)\n{}", table.split, table.step.size(),
                     table_text(rows, {false, false, true, true}));
}

std::string health_text(const std::vector<SelectionSite>& sites) {
  const auto optional_text = [](const auto& value) { return value ? figure_text(static_cast<double>(*value)) : "-"; };
  Rows rows = {{"  site", "entropy", "distinct items", "dead share", "largest share", "right"}};
  for (const SelectionSite& site : sites) {
    if (!site.mean_entropy) continue;
    rows.push_back({"  " + site.path, optional_text(site.mean_entropy), optional_text(site.distinct_items),
                    optional_text(site.dead_share), optional_text(site.largest_share),
                    optional_text(site.selection_accuracy)});
  }
  return rows.size() == 1 ? "" : table_text(rows, {false, true, true, true, true, true});
}

/// What is not in the file, so that nobody takes a part for the whole.
std::string cuts_text(const std::vector<SelectionSite>& sites) {
  std::string text;
  for (const SelectionSite& site : sites) {
    if (site.entries_cut == 0) continue;
    text += fmt::format("  {}: {} entries were left out; rows are one query in {}, the density stands for all\n", site.path,
                        count_text(site.entries_cut), site.query_stride);
  }
  return text;
}

std::string sites_text(const std::vector<SelectionSite>& sites) {
  if (sites.empty()) return "";
  Rows rows = {{"  site", "text", "scored pairs", "gathered rows", "in backward"}};
  for (const SelectionSite& site : sites) {
    rows.push_back({"  " + site.path, site.text, count_text(site.scored_pairs), count_text(site.gathered_rows_forward),
                    count_text(site.gathered_rows_backward)});
  }
  return "\nselection\n" + table_text(rows, {false, false, true, true, true}) + health_text(sites) + cuts_text(sites);
}

std::string tree_text(const std::string& title, const std::vector<TreeLine>& tree) {
  Rows rows;
  for (const TreeLine& line : tree) {
    rows.push_back(
        {"  " + line.path, line.type == "group" ? "" : fmt::format("[{}]", fmt::join(line.shape, ", ")), line.type});
  }
  return rows.empty() ? "" : "\n" + title + "\n" + table_text(rows);
}

std::string all_text(const RunSummary& summary) {
  std::string text = section("file", summary.attributes) + section("config", summary.config) +
                     section("provenance", summary.provenance) + section("clock", summary.clock);
  Rows train;
  const std::vector<std::int64_t>& steps = summary.train.step;
  for (const Column& column : summary.train.columns) {
    if (!column.values.empty()) train.push_back({"  " + column.name, figure_text(column.values.back())});
  }
  text += fmt::format("\ntrain  ({} rows, last step {})\n{}", count_text(static_cast<long long>(steps.size())),
                      count_text(steps.empty() ? 0 : steps.back()), table_text(train, {false, true}));
  for (const EvaluationTable& table : summary.evaluation) text += evaluation_text(table);
  text += sites_text(summary.sites);
  text += tree_text(fmt::format("parameters  ({}; arena of a shard {})", count_text(summary.parameter_count),
                                bytes_text(static_cast<std::size_t>(summary.arena_bytes))),
                    summary.parameters);
  return text + tree_text("data sets", summary.tree);
}

/// The results file of what was given.
std::filesystem::path file_of(const std::filesystem::path& given) {
  std::error_code none;                                           // what cannot be looked at is an error of reading
  if (!std::filesystem::is_directory(given, none)) return given;  // else of a run
  if (!std::filesystem::exists(given / kResultsName, none)) {
    throw Error(given.string(), "expected the directory of one run; there is no results.h5 in it; give one such as " +
                                    (given / "RUN").string() + ", or follow a run that has just begun with 'fovea watch'.");
  }
  return given / kResultsName;
}

int show(const Arguments& arguments, const Console& console) {
  const std::filesystem::path path = file_of(arguments.file);
  const RunSummary summary = read_summary(path);
  console.out << path.string() << '\n'
              << (arguments.all ? all_text(summary) : brief_text(found_run(path, summary), console));
  const std::string damage = hash_failure(path);
  if (damage.empty()) return kOk;
  console.err << damage << '\n';
  return kVerifyFailure;
}

}  // namespace

const Command kShow = {"show", "print what a run has found; --all: everything that its results file holds",
                       "  fovea show runs/sort_by_pointing/main/results.h5\n"
                       "  fovea show runs/sort_by_pointing/main --all\n",
                       run_with<Arguments, show>};

}  // namespace fovea::cli
