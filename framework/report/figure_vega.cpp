#include <algorithm>
#include <utility>

#include "framework/report/figure_writers.h"
#include "framework/report/vega_parts.h"

namespace fovea {
namespace {

using vega::Array;
using vega::Object;

bool has_nameless(const Figure& figure) {
  return std::any_of(figure.panels.begin(), figure.panels.end(), [](const FigurePanel& panel) {
    return std::any_of(panel.series.begin(), panel.series.end(), [](const auto& series) { return series.name.empty(); });
  });
}

Json panel_of(const Figure& figure, std::size_t i) {
  const FigurePanel& panel = figure.panels[i];
  const vega::Size size = vega::size_of(panel);
  const bool is_named = static_cast<int>(i) % columns_of(figure) == 0 || !shares_categories(figure);
  Array legends;
  if (panel.matrix && panel.matrix->has_key()) {
    legends.emplace_back(Object{{"fill", "shade"}, {"type", "gradient"}, {"title", panel.matrix->colour.label()}});
  }
  Object group{{"type", "group"},
               {"encode", vega::enter({{"width", vega::constant(size.width)}, {"height", vega::constant(size.height)}})},
               // Grids are as long as these say.
               {"signals",
                Array{Object{{"name", "width"}, {"value", size.width}}, Object{{"name", "height"}, {"value", size.height}}}},
               {"scales", vega::scales_of(figure, panel)},
               {"axes", vega::axes_of(panel, is_named ? vega::Names::kWritten : vega::Names::kLeftOut)},
               {"legends", std::move(legends)},
               {"marks", vega::marks_of(panel, i)}};
  if (!panel.title.empty())
    group.emplace_back("title", Object{{"text", panel.title}, {"anchor", "start"}, {"fontWeight", "normal"}});
  return group;
}

/// One entry for each series that has a name, in its style.
Array legends_of(const Figure& figure, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  Object legend{{"fill", "colour"}, {"shape", "shape"}};
  const auto is_outline = [](const FigureSeries& series) { return series.mark == FigureSeries::Mark::kOutline; };
  const auto has_outlines = [&](const FigurePanel& panel) {
    return std::any_of(panel.series.begin(), panel.series.end(), is_outline);
  };
  if (std::any_of(figure.panels.begin(), figure.panels.end(), has_outlines)) {
    legend = {{"stroke", "colour"}, {"strokeDash", "dash"}, {"symbolType", "stroke"}, {"symbolSize", 400}};
  }
  legend.insert(legend.end(), {{"orient", "bottom"}, {"direction", "vertical"}, {"labelLimit", 600}});
  if (has_nameless(figure)) legend.emplace_back("values", vega::texts(names));
  return Array{std::move(legend)};
}

}  // namespace

Json figure_vega(const Figure& figure) {
  const std::size_t line = figure.panels.size() > 1 ? 130 : 72;  // bytes of a line of text below the title
  const std::vector<std::string> names = series_names(figure);
  std::vector<std::string> styled = names;
  if (has_nameless(figure)) styled.emplace_back();
  Array data;
  Array marks;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    vega::add_data(data, figure.panels[i], i);
    marks.push_back(panel_of(figure, i));
  }
  return Object{{"$schema", "https://vega.github.io/schema/vega/v5.json"},
                {"description", figure.title + ". " + figure.caption},
                {"background", "white"},
                {"padding", 8},
                {"title", Object{{"text", figure.title},
                                 {"subtitle", vega::texts(wrapped(figure.caption, line))},
                                 {"anchor", "start"},
                                 {"frame", "group"},
                                 {"offset", 12}}},
                {"data", std::move(data)},
                {"scales", vega::style_scales(styled)},
                {"legends", legends_of(figure, names)},
                {"layout", Object{{"columns", columns_of(figure)}, {"padding", 30}, {"align", "each"}}},
                {"marks", std::move(marks)}};
}

std::string figure_vega_text(const Figure& figure) {
  const std::string indented = json_text(figure_vega(figure));
  std::string text;
  bool is_indent = false;
  for (const char c : indented) {
    is_indent = c == '\n' || (is_indent && c == ' ');  // texts have no ends of lines as they are
    if (!is_indent) text += c;
  }
  return text + "\n";
}

}  // namespace fovea
