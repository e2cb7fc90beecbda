#include <fmt/format.h>
#include <algorithm>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/core/text.h"
#include "framework/runs/comparison_numbers.h"
#include "framework/runs/comparison_table.h"
#include "framework/runs/listing.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::vector<std::string> places;
  std::string metric;
  std::string split;
  std::string slice;
  std::string against;
  bool unfinished = false;
  bool text = false;
  bool csv = false;
  bool latex = false;
  bool markdown = false;
  bool json = false;

  void fields(ArgumentList& list) {
    list.words("places", places, "results files, or folders with some below, by default runs/; the first is compared with");
    list.option("--metric", metric, "by default the first one of the split");
    list.option("--split", split, "by default test, else validation");
    list.option("--slice", slice, "a group of items, such as N=5; by default all items");
    list.option("--against", against, "the group to compare with, as it is named, or best: of the highest mean");
    list.flag("--unfinished", unfinished, "count runs that are not finished as well");
    list.flag("--text", text, "as a table for people, the default");
    list.flag("--csv", csv, "as comma-separated values, numbers with all digits");
    list.flag("--latex", latex, "as a tabular with the rules of the package booktabs");
    list.flag("--markdown", markdown, "as a table in Markdown");
    list.flag("--json", json, "as JSON, with every setting");
  }
};

void expect_one_form(const Arguments& arguments) {
  const int forms = arguments.text + arguments.csv + arguments.latex + arguments.markdown + arguments.json;
  if (forms <= 1) return;
  throw UsageError("fovea compare", fmt::format("expected one form of output, of --text, --csv, --latex, --markdown and "
                                                "--json; {} came; give one of them.",
                                                forms));
}

RunGroups groups_to_compare(const Arguments& arguments) {
  RunGroups found = runs_in(arguments.places.empty() ? std::vector<std::string>{"runs"} : arguments.places);
  if (found.groups.empty()) {
    throw Error(
        path_text(found.unread.front()),
        fmt::format("expected results that can be read, here or in another place; {}", problem_text(found.unread.front())));
  }
  if (found.groups.size() == 1) {
    throw Error("fovea compare",
                fmt::format("expected two groups of runs at least, which differ in more than the seed; all {} found are of "
                            "'{}'; give the results of another group as well, or a folder above both.",
                            found.groups[0].runs.size(), found.groups[0].name()));
  }
  return found;
}

bool is_named(const RunGroup& group, const std::string& name) {
  const std::string full = group.name();
  return name == full || name == group.run || name == group.differences() || full == group.experiment + "/" + name;
}

/// The place of the group that has this name, alone.
std::size_t place_of(const std::string& name, const std::vector<RunGroup>& groups) {
  std::vector<std::size_t> places;
  std::vector<std::string> known;
  constexpr std::size_t kMost = 30;  // in an error
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (is_named(groups[i], name)) places.push_back(i);
    if (known.size() < kMost) known.push_back(groups[i].name());
  }
  if (places.size() == 1) return places[0];
  if (places.empty()) throw Error("--against", unknown_name(name, known));
  throw Error("--against", fmt::format("expected the name of one group; {} are named {}; give the whole name, one of: {}.",
                                       places.size(), in_quotes(name), fmt::join(known, "; ")));
}

std::size_t place_of_best(const std::vector<RunGroup>& groups, const MetricChoice& choice,
                          GroupFigure::Unfinished unfinished) {
  std::optional<double> highest;
  std::size_t place = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const GroupFigure figure = figure_of(groups[i], choice, unfinished);
    if (!figure.summary.mean || figure.is_so_far || (highest && *figure.summary.mean <= *highest)) continue;
    highest = figure.summary.mean;
    place = i;
  }
  return place;
}

constexpr const char* kBest = "best";
constexpr const char* kChosen =
    "The first group has the highest mean, so these numbers have chosen it: expect a smaller lead on other seeds.";

/// The group to compare with becomes the first.
void put_first(RunGroups& found, const Arguments& arguments, const MetricChoice& choice,
               GroupFigure::Unfinished unfinished) {
  if (arguments.against.empty()) return;
  std::vector<RunGroup>& groups = found.groups;
  const std::size_t place =
      arguments.against == kBest ? place_of_best(groups, choice, unfinished) : place_of(arguments.against, groups);
  const auto chosen = groups.begin() + static_cast<std::ptrdiff_t>(place);
  std::rotate(groups.begin(), chosen, chosen + 1);
}

std::string people_text(const TextTable& table) {
  std::vector<std::vector<std::string>> rows = table.rows;
  rows.insert(rows.begin(), table.head);
  std::string text = table.title + "\n\n" + table_text(rows, table.is_number) + "\n";
  for (const std::string& sentence : table.sentences) text += sentence + "\n";
  return text;
}

int compare(const Arguments& arguments, const Console& console) {
  expect_one_form(arguments);
  RunGroups found = groups_to_compare(arguments);
  const MetricChoice choice = resolved_metric({arguments.split, arguments.metric, arguments.slice}, found.groups);
  const auto unfinished = arguments.unfinished ? GroupFigure::Unfinished::kCounted : GroupFigure::Unfinished::kLeftOut;
  put_first(found, arguments, choice, unfinished);
  const GroupComparison comparison = compare_groups(found.groups, choice, unfinished);
  if (arguments.json) {
    console.out << json_text(comparison_json(found, comparison)) << '\n';
  } else if (arguments.csv) {
    console.out << csv_of(comparison_numbers(found, comparison));
  } else {
    TextTable table = comparison_table(found, comparison);
    if (arguments.against == kBest) table.sentences.emplace_back(kChosen);
    console.out << (arguments.latex ? latex_of(table) : arguments.markdown ? markdown_of(table) : people_text(table));
  }
  for (const FoundRun& run : found.unread) console.err << path_text(run) << "  " << problem_text(run) << '\n';
  return kOk;
}

}  // namespace

const Command kCompare = {"compare", "compare groups of runs with the first one, seed by seed, with intervals and tests",
                          "  fovea compare runs/soft_vs_hard\n"
                          "  fovea compare runs/soft_vs_hard/soft runs/soft_vs_hard/top_k --metric selection_accuracy\n"
                          "  fovea compare runs --against best --latex\n",
                          run_with<Arguments, compare>};

}  // namespace fovea::cli
