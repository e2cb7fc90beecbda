#include "framework/runs/group_comparison.h"

#include <algorithm>

#include "framework/results/correct_items.h"
#include "framework/statistics/holm.h"

namespace fovea {
namespace {

bool may_be_compared(const GroupFigure& first, const GroupFigure& other, GroupFigure::Unfinished unfinished) {
  return unfinished == GroupFigure::Unfinished::kCounted || (!first.is_so_far && !other.is_so_far);
}

/// Everything that decides which items a split has, besides the seed.
TextPairs items_of(const RunGroup& group, const std::string& split) {
  TextPairs decisive;
  for (const auto& pair : group.settings) {
    const std::string& name = pair.first;
    const bool is_task = name == "task" ? split == "test" || split == "validation" : name == "evaluation " + split;
    if (is_task || name == "evaluation_batch" || name.starts_with("input ")) decisive.push_back(pair);
  }
  return decisive;
}

const FoundRun& run_of(const RunGroup& group, std::uint64_t seed) {
  return *std::find_if(group.runs.begin(), group.runs.end(), [&](const FoundRun& run) { return run.seed == seed; });
}

std::optional<ItemComparison> compare_items(const RunGroup& first, const RunGroup& other, const ComparedGroup& compared,
                                            const GroupFigure& first_figure) {
  const MetricChoice& choice = compared.figure.choice;
  const bool are_single = first_figure.values.size() == 1 && compared.figure.values.size() == 1;
  if (!are_single || compared.pairs.seeds.size() != 1 || !choice.slice.empty()) return std::nullopt;
  if (items_of(first, choice.split) != items_of(other, choice.split)) return std::nullopt;
  std::vector<std::vector<std::uint8_t>> correct;
  for (const RunGroup* group : {&first, &other}) {
    const FoundRun& run = run_of(*group, compared.pairs.seeds.front());
    const auto& tables = run.summary.evaluation;
    const auto table = std::find_if(tables.begin(), tables.end(), [&](const auto& t) { return t.split == choice.split; });
    if (table->columns.front().name != choice.metric) return std::nullopt;
    correct.push_back(read_correct(run.file, choice.split));
  }
  if (correct[0].empty() || correct[0].size() != correct[1].size()) return std::nullopt;
  ItemComparison items{static_cast<Extent>(correct[0].size()), discordant_items(correct[0], correct[1])};
  items.p = mcnemar_p(items.counts);
  return items;
}

/// Corrects the p-values for all comparisons of the table.
void correct_p_values(GroupComparison& comparison) {
  std::vector<std::optional<double>> seeds;
  std::vector<std::optional<double>> items;
  for (const ComparedGroup& group : comparison.groups) {
    const auto& test = group.difference.sign_flip;
    seeds.push_back(test ? std::optional(test->p) : std::nullopt);
    items.push_back(group.items ? std::optional(group.items->p) : std::nullopt);
    comparison.tests += test ? 1 : 0;
    comparison.item_tests += group.items ? 1 : 0;
  }
  seeds = holm(seeds);
  items = holm(items);
  for (std::size_t i = 0; i < comparison.groups.size(); ++i) {
    comparison.groups[i].holm_p = seeds[i];
    if (items[i]) comparison.groups[i].items->holm_p = *items[i];
  }
}

}  // namespace

GroupComparison compare_groups(std::span<const RunGroup> groups, const MetricChoice& choice,
                               GroupFigure::Unfinished unfinished) {
  GroupComparison comparison;
  comparison.choice = choice;
  for (const RunGroup& group : groups) {
    ComparedGroup compared;
    compared.figure = figure_of(group, choice, unfinished);
    if (!comparison.groups.empty()) {
      const GroupFigure& first = comparison.groups.front().figure;
      if (may_be_compared(first, compared.figure, unfinished)) {
        compared.pairs = paired_by_seed(compared.figure.values, first.values);
      }
      compared.difference = compare_pairs(compared.pairs.differences);
      if (compared.pairs.seeds.size() < 2) compared.difference.sign_flip.reset();  // p = 1, whatever was found
      compared.items = compare_items(groups.front(), group, compared, first);
    }
    comparison.groups.push_back(std::move(compared));
  }
  correct_p_values(comparison);
  return comparison;
}

}  // namespace fovea
