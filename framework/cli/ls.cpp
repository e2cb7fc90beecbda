#include <fmt/format.h>
#include <algorithm>
#include <ostream>

#include "framework/cli/command.h"
#include "framework/cli/screen.h"
#include "framework/core/text.h"
#include "framework/runs/listing.h"

namespace fovea::cli {
namespace {

struct Arguments {
  std::vector<std::string> places;
  bool all = false;
  bool unfinished = false;
  bool csv = false;
  bool json = false;

  void fields(ArgumentList& list) {
    list.words("places", places, "results files, or folders with some below; by default runs/");
    list.flag("--all", all, "a line for each run, not for each group of seeds");
    list.flag("--unfinished", unfinished, "average runs that are not finished with those that are");
    list.flag("--csv", csv, "as comma-separated values, numbers with all digits");
    list.flag("--json", json, "as JSON, with every setting");
  }
};

std::string age_text(std::chrono::system_clock::time_point time) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(std::chrono::system_clock::now() - time).count();
  if (minutes < 1) return "now";
  if (minutes < 60) return fmt::format("{} min", minutes);
  if (minutes < 48 * 60) return fmt::format("{} h", minutes / 60);
  return fmt::format("{} days", minutes / (24 * 60));
}

std::string metric_text(const MetricChoice& choice) {
  return choice.metric.empty() ? "-" : choice.split + " " + choice.metric;
}

/// A setting may be of any length.
std::string shortened(const std::string& text) {
  constexpr std::size_t kMost = 160;
  if (text.size() <= kMost) return text;
  std::size_t end = 0;
  while (end < kMost) end += std::max<std::size_t>(utf8_length(text, end), 1);
  return text.substr(0, end) + " ...";
}

std::string unread_text(const Listing& listing) {
  std::string text;
  for (const FoundRun& run : listing.found.unread) text += path_text(run) + "  " + problem_text(run) + "\n";
  return text;
}

std::string notes_text(const Listing& listing) {
  Extent left_out = 0;
  Extent repeats = 0;
  for (const GroupFigure& figure : listing.figures) left_out += figure.left_out;
  for (const RunGroup& group : listing.found.groups) repeats += static_cast<Extent>(group.repeats.size());
  std::string text;
  if (left_out > 0) {
    text += fmt::format("Left out of the means: {} not finished (--unfinished counts {}).\n",
                        left_out == 1 ? "1 run that is" : fmt::format("{} runs that are", left_out),
                        left_out == 1 ? "it" : "them");
  }
  if (repeats > 0) {
    text += fmt::format("Not counted: {} of settings and a seed that are there already (--all says which).\n",
                        repeats == 1 ? "1 file" : fmt::format("{} files", repeats));
  }
  return text;
}

std::string groups_text(const Listing& listing) {
  std::vector<std::vector<std::string>> rows = {{"run", "n", "last value", "of", "state", "age", "settings that differ"}};
  for (std::size_t i = 0; i < listing.figures.size(); ++i) {
    const RunGroup& group = listing.found.groups[i];
    const GroupFigure& figure = listing.figures[i];
    rows.push_back({group.experiment + "/" + group.run, fmt::format("{}", figure.values.size()),
                    values_text(figure) + (figure.is_so_far && !figure.values.empty() ? " so far" : ""),
                    metric_text(figure.choice), states_text(group), age_text(newest(group)),
                    shortened(group.differences())});
  }
  return (rows.size() > 1 ? table_text(rows, {false, true}) : "") + unread_text(listing) + notes_text(listing);
}

std::string runs_text(const Listing& listing) {
  std::vector<std::vector<std::string>> rows = {{"file", "seed", "last value", "of", "state", "step", "age", ""}};
  const auto add = [&](const FoundRun& run, const MetricChoice& choice, const std::string& note) {
    const std::optional<double> value = last_value(run.summary, choice);
    rows.push_back({path_text(run), fmt::format("{}", run.seed), value ? figure_text(*value) : "-", metric_text(choice),
                    run.state, count_text(run.step), age_text(run.written), note});
  };
  for (std::size_t i = 0; i < listing.figures.size(); ++i) {
    const RunGroup& group = listing.found.groups[i];
    const MetricChoice& choice = listing.figures[i].choice;
    for (const FoundRun& run : group.runs) add(run, choice, shortened(group.differences()));
    for (const FoundRun& run : group.repeats) add(run, choice, "not counted: the seed is there already");
  }
  return (rows.size() > 1 ? table_text(rows, {false, true, false, false, false, true}) : "") + unread_text(listing);
}

int ls(const Arguments& arguments, const Console& console) {
  if (arguments.csv && arguments.json) {
    throw UsageError("fovea ls", "expected one form of output; --csv and --json came; give one of them.");
  }
  const std::vector<std::string> places = arguments.places.empty() ? std::vector<std::string>{"runs"} : arguments.places;
  const Listing listing =
      listing_of(places, arguments.unfinished ? GroupFigure::Unfinished::kCounted : GroupFigure::Unfinished::kLeftOut);
  if (arguments.json) {
    console.out << json_text(listing_json(listing)) << '\n';
  } else if (arguments.csv) {
    console.out << csv_of(arguments.all ? runs_table(listing) : groups_table(listing));
  } else {
    console.out << (arguments.all ? runs_text(listing) : groups_text(listing));
  }
  return kOk;
}

}  // namespace

const Command kLs = {"ls", "list runs: a line for each group of seeds, with mean and interval",
                     "  fovea ls\n  fovea ls runs/sort_by_pointing --all\n  fovea ls --csv\n", run_with<Arguments, ls>};

}  // namespace fovea::cli
