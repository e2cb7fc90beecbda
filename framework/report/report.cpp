#include "framework/report/report.h"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/report/figure.h"
#include "framework/report/report_parts.h"
#include "framework/report/report_views.h"
#include "framework/runs/comparison_numbers.h"
#include "framework/runs/comparison_table.h"
#include "framework/runs/json_parts.h"

namespace fovea {
namespace {

using List = Json::Array;
using Object = Json::Object;

constexpr std::size_t kMostFigurePoints = 40'000;  // in all figures
constexpr std::size_t kLongQuestion = 4000;

/// The runs of each experiment, in the order of the first.
std::vector<RunGroups> sections_of(const RunGroups& runs) {
  std::vector<RunGroups> sections;
  for (const RunGroup& group : runs.groups) {
    const auto found = std::find_if(sections.begin(), sections.end(), [&](const RunGroups& section) {
      return section.groups.front().experiment == group.experiment;
    });
    if (found == sections.end()) {
      sections.push_back({{group}, {}});
    } else {
      found->groups.push_back(group);
    }
  }
  return sections;
}

/// Texts of files may not be UTF-8, which JSON has to be.
Json with_valid_texts(const Json& json) {
  if (json.is<std::string>() && !is_utf8(json.as<std::string>())) return printable(json.as<std::string>());
  if (json.is<List>()) {
    List list;
    for (const Json& element : json.as<List>()) list.push_back(with_valid_texts(element));
    return list;
  }
  if (json.is<Object>()) {
    Object object;
    for (const auto& [name, value] : json.as<Object>()) {
      object.emplace_back(is_utf8(name) ? name : printable(name), with_valid_texts(value));
    }
    return object;
  }
  return json;
}

/// A part that these runs have nothing for is left out.
template <class Part>
Json part_or_null(const Part& part) {
  try {
    return with_valid_texts(part());
  } catch (const Error&) {
    return {};
  }
}

Json numbers_table(const RunGroups& runs, const GroupComparison& comparison) {
  TextTable table = comparison_numbers(runs, comparison);
  table.title = "All digits, as fovea compare --csv prints them";
  return table_json(table);
}

void add_comparison(Object& section, const RunGroups& runs) {
  const MetricChoice choice = resolved_metric({}, runs.groups);
  const GroupComparison comparison = compare_groups(runs.groups, choice, GroupFigure::Unfinished::kLeftOut);
  section.emplace_back("answer", table_json(answer_table(runs)));
  section.emplace_back("numbers", numbers_table(runs, comparison));
  if (runs.groups.size() > 1) section.emplace_back("comparison", table_json(comparison_table(runs, comparison)));
}

Json section_of(const RunGroups& runs, const AboutExperiment& about, List figures) {
  const std::string& experiment = runs.groups.front().experiment;
  Object section{{"experiment", short_text(experiment, kLongQuestion)},
                 {"question", short_text(about.question, kLongQuestion)},
                 {"details", short_text(about.details, kLongQuestion)},
                 {"expected", short_text(about.expected, kLongQuestion)}};
  try {
    add_comparison(section, runs);
  } catch (const Error&) {
    section.emplace_back("answer", Json());  // no evaluation yet
  }
  List published;
  for (const TextTable& table : about.published) published.push_back(table_json(table));
  section.emplace_back("published", std::move(published));
  section.emplace_back("figures", std::move(figures));
  section.emplace_back("views", Object{{"reads", part_or_null([&] { return reads_view(runs); })},
                                       {"heads", part_or_null([&] { return heads_view(runs); })},
                                       {"planes", part_or_null([&] { return planes_view(runs); })}});
  section.emplace_back("settings", common_settings(runs));
  section.emplace_back("differing", runs.groups.size() > 1 ? table_json(differing_settings(runs)) : Json());
  section.emplace_back("runs", runs_json(runs));
  return section;
}

std::string title_of(const std::vector<RunGroups>& sections) {
  constexpr std::size_t kMostNames = 3;
  if (sections.empty()) return "No runs that can be read";
  if (sections.size() > kMostNames) return fmt::format("{} experiments", sections.size());
  std::string title;
  for (const RunGroups& section : sections) {
    title += (title.empty() ? "" : ", ") + short_text(section.groups.front().experiment, kMostNames * kMostCategories);
  }
  return title;
}

/// Each section with its figures, which share one budget of points.
List sections_json(const std::vector<RunGroups>& sections, const ReportRequest& request) {
  std::vector<std::vector<ReportFigure>> figures;
  std::vector<ReportFigure*> all;
  for (std::size_t i = 0; i < sections.size(); ++i) figures.push_back(report_figures(sections[i], i));
  for (std::vector<ReportFigure>& some : figures) {
    for (ReportFigure& figure : some) all.push_back(&figure);
  }
  fit_points(all, kMostFigurePoints);
  List array;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const auto about = request.about.find(sections[i].groups.front().experiment);
    List drawn;
    for (const ReportFigure& figure : figures[i]) drawn.push_back(figure_json(figure));
    array.push_back(
        section_of(sections[i], about == request.about.end() ? AboutExperiment{} : about->second, std::move(drawn)));
  }
  return array;
}

void replace(Json& json, const std::string& name, Json value) {
  Object object = json.as<Object>();
  const auto found = std::find_if(object.begin(), object.end(), [&](const auto& member) { return member.first == name; });
  if (found != object.end()) found->second = std::move(value);
  json = std::move(object);
}

/// What a report can do without where it is too large, in this order, and the sentence that says so.
struct Ballast {
  const char* sentence;
  std::function<void(Json& section)> drop;
};

void drop_view(Json& section, const char* view) {
  for (const auto& [name, value] : section.as<Object>()) {
    if (name != "views") continue;
    Json views = value;
    replace(views, view, Json());
    replace(section, "views", std::move(views));
    return;
  }
}

void drop_settings(Json& section) {
  List runs;
  for (const auto& [name, value] : section.as<Object>()) {
    if (name == "runs") runs = value.as<List>();
  }
  for (Json& run : runs) {
    replace(run, "config", Object{});
    replace(run, "provenance", Object{});
  }
  replace(section, "runs", std::move(runs));
}

void fit_size(List& sections, List& notes) {
  const std::vector<Ballast> ballast{
      {"Left out, as the report would be too large: maps of heads. Make a report of fewer runs to see them.",
       [](Json& section) { drop_view(section, "heads"); }},
      {"Left out, as the report would be too large: single items that were read.",
       [](Json& section) { drop_view(section, "reads"); }},
      {"Left out, as the report would be too large: points and regions.",
       [](Json& section) { drop_view(section, "planes"); }},
      {"Left out, as the report would be too large: the settings of each run, which fovea show prints.", drop_settings}};
  for (const Ballast& part : ballast) {
    if (page_json(sections).size() <= kMostReportBytes) return;
    for (Json& section : sections) part.drop(section);
    notes.emplace_back(part.sentence);
  }
}

}  // namespace

Json report_model(const RunGroups& runs, const ReportRequest& request) {
  const std::vector<RunGroups> sections = sections_of(runs);
  List content = sections_json(sections, request);
  List notes;
  fit_size(content, notes);
  return Object{{"format", 1},
                {"title", title_of(sections)},
                {"made_by", request.made_by},
                {"command", short_text(request.command, kLongQuestion)},
                {"notes", std::move(notes)},
                {"sections", std::move(content)},
                {"unread", unread_json(runs.unread)}};
}

}  // namespace fovea
