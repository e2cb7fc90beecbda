#include "framework/cli/choices.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "framework/cli/screen.h"
#include "framework/runs/found_run.h"

namespace fovea::cli {
namespace {

/// The parts of a site without what stands in parentheses.
std::string without_options(const std::string& text) {
  std::string plain;
  int depth = 0;
  for (const char c : text) {
    if (c == '(') ++depth;
    if (depth == 0) plain += c;
    if (c == ')') depth = std::max(depth - 1, 0);
  }
  return plain;
}

/// Items that were trained on; 0 where the file does not say it.
double items_of(const RunSummary& summary) {
  const double batch = std::strtod(text_of(summary.config, "batch").c_str(), nullptr);
  const double items = summary.train.step.empty() ? 0 : static_cast<double>(summary.train.step.back()) * batch;
  return std::isfinite(items) && items > 0 ? items : 0;
}

/// The mean of what is known.
std::optional<double> mean_of(const std::vector<Choices>& all, std::optional<double> Choices::*member) {
  double sum = 0;
  double count = 0;
  for (const Choices& one : all) {
    if (!(one.*member)) continue;
    sum += *(one.*member);
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

std::string text_or_dash(const std::optional<double>& value) { return value ? figure_text(*value) : "-"; }
std::string count_or_dash(double value) { return value > 0 ? figure_text(value) : "-"; }

}  // namespace

std::vector<Choices> choices_of(const RunSummary& summary) {
  const double items = items_of(summary);
  std::vector<Choices> all;
  for (const SelectionSite& site : summary.sites) {
    Choices one{site.path, without_options(site.text), 0, 0, 0, {}, site.selection_accuracy};
    if (items > 0) {
      one.pairs = static_cast<double>(site.scored_pairs) / items;
      one.rows = static_cast<double>(site.gathered_rows_forward) / items;
      one.rows_backward = static_cast<double>(site.gathered_rows_backward) / items;
    }
    one.entropy = site.policy_entropy ? site.policy_entropy : site.mean_entropy;
    all.push_back(std::move(one));
  }
  return all;
}

std::optional<Choices> all_choices(const std::vector<Choices>& sites) {
  if (sites.empty()) return std::nullopt;
  Choices sum;
  for (const Choices& site : sites) {
    sum.pairs += site.pairs;
    sum.rows += site.rows;
    sum.rows_backward += site.rows_backward;
  }
  sum.entropy = mean_of(sites, &Choices::entropy);
  sum.right = mean_of(sites, &Choices::right);
  return sum;
}

void add_choices(TableRow& row, const std::vector<Choices>& seeds) {
  const auto mean = [&](double Choices::*member) {
    double sum = 0;
    for (const Choices& one : seeds) sum += one.*member;
    return seeds.empty() ? 0 : sum / static_cast<double>(seeds.size());
  };
  constexpr auto kNumber = TableRow::Kind::kNumber;
  row.add("pairs scored", count_or_dash(mean(&Choices::pairs)), kNumber);
  row.add("rows read", count_or_dash(mean(&Choices::rows)), kNumber);
  row.add("read backward", count_or_dash(mean(&Choices::rows_backward)), kNumber);
  row.add("entropy", text_or_dash(mean_of(seeds, &Choices::entropy)), kNumber);
  row.add("right item", text_or_dash(mean_of(seeds, &Choices::right)), kNumber);
}

TextTable sites_table(const std::vector<Choices>& sites) {
  TextTable table;
  for (const Choices& site : sites) {
    TableRow row(table);
    row.add("site", site.path);
    add_choices(row, {site});
    row.add("scorer | pattern | selector | estimator", site.text);
  }
  return table;
}

}  // namespace fovea::cli
