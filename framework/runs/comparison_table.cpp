#include "framework/runs/comparison_table.h"

#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "framework/core/text.h"

namespace fovea {
namespace {

std::string title_of(const RunGroups& found, const MetricChoice& choice) {
  std::set<std::string> experiments;
  for (const RunGroup& group : found.groups) experiments.insert(group.experiment);
  return fmt::format("{}{} on {}{}", experiments.size() == 1 ? *experiments.begin() + ": " : "", choice.metric, choice.split,
                     choice.slice.empty() ? "" : ", slice " + choice.slice);
}

std::string count_of(Extent count, const std::string& one, const std::string& many) {
  return count == 1 ? "1 " + one : fmt::format("{} {}", count, many);
}

std::string p_text(double p) { return fmt::format("{:.3g}", p); }

std::string difference_text(const ComparedGroup& group) {
  const std::vector<double>& differences = group.pairs.differences;
  if (differences.empty()) return "-";
  if (differences.size() == 1) return fmt::format("{:+.4g}", differences[0]);
  if (differences.size() == 2) return fmt::format("{:+.4g}, {:+.4g}", differences[0], differences[1]);
  const Summary& summary = group.difference.difference;
  if (!summary.mean || !summary.interval) return "not finite";
  return fmt::format("{:+.4g} [{:.4g}, {:.4g}]", *summary.mean, summary.interval->low, summary.interval->high);
}

/// What of a group is not in its numbers.
void add_reservations(TextTable& table, const std::string& name, const ComparedGroup& group, bool is_first) {
  const std::string quoted = in_quotes(name);
  const GroupFigure& figure = group.figure;
  const auto add = [&](const std::string& text) { table.sentences.push_back(quoted + text); };
  if (figure.is_so_far) add(" has no finished run: its values are those so far, and are not compared.");
  if (figure.left_out > 0) {
    add(fmt::format(": {} not finished is left out (--unfinished counts it).", count_of(figure.left_out, "run", "runs")));
  }
  if (figure.without > 0) add(fmt::format(": {} without this number.", count_of(figure.without, "run is", "runs are")));
  if (is_first || figure.is_so_far || figure.values.empty()) return;
  if (group.pairs.seeds.empty()) {
    add(" shares no seed with the first group: the means stand side by side, and nothing is tested.");
  } else if (group.pairs.seeds.size() < figure.values.size()) {
    add(fmt::format(": {} of {} seeds are those of the first group; the difference is over these.", group.pairs.seeds.size(),
                    figure.values.size()));
  }
}

void add_tests(TextTable& table, const GroupComparison& comparison) {
  std::set<std::size_t> tested;
  bool has_single = false;
  for (const ComparedGroup& group : comparison.groups) {
    const std::size_t n = group.pairs.seeds.size();
    has_single = has_single || n == 1;
    if (!group.difference.sign_flip || !tested.insert(n).second) continue;
    const PermutationTest& test = *group.difference.sign_flip;
    table.sentences.push_back(
        fmt::format("p: two-sided sign-flip test of the paired differences, {}; {} pairs cannot give less "
                    "than {}.",
                    test.is_exact ? "exact" : "10,000 drawn choices of signs", n, p_text(test.smallest_p)));
  }
  if (has_single) table.sentences.emplace_back("One pair allows neither an interval nor a test over seeds.");
  if (comparison.tests > 1) {
    table.sentences.push_back(fmt::format("Holm: p corrected for the {} comparisons of the table.", comparison.tests));
  }
}

void add_items(TextTable& table, const std::vector<std::string>& names, const GroupComparison& comparison) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::optional<ItemComparison>& items = comparison.groups[i].items;
    if (!items) continue;
    const std::string holm = comparison.item_tests > 1 ? fmt::format(", {} by Holm", p_text(items->holm_p)) : "";
    table.sentences.push_back(fmt::format(
        "The same {} items: {} are right in {} only, {} in {} only; p = {}{} by the exact McNemar test, of other "
        "items for these two trained models, not of other seeds.",
        items->items, items->counts.only_second, in_quotes(names[i]), items->counts.only_first, in_quotes(names[0]),
        p_text(items->p), holm));
  }
}

void add_sentences(TextTable& table, const RunGroups& found, const std::vector<std::string>& names,
                   const GroupComparison& comparison) {
  const auto has_interval = [](const ComparedGroup& group) { return group.figure.summary.interval.has_value(); };
  if (std::any_of(comparison.groups.begin(), comparison.groups.end(), has_interval)) {
    table.sentences.emplace_back("Brackets: 95 % t interval of the mean over seeds; of two seeds, both values.");
  }
  table.sentences.emplace_back("Difference: this group minus the first, at the seeds that both have.");
  add_tests(table, comparison);
  add_items(table, names, comparison);
  Extent repeats = 0;
  for (std::size_t i = 0; i < names.size(); ++i) {
    add_reservations(table, names[i], comparison.groups[i], i == 0);
    repeats += static_cast<Extent>(found.groups[i].repeats.size());
  }
  if (repeats > 0) {
    table.sentences.push_back(count_of(repeats, "file repeats", "files repeat") +
                              " settings and a seed that are there already: not counted.");
  }
}

}  // namespace

std::vector<std::string> short_names(const std::vector<RunGroup>& groups) {
  const auto same = [&](const auto& part) {
    return std::all_of(groups.begin(), groups.end(), [&](const RunGroup& group) { return part(group) == part(groups[0]); });
  };
  const bool same_experiment = same([](const RunGroup& group) { return group.experiment; });
  const bool same_run = same_experiment && same([](const RunGroup& group) { return group.run; });
  std::vector<std::string> names;
  for (const RunGroup& group : groups) {
    const std::string settings = group.differences();
    if (!same_experiment) {
      names.push_back(group.name());
    } else if (same_run && !settings.empty()) {
      names.push_back(settings);
    } else {
      names.push_back(group.run + (settings.empty() ? "" : " " + settings));
    }
  }
  return names;
}

TextTable comparison_table(const RunGroups& found, const GroupComparison& comparison) {
  const std::vector<std::string> names = short_names(found.groups);
  const bool has_holm = comparison.tests > 1;
  TextTable table;
  table.title = title_of(found, comparison.choice);
  table.head = {"group", "n", comparison.choice.metric, "difference", "pairs", "p"};
  table.is_number = {false, true, true, true, true, true};
  if (has_holm) table.head.emplace_back("Holm");
  if (has_holm) table.is_number.push_back(true);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ComparedGroup& group = comparison.groups[i];
    const auto& test = group.difference.sign_flip;
    std::vector<std::string> row = {names[i],
                                    fmt::format("{}", group.figure.values.size()),
                                    values_text(group.figure),
                                    i == 0 ? "" : difference_text(group),
                                    i == 0 ? "" : fmt::format("{}", group.pairs.seeds.size()),
                                    i == 0 ? ""
                                    : test ? p_text(test->p)
                                           : "-"};
    if (has_holm) row.push_back(i == 0 ? "" : group.holm_p ? p_text(*group.holm_p) : "-");
    table.rows.push_back(std::move(row));
  }
  add_sentences(table, found, names, comparison);
  return table;
}

}  // namespace fovea
