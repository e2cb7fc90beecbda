#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "framework/core/options.h"
#include "framework/report/figure_writers.h"
#include "framework/report/gnuplot_data.h"
#include "framework/report/gnuplot_layout.h"
#include "framework/report/gnuplot_text.h"

namespace fovea {
namespace {

using gnuplot::comment_of;
using gnuplot::DataFile;
using gnuplot::kTextLine;
using gnuplot::Layout;

/// Texts and numbers of one script.
class Script {
 public:
  Script(const Figure& figure, GnuplotTerminal terminal, const std::string& name);
  GnuplotFigure written() const { return {text_, data_.text()}; }

 private:
  bool is_latex() const { return terminal_ == GnuplotTerminal::kLatex; }
  std::string quoted(const std::string& text) const { return gnuplot::quoted(text, terminal_); }
  std::string screen(double x, double y) const;

  void write_head();
  void write_styles();
  void write_texts();
  void write_place(std::size_t i);
  void write_axes(const FigurePanel& panel, std::size_t i);
  void write_tics(const char* side, const FigureAxis& axis, bool is_named, double length);
  void write_references(const FigurePanel& panel);
  void write_colours(const FigureMatrix& matrix);
  void write_panel(const FigurePanel& panel, std::size_t i);

  const Figure& figure_;
  GnuplotTerminal terminal_;
  std::string name_;
  std::vector<std::string> names_;
  std::vector<std::string> caption_;
  Layout layout_;
  std::string text_;
  DataFile data_;
};

/// How the entry of a series in the legend is drawn.
const char* entry_of(const Figure& figure, const std::string& name) {
  const auto has = [&](FigureSeries::Mark mark) {
    return std::any_of(figure.panels.begin(), figure.panels.end(), [&](const FigurePanel& panel) {
      return std::any_of(panel.series.begin(), panel.series.end(),
                         [&](const FigureSeries& series) { return series.name == name && series.mark == mark; });
    });
  };
  if (has(FigureSeries::Mark::kOutline)) return "lines";
  return has(FigureSeries::Mark::kLine) ? "linespoints" : "points";
}

/// 1, 2 or 5 times a power of ten, so that numbers below a narrow panel stand apart.
double tic_step(double length, int pixels) {
  constexpr double kNumber = 42;  // pixels
  const double least = length * kNumber / pixels;
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1, 2, 5}) {
    if (factor * power >= least) return factor * power;
  }
  return 10 * power;
}

std::string Script::screen(double x, double y) const {
  return fmt::format("screen {:.4f},{:.4f}", x / layout_.width(), y / layout_.height());
}

Script::Script(const Figure& figure, GnuplotTerminal terminal, const std::string& name)
    : figure_(figure), terminal_(terminal), name_(name), names_(series_names(figure)), data_(name, names_) {
  layout_ = gnuplot::layout_of(figure, terminal, names_.size());
  constexpr int kLetter = 7;  // width
  if (!is_latex()) caption_ = wrapped(figure.caption, static_cast<std::size_t>(layout_.width() / kLetter));
  layout_.caption = static_cast<int>(caption_.size()) * kTextLine + 8;
  write_head();
  write_styles();
  text_ += "set multiplot\n";
  write_texts();
  for (std::size_t i = 0; i < figure.panels.size(); ++i) write_panel(figure.panels[i], i);
  text_ += "unset multiplot\nunset output\n";
}

void Script::write_head() {
  text_ = comment_of(figure_.title) + comment_of(figure_.caption);
  const double inches = 96;
  switch (terminal_) {
    case GnuplotTerminal::kSvg:
      text_ += fmt::format("set terminal svg noenhanced size {},{} font 'sans-serif,13' background 'white'\nset output {}\n",
                           layout_.width(), layout_.height(), quoted(name_ + ".svg"));
      break;
    case GnuplotTerminal::kPdf:
      text_ += fmt::format("set terminal pdfcairo noenhanced color size {:.3f}in,{:.3f}in font 'sans,10'\nset output {}\n",
                           layout_.width() / inches, layout_.height() / inches, quoted(name_ + ".pdf"));
      break;
    case GnuplotTerminal::kLatex:
      text_ += fmt::format("set terminal cairolatex pdf color size {:.3f}in,{:.3f}in\nset output '{}.tex'\n",
                           layout_.width() / inches, layout_.height() / inches, name_);
      break;
  }
  text_ += fmt::format("set encoding utf8\nset format cb '{}'\nset border lw 0.7\nset tics nomirror\n",
                       is_latex() ? "$%g$" : "%g");
}

void Script::write_styles() {
  for (std::size_t i = 0; i < kMostSeries; ++i) {
    const SeriesStyle& style = series_style(i);
    const std::string dash = style.dash.empty() ? "solid" : fmt::format("({})", fmt::join(style.dash, ","));
    text_ += fmt::format("set style line {} lc rgb '{}' lw 2 dt {} pt {} ps 0.7\n", i + 1, style.colour, dash,
                         style.gnuplot_point);
  }
}

/// Title, caption and legend stand on the page of the first panel.
void Script::write_texts() {
  if (layout_.head > 0) {
    text_ += fmt::format("set label {} at {} left noenhanced font ',15'\n", quoted(figure_.title),
                         screen(12, layout_.height() - 16));
  }
  for (std::size_t i = 0; i < caption_.size(); ++i) {
    text_ += fmt::format("set label {} at {} left noenhanced\n", quoted(caption_[i]),
                         screen(12, layout_.caption - kTextLine * (static_cast<double>(i) + 0.5)));
  }
  text_ += fmt::format("set key at {} left top Left reverse noenhanced samplen 4 maxcols 1 noautotitle\n",
                       screen(12, layout_.caption + layout_.legend));
}

void Script::write_place(std::size_t i) {
  const int column = static_cast<int>(i) % layout_.columns;
  const int row = static_cast<int>(i) / layout_.columns;
  const double left = layout_.plot_left(column);
  const double top =
      layout_.height() - layout_.head - row * (layout_.above + layout_.plot_height + layout_.below) - layout_.above;
  const auto side = [&](const char* name, double place, int whole) {
    text_ += fmt::format("set {} at screen {:.4f}\n", name, place / whole);
  };
  side("lmargin", left, layout_.width());
  side("rmargin", left + layout_.plot_width, layout_.width());
  side("tmargin", top, layout_.height());
  side("bmargin", top - layout_.plot_height, layout_.height());
  if (!figure_.panels[i].matrix) return;
  if (!figure_.panels[i].matrix->has_key()) {
    text_ += "unset colorbox\n";
    return;
  }
  text_ += fmt::format("set colorbox user origin {} size screen {:.4f},{:.4f}\n",
                       screen(left + layout_.plot_width + 12, top - layout_.plot_height), 14.0 / layout_.width(),
                       static_cast<double>(layout_.plot_height) / layout_.height());
}

/// Names of categories, or numbers.
void Script::write_tics(const char* side, const FigureAxis& axis, bool is_named, double length) {
  if (axis.categories.empty()) {
    constexpr int kNarrow = 260;
    const bool is_narrow =
        side[0] == 'x' && layout_.plot_width < kNarrow && axis.scale == FigureAxis::Scale::kLinear && length > 0;
    text_ += fmt::format("set {}tics {} norotate\n", side,
                         is_narrow ? number_text(tic_step(length, layout_.plot_width)) : "autofreq");
    return;
  }
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < axis.categories.size(); ++i) {
    tics.push_back(fmt::format("{} {}", is_named ? gnuplot::tic_text(axis.categories[i], terminal_) : "''", i));
  }
  const bool is_rotated = side[0] == 'x' && layout_.is_rotated;
  text_ += fmt::format("set {}tics ({}) noenhanced {}\n", side, fmt::join(tics, ", "),
                       is_rotated ? "rotate by 40 right" : "norotate");
}

void Script::write_axes(const FigurePanel& panel, std::size_t i) {
  const auto scale = [](const char* axis, FigureAxis::Scale of) {
    return fmt::format("{} logscale {}\n", of == FigureAxis::Scale::kLogarithmic ? "set" : "unset", axis);
  };
  const bool is_named = static_cast<int>(i) % layout_.columns == 0 || !shares_categories(figure_);
  const FigureRange x = panel.is_turned ? range_of_y(panel) : range_of_x(panel);
  const FigureRange y = panel.is_turned ? range_of_x(panel) : range_of_y(panel);
  text_ += fmt::format("set title {} noenhanced\nset xlabel {} noenhanced\nset ylabel {} noenhanced\n", quoted(panel.title),
                       quoted(panel.across().label()), quoted(panel.is_turned ? "" : panel.y.label()));
  text_ += scale("x", panel.across().scale) + scale("y", panel.upright().scale);
  text_ += fmt::format("set xrange [{}:{}]\n", number_text(x.low), number_text(x.high));
  const bool is_down = panel.matrix || panel.is_turned;  // row 0, or the first category, is at the top
  text_ += fmt::format("set yrange [{}:{}]\n", number_text(is_down ? y.high : y.low), number_text(is_down ? y.low : y.high));
  text_ += panel.matrix ? "unset grid\n" : fmt::format("set grid {}tics lc rgb '#DDDDDD' lw 0.7\n", is_down ? 'x' : 'y');
  write_tics("x", panel.across(), true, x.high - x.low);
  write_tics("y", panel.upright(), is_named, y.high - y.low);
  write_references(panel);
}

void Script::write_references(const FigurePanel& panel) {
  const auto line = [&](const std::string& from, const std::string& to) {
    text_ += fmt::format("set arrow from {} to {} nohead lc rgb '#666666' lw 1 back\n", from, to);
  };
  text_ += "unset arrow\n";
  if (const auto& place = panel.across().reference) {
    line(fmt::format("first {}, graph 0", number_text(*place)), fmt::format("first {}, graph 1", number_text(*place)));
  }
  if (const auto& place = panel.upright().reference) {
    line(fmt::format("graph 0, first {}", number_text(*place)), fmt::format("graph 1, first {}", number_text(*place)));
  }
}

void Script::write_colours(const FigureMatrix& matrix) {
  // Cividis, which looks alike to those who see few colours.
  constexpr const char* kCividis =
      "0 '#00224E', 1 '#123570', 2 '#3B496C', 3 '#575D6D', 4 '#707173', 5 '#8A8678', 6 '#A59C74', 7 '#C3B369', 8 '#E1CC55', "
      "9 '#FEE838'";
  constexpr const char* kInk = "0 '#FFFFFF', 1 '#303030'";
  const FigureRange range = range_of_values(figure_, matrix);
  const bool is_log = matrix.colour.scale == FigureAxis::Scale::kLogarithmic;
  text_ += fmt::format("set palette defined ({})\n", matrix.colours == FigureMatrix::Colours::kInk ? kInk : kCividis);
  text_ += fmt::format("{} logscale cb\nset cbrange [{}:{}]\nset cblabel {} noenhanced\n", is_log ? "set" : "unset",
                       number_text(range.low), number_text(range.high), quoted(matrix.colour.label()));
}

void Script::write_panel(const FigurePanel& panel, std::size_t i) {
  text_ += comment_of(panel.title);
  if (panel.matrix) write_colours(*panel.matrix);
  write_place(i);
  write_axes(panel, i);
  std::vector<std::string> plots = data_.add(panel);
  if (i == 0) {
    for (std::size_t k = 0; k < names_.size(); ++k) {
      const std::string entry = entry_of(figure_, names_[k]);
      plots.push_back(fmt::format("keyentry with {} ls {}{} title {}", entry, k + 1, entry == "lines" ? " lw 3" : "",
                                  quoted(names_[k])));
    }
  }
  text_ += fmt::format("plot {}\n", fmt::join(plots, ", \\\n  "));
  if (i == 0) text_ += "unset label\nunset key\n";
}

}  // namespace

GnuplotFigure figure_gnuplot(const Figure& figure, GnuplotTerminal terminal, const std::string& name) {
  return Script(figure, terminal, name).written();
}

}  // namespace fovea
