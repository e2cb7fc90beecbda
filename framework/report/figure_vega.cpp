#include <utility>

#include "framework/report/figure_writers.h"
#include "framework/report/vega_parts.h"

namespace fovea {
namespace {

using vega::Array;
using vega::Object;

Json panel_of(const Figure& figure, std::size_t i) {
  const FigurePanel& panel = figure.panels[i];
  const vega::Size size = vega::size_of(panel);
  Array legends;
  if (panel.matrix) {
    legends.emplace_back(Object{{"fill", "shade"}, {"type", "gradient"}, {"title", panel.matrix->colour.label()}});
  }
  Object group{{"type", "group"},
               {"encode", vega::enter({{"width", vega::constant(size.width)}, {"height", vega::constant(size.height)}})},
               // Grids are as long as these say.
               {"signals",
                Array{Object{{"name", "width"}, {"value", size.width}}, Object{{"name", "height"}, {"value", size.height}}}},
               {"scales", vega::scales_of(figure, panel)},
               {"axes", vega::axes_of(panel)},
               {"legends", std::move(legends)},
               {"marks", vega::marks_of(panel, i)}};
  if (!panel.title.empty())
    group.emplace_back("title", Object{{"text", panel.title}, {"anchor", "start"}, {"fontWeight", "normal"}});
  return group;
}

}  // namespace

Json figure_vega(const Figure& figure) {
  const std::size_t line = figure.panels.size() > 1 ? 130 : 72;  // bytes of a line of text below the title
  const std::vector<std::string> names = series_names(figure);
  Array data;
  Array marks;
  Array legends;
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    vega::add_data(data, figure.panels[i], i);
    marks.push_back(panel_of(figure, i));
  }
  if (!names.empty()) {
    legends.emplace_back(Object{
        {"fill", "colour"}, {"shape", "shape"}, {"orient", "bottom"}, {"direction", "vertical"}, {"labelLimit", 600}});
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
                {"scales", vega::style_scales(names)},
                {"legends", std::move(legends)},
                {"layout", Object{{"columns", figure.panels.size() > 1 ? 2 : 1}, {"padding", 30}, {"align", "each"}}},
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
