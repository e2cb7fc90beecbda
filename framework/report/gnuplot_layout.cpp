#include "framework/report/gnuplot_layout.h"

#include <algorithm>

namespace fovea::gnuplot {
namespace {

constexpr int kLetter = 7;  // width

int longest_category(const Figure& figure) {
  std::size_t longest = 0;
  for (const FigurePanel& panel : figure.panels) {
    for (const std::string& category : panel.x.categories) longest = std::max(longest, category.size());
  }
  return static_cast<int>(longest);
}

int most_categories(const Figure& figure) {
  std::size_t most = 0;
  for (const FigurePanel& panel : figure.panels) most = std::max(most, panel.x.categories.size());
  return static_cast<int>(most);
}

template <class Test>
bool any(const Figure& figure, const Test& test) {
  return std::any_of(figure.panels.begin(), figure.panels.end(), test);
}

/// The insides of panels: for LaTeX small enough for two or three in the width of a page.
void choose_plot(Layout& layout, const Figure& figure, bool is_latex) {
  const bool is_alone = figure.panels.size() == 1;
  layout.plot_width = is_latex ? (is_alone ? 290 : 170) : is_alone ? 560 : 330;
  layout.plot_height = is_latex ? (is_alone ? 190 : 130) : is_alone ? 320 : 220;
  if (layout.columns > 2) layout.plot_width = is_latex ? 120 : 240;
  if (!any(figure, [](const FigurePanel& panel) { return panel.is_plane; })) return;
  layout.plot_width = layout.plot_height = is_latex ? (is_alone ? 260 : 170) : is_alone ? 420 : 300;
  if (layout.columns > 2) layout.plot_width = layout.plot_height = is_latex ? 130 : 240;
}

/// Names of categories stand before the first panel of a row, or of every panel.
void make_turned(Layout& layout, const Figure& figure) {
  constexpr int kLineOfNames = 26;
  constexpr int kLongest = 60;
  layout.first_left = 30 + kLetter * std::min(longest_category(figure), kLongest);
  layout.left = shares_categories(figure) ? 20 : layout.first_left;
  layout.plot_height = kLineOfNames * (most_categories(figure) + 1);
}

/// The scale of colours beside a matrix.
void make_place_for_key(Layout& layout, const Figure& figure, bool is_latex) {
  if (!any(figure, [](const FigurePanel& panel) { return panel.matrix && panel.matrix->has_key(); })) return;
  layout.right = is_latex ? 90 : 110;
  if (!is_latex || layout.columns == 1) return;
  layout.left = layout.first_left = 75;
  layout.plot_width = std::min(layout.plot_width, 140);
  if (any(figure, [](const FigurePanel& panel) { return panel.is_plane; })) layout.plot_height = layout.plot_width;
}

/// Names below an axis, turned where they do not fit beside each other.
void make_place_for_names(Layout& layout, const Figure& figure) {
  const int longest = longest_category(figure);
  layout.is_rotated = (longest + 1) * kLetter * most_categories(figure) > layout.plot_width;
  constexpr int kMost = 30;
  if (layout.is_rotated) layout.below += 5 * std::min(longest, kMost);
}

}  // namespace

Layout layout_of(const Figure& figure, GnuplotTerminal terminal, std::size_t legend_lines) {
  const bool is_latex = terminal == GnuplotTerminal::kLatex;
  Layout layout;
  layout.columns = columns_of(figure);
  layout.rows = (static_cast<int>(figure.panels.size()) + layout.columns - 1) / layout.columns;
  choose_plot(layout, figure, is_latex);
  make_place_for_key(layout, figure, is_latex);
  if (any(figure, [](const FigurePanel& panel) { return panel.is_turned; })) {
    make_turned(layout, figure);
  } else {
    make_place_for_names(layout, figure);
  }
  if (any(figure, [](const FigurePanel& panel) { return !panel.title.empty(); }) || is_latex) layout.above = 42;
  layout.legend = static_cast<int>(legend_lines) * kLegendLine + 6;
  layout.head = is_latex || figure.title.empty() ? 0 : 30;
  return layout;
}

}  // namespace fovea::gnuplot
