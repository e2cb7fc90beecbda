#include "framework/report/gnuplot_layout.h"

#include <algorithm>

namespace fovea::gnuplot {
namespace {

std::size_t longest_category(const Figure& figure) {
  std::size_t longest = 0;
  for (const FigurePanel& panel : figure.panels) {
    for (const std::string& category : panel.x.categories) longest = std::max(longest, category.size());
  }
  return longest;
}

}  // namespace

Layout layout_of(const Figure& figure, GnuplotTerminal terminal, std::size_t legend_lines, std::size_t caption_lines) {
  const bool is_latex = terminal == GnuplotTerminal::kLatex;
  const std::size_t panels = figure.panels.size();
  const auto any = [&](const auto& test) { return std::any_of(figure.panels.begin(), figure.panels.end(), test); };
  Layout layout;
  layout.columns = panels > 1 ? 2 : 1;
  layout.rows = static_cast<int>((panels + 1) / 2);
  const bool is_plane = any([](const FigurePanel& panel) { return panel.is_plane; });
  layout.plot_width = panels > 1 ? 330 : is_latex ? 290 : 560;
  layout.plot_height = panels > 1 ? 220 : is_latex ? 190 : 320;
  if (is_plane) layout.plot_width = layout.plot_height = panels > 1 ? 300 : is_latex ? 260 : 420;
  if (any([](const FigurePanel& panel) { return panel.matrix.has_value(); })) layout.right = 110;
  layout.below += 5 * static_cast<int>(std::min<std::size_t>(longest_category(figure), 30));
  if (any([](const FigurePanel& panel) { return !panel.title.empty(); }) || is_latex) layout.above = 42;
  layout.legend = static_cast<int>(legend_lines) * kLegendLine + 6;
  layout.caption = static_cast<int>(caption_lines) * kTextLine + 8;
  layout.head = is_latex || figure.title.empty() ? 0 : 30;
  return layout;
}

}  // namespace fovea::gnuplot
