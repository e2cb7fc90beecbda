#include "framework/runs/comparison_numbers.h"

#include <utility>

#include "framework/runs/json_parts.h"

namespace fovea {
namespace {

Json items_json(const std::optional<ItemComparison>& items) {
  if (!items) return {};
  return Json::Object{{"items", items->items},
                      {"only_first_right", items->counts.only_first},
                      {"only_this_right", items->counts.only_second},
                      {"mcnemar_p", items->p},
                      {"mcnemar_holm_p", items->holm_p}};
}

Json values_json(const GroupFigure& figure) {
  Json::Array values;
  for (const SeedValue& run : figure.values) {
    values.push_back(Json::Object{{"seed", run.seed}, {"value", number_json(run.value)}});
  }
  return values;
}

Json difference_json(const ComparedGroup& group) {
  if (group.pairs.seeds.empty()) return {};
  const auto& flip = group.difference.sign_flip;
  const auto& t_test = group.difference.t_test;
  Json::Array seeds;
  for (const std::uint64_t seed : group.pairs.seeds) seeds.emplace_back(seed);
  Json is_exact;
  if (flip) is_exact = Json(flip->is_exact);
  return Json::Object{{"seeds", std::move(seeds)},
                      {"statistics", summary_json(group.difference.difference)},
                      {"sign_flip_p", number_json(flip ? std::optional(flip->p) : std::nullopt)},
                      {"smallest_p", number_json(flip ? std::optional(flip->smallest_p) : std::nullopt)},
                      {"is_exact", std::move(is_exact)},
                      {"holm_p", number_json(group.holm_p)},
                      {"t_p", number_json(t_test ? std::optional(t_test->p) : std::nullopt)}};
}

void add_summary(TableRow& row, const std::string& prefix, const Summary& summary) {
  const auto& interval = summary.interval;
  row.add(prefix + "mean", summary.mean);
  row.add(prefix + "deviation", summary.deviation);
  row.add(prefix + "low", interval ? std::optional(interval->low) : std::nullopt);
  row.add(prefix + "high", interval ? std::optional(interval->high) : std::nullopt);
}

void add_p_values(TableRow& row, const ComparedGroup& group) {
  const auto& flip = group.difference.sign_flip;
  const auto& t_test = group.difference.t_test;
  row.add("sign_flip_p", flip ? std::optional(flip->p) : std::nullopt);
  row.add("smallest_p", flip ? std::optional(flip->smallest_p) : std::nullopt);
  row.add("holm_p", group.holm_p);
  row.add("t_p", t_test ? std::optional(t_test->p) : std::nullopt);
  const auto count = [&](auto member) {
    return group.items ? std::optional(static_cast<double>((*group.items).*member)) : std::nullopt;
  };
  row.add("items", count(&ItemComparison::items));
  const Discordant counts = group.items ? group.items->counts : Discordant{};
  row.add("only_first_right", group.items ? std::optional<double>(counts.only_first) : std::nullopt);
  row.add("only_this_right", group.items ? std::optional<double>(counts.only_second) : std::nullopt);
  row.add("mcnemar_p", count(&ItemComparison::p));
  row.add("mcnemar_holm_p", count(&ItemComparison::holm_p));
}

}  // namespace

TextTable comparison_numbers(const RunGroups& found, const GroupComparison& comparison) {
  TextTable table;
  for (std::size_t i = 0; i < found.groups.size(); ++i) {
    const RunGroup& group = found.groups[i];
    const ComparedGroup& compared = comparison.groups[i];
    TableRow row(table);
    row.add("experiment", group.experiment);
    row.add("run", group.run);
    row.add("settings", group.differences());
    row.add("split", comparison.choice.split);
    row.add("metric", comparison.choice.metric);
    row.add("slice", comparison.choice.slice);
    row.add("n", compared.figure.summary.n);
    row.add("left_out", compared.figure.left_out);
    add_summary(row, "", compared.figure.summary);
    row.add("pairs", static_cast<Extent>(compared.pairs.seeds.size()));
    add_summary(row, "difference_", compared.difference.difference);
    add_p_values(row, compared);
  }
  return table;
}

Json comparison_json(const RunGroups& found, const GroupComparison& comparison) {
  Json::Array groups;
  for (std::size_t i = 0; i < found.groups.size(); ++i) {
    const RunGroup& group = found.groups[i];
    const ComparedGroup& compared = comparison.groups[i];
    groups.push_back(Json::Object{{"experiment", group.experiment},
                                  {"run", group.run},
                                  {"differing", pairs_json(group.differing)},
                                  {"settings", pairs_json(group.settings)},
                                  {"statistics", summary_json(compared.figure.summary)},
                                  {"values", values_json(compared.figure)},
                                  {"left_out", compared.figure.left_out},
                                  {"is_so_far", compared.figure.is_so_far},
                                  {"difference", difference_json(compared)},
                                  {"items", items_json(compared.items)}});
  }
  return Json::Object{{"split", comparison.choice.split},
                      {"metric", comparison.choice.metric},
                      {"slice", comparison.choice.slice},
                      {"groups", std::move(groups)},
                      {"unread", unread_json(found.unread)}};
}

}  // namespace fovea
