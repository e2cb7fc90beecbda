#include <algorithm>
#include <utility>

#include "framework/report/figure_thinned.h"
#include "framework/report/figure_writers.h"
#include "framework/report/report_parts.h"

namespace fovea {
namespace {

using List = Json::Array;
using Object = Json::Object;

Json axis_json(const FigureAxis& axis) {
  List categories;
  for (const std::string& category : axis.categories) categories.emplace_back(category);
  return Object{{"label", axis.label()}, {"categories", std::move(categories)}};
}

Json panel_json(const FigurePanel& panel) {
  return Object{{"title", panel.title},
                {"x", axis_json(panel.x)},
                {"y", axis_json(panel.y)},
                {"value", panel.matrix ? Json(panel.matrix->colour.label()) : Json()}};
}

const Json* member_of(const Json& object, const std::string& name) {
  for (const auto& [key, value] : object.as<Object>()) {
    if (key == name) return &value;
  }
  return nullptr;
}

/// The values of one column; what repeats is there once, with how often it does, where that is shorter.
Json column_json(const std::string& name, const List& values) {
  List different;
  List lengths;
  for (const Json& value : values) {
    if (different.empty() || !(different.back() == value)) {
      different.push_back(value);
      lengths.emplace_back(std::int64_t{0});
    }
    lengths.back() = Json(lengths.back().as<std::int64_t>() + 1);
  }
  if (2 * different.size() >= values.size()) return Object{{"name", name}, {"values", values}};
  return Object{{"name", name}, {"values", std::move(different)}, {"lengths", std::move(lengths)}};
}

/// Rows of a data set as columns, in which every name stands once.
Json columns_of(const List& rows) {
  std::vector<std::string> names;
  for (const auto& [name, ignored] : rows.empty() ? Object{} : rows.front().as<Object>()) names.push_back(name);
  List columns;
  for (const std::string& name : names) {
    List values;
    values.reserve(rows.size());
    for (const Json& row : rows) {
      const Json* const value = member_of(row, name);
      values.push_back(value == nullptr ? Json() : *value);
    }
    columns.push_back(column_json(name, values));
  }
  return Object{{"rows", static_cast<std::int64_t>(rows.size())}, {"columns", std::move(columns)}};
}

/// Takes the numbers out of a specification: the columns of each data set, by its name.
Json take_data(Object& specification) {
  Object data;
  for (auto& [name, value] : specification) {
    if (name != "data") continue;
    List sets = value.as<List>();
    for (Json& set : sets) {
      Object members = set.as<Object>();
      for (auto& [key, content] : members) {
        if (key != "values") continue;
        data.emplace_back(member_of(set, "name")->as<std::string>(), columns_of(content.as<List>()));
        content = List{};
      }
      set = std::move(members);
    }
    value = std::move(sets);
  }
  return data;
}

}  // namespace

Json figure_json(const ReportFigure& figure) {
  Object specification = figure_vega(figure.figure).as<Object>();
  Json data = take_data(specification);
  List panels;
  for (const FigurePanel& panel : figure.figure.panels) panels.push_back(panel_json(panel));
  return Object{{"id", figure.id},
                {"view", figure.view},
                {"title", figure.figure.title},
                {"heading", figure.heading},
                {"detail", figure.is_detail},
                {"caption", figure.figure.caption},
                {"panels", std::move(panels)},
                {"data", std::move(data)},
                {"spec", std::move(specification)}};
}

void fit_points(const std::vector<ReportFigure*>& figures, std::size_t most) {
  std::vector<std::size_t> lengths;
  for (const ReportFigure* figure : figures) {
    for (const FigurePanel& panel : figure->figure.panels) {
      for (const FigureSeries& series : panel.series) lengths.push_back(series.points.size());
    }
  }
  // The longest series shorten first, all to the same length.
  std::sort(lengths.begin(), lengths.end());
  std::size_t left = most;
  std::size_t longest = kMostPoints;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const std::size_t share = left / (lengths.size() - i);
    if (lengths[i] > share) {
      longest = std::max<std::size_t>(share, 20);
      break;
    }
    left -= lengths[i];
  }
  for (ReportFigure* figure : figures) thin_series(figure->figure, longest);
}

}  // namespace fovea
