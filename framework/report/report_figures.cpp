#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "framework/core/error.h"
#include "framework/report/figure_kinds.h"
#include "framework/report/group_series.h"
#include "framework/report/report_parts.h"
#include "framework/report/site_choice.h"
#include "framework/runs/group_figure.h"

namespace fovea {
namespace {

constexpr std::size_t kMostCurves = 24;  // metrics
constexpr std::size_t kMostSites = 6;
constexpr std::size_t kMostParts = 4;

/// What a figure is asked for, of all runs of a section or of a part of its groups.
struct Wish {
  const char* view;
  const char* kind;
  FigureRequest request = {};
  enum class Groups : std::uint8_t { kParts, kAll } groups = Groups::kParts;
};

void add_once(std::vector<FigureRequest>& metrics, const std::string& split, const std::string& metric) {
  const auto is_same = [&](const FigureRequest& known) { return known.split == split && known.metric == metric; };
  if (std::none_of(metrics.begin(), metrics.end(), is_same)) metrics.push_back({.metric = metric, .split = split});
}

/// What few readers ask for first.
bool is_detail(const FigureRequest& request) {
  return request.split == "train" && (request.metric == "learning_rate" || request.metric == "gradient_norm");
}

/// What changes over training: first what runs are judged by, then the loss, then all else.
std::vector<FigureRequest> curves_of(const RunGroups& runs) {
  std::vector<FigureRequest> evaluated;
  std::vector<FigureRequest> trained;
  for (const RunGroup& group : runs.groups) {
    for (const FoundRun& run : group.runs) {
      for (const EvaluationTable& table : run.summary.evaluation) {
        if (table.step.size() < 2) continue;
        for (const Column& column : table.columns) add_once(evaluated, table.split, column.name);
      }
      for (const Column& column : run.summary.train.columns) add_once(trained, "train", column.name);
      if (evaluated.size() + trained.size() > 4 * kMostCurves) break;
    }
  }
  const auto second = trained.begin() + (trained.empty() ? 0 : 1);
  evaluated.insert(evaluated.begin() + (evaluated.empty() ? 0 : 1), trained.begin(), second);
  evaluated.insert(evaluated.end(), second, trained.end());
  std::stable_partition(evaluated.begin(), evaluated.end(), [](const auto& one) { return !is_detail(one); });
  return evaluated;
}

std::vector<Wish> selection_wishes(const RunGroups& runs) {
  std::vector<std::string> sites;
  try {
    sites = sites_of(runs, {});
  } catch (const Error&) {
    return {};
  }
  if (runs.groups.size() == 1) return {{"selection", "selection"}};  // a line for each site
  if (sites.size() > kMostSites) sites.resize(kMostSites);
  std::vector<Wish> wishes;
  wishes.reserve(sites.size());
  for (const std::string& site : sites) wishes.push_back({"selection", "selection", {.site = site}});
  return wishes;
}

std::vector<Wish> wishes_of(const RunGroups& runs) {
  std::vector<Wish> wishes;
  std::vector<FigureRequest> curves = curves_of(runs);
  if (curves.size() > kMostCurves) curves.resize(kMostCurves);
  wishes.reserve(curves.size());
  for (FigureRequest& request : curves) wishes.push_back({"curves", "curve", std::move(request)});
  wishes.push_back({"slices", "slices"});
  wishes.push_back({"comparison", "forest", {}, Wish::Groups::kAll});
  for (Wish& wish : selection_wishes(runs)) wishes.push_back(std::move(wish));
  wishes.push_back({"routers", "load", {}, Wish::Groups::kAll});
  wishes.push_back({"cost", "pareto"});
  wishes.push_back({"cost", "pareto", {.against = "rows"}});
  wishes.push_back({"cost", "estimators", {}, Wish::Groups::kAll});
  const auto is_unknown = [](const Wish& wish) {
    const auto kinds = figure_kinds();
    return std::none_of(kinds.begin(), kinds.end(),
                        [&](const FigureKind& kind) { return std::string(kind.name) == wish.kind; });
  };
  std::erase_if(wishes, is_unknown);
  return wishes;
}

/// As many groups each as can be told apart in one figure.
std::vector<RunGroups> parts_of(const RunGroups& runs) {
  std::vector<RunGroups> parts;
  for (std::size_t begin = 0; begin < runs.groups.size() && parts.size() < kMostParts; begin += kMostSeries) {
    const std::size_t end = std::min(begin + kMostSeries, runs.groups.size());
    const auto first = runs.groups.begin();
    parts.push_back({{first + static_cast<std::ptrdiff_t>(begin), first + static_cast<std::ptrdiff_t>(end)}, {}});
  }
  return parts;
}

/// Of a single evaluation there is nothing over training.
bool has_course(const Figure& figure) {
  return std::any_of(figure.panels.begin(), figure.panels.end(), [](const FigurePanel& panel) {
    return (panel.matrix && panel.matrix->columns() > 1) ||
           std::any_of(panel.series.begin(), panel.series.end(),
                       [](const auto& series) { return series.points.size() > 1; });
  });
}

/// Runs may have nothing of a kind: then there is no figure.
std::optional<Figure> figure_or_none(const Wish& wish, const RunGroups& runs) {
  static const std::set<std::string> kOverTraining{"curve", "selection", "load"};
  try {
    Figure figure = make_figure(wish.kind, runs, wish.request);
    if (kOverTraining.count(wish.kind) != 0 && !has_course(figure)) return std::nullopt;
    return figure;
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// The title without the name of the experiment, which stands above.
std::string heading_of(const Figure& figure, const RunGroups& runs) {
  const std::string prefix = groups_title(runs) + ": ";
  return figure.title.starts_with(prefix) ? figure.title.substr(prefix.size()) : figure.title;
}

std::string heading_of(const Figure& figure, const RunGroups& runs, const Wish& wish) {
  std::string heading = heading_of(figure, runs);
  if (std::string(wish.kind) == "curve") heading += ", " + wish.request.split;
  if (std::string(wish.kind) == "pareto") {
    const std::string work = wish.request.against == "rows" ? "rows gathered" : "pairs scored";
    heading.replace(heading.rfind("its cost"), std::string::npos, work);
  }
  if (std::string(wish.kind) == "selection" && !wish.request.site.empty()) heading = wish.request.site + ": " + heading;
  return heading;
}

void add_parts(std::vector<ReportFigure>& figures, const Wish& wish, const std::vector<RunGroups>& parts, std::size_t all) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::optional<Figure> figure = figure_or_none(wish, parts[i]);
    if (!figure) continue;
    std::string heading = heading_of(*figure, parts[i], wish);
    const std::size_t first = i * kMostSeries + 1;
    if (all > kMostSeries) {
      heading += fmt::format(", groups {} to {} of {}", first, first + parts[i].groups.size() - 1, all);
    }
    figures.push_back({"", wish.view, std::move(heading), *std::move(figure), is_detail(wish.request)});
  }
}

}  // namespace

std::vector<ReportFigure> report_figures(const RunGroups& runs, std::size_t section) {
  std::vector<ReportFigure> figures;
  const SiteArrays read(runs);
  const std::vector<RunGroups> parts = parts_of(runs);
  for (Wish& wish : wishes_of(runs)) {
    wish.request.read = &read;
    if (wish.groups == Wish::Groups::kParts) {
      add_parts(figures, wish, parts, runs.groups.size());
    } else if (std::optional<Figure> figure = figure_or_none(wish, runs)) {
      std::string heading = heading_of(*figure, runs, wish);
      figures.push_back({"", wish.view, std::move(heading), *std::move(figure), is_detail(wish.request)});
    }
  }
  for (std::size_t i = 0; i < figures.size(); ++i) {
    figures[i].id = fmt::format("{}-{}-{}", section, figures[i].view, i);
  }
  return figures;
}

}  // namespace fovea
