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
  void write_axes(const FigurePanel& panel);
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

bool is_line(const Figure& figure, const std::string& name) {
  return std::any_of(figure.panels.begin(), figure.panels.end(), [&](const FigurePanel& panel) {
    return std::any_of(panel.series.begin(), panel.series.end(), [&](const FigureSeries& series) {
      return series.name == name && series.mark == FigureSeries::Mark::kLine;
    });
  });
}

std::string Script::screen(double x, double y) const {
  return fmt::format("screen {:.4f},{:.4f}", x / layout_.width(), y / layout_.height());
}

Script::Script(const Figure& figure, GnuplotTerminal terminal, const std::string& name)
    : figure_(figure), terminal_(terminal), name_(name), names_(series_names(figure)), data_(name, names_) {
  constexpr std::size_t kBytesPerPanel = 95;
  if (!is_latex()) caption_ = wrapped(figure.caption, kBytesPerPanel + (figure.panels.size() > 1 ? 35 : 0));
  layout_ = gnuplot::layout_of(figure, terminal, names_.size(), caption_.size());
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
  // Cividis, which looks alike to those who see few colours.
  text_ +=
      "set palette defined (0 '#00224E', 1 '#123570', 2 '#3B496C', 3 '#575D6D', 4 '#707173', 5 '#8A8678', 6 '#A59C74', "
      "7 '#C3B369', 8 '#E1CC55', 9 '#FEE838')\n";
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
  const double left = column * (layout_.left + layout_.plot_width + layout_.right) + layout_.left;
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
  text_ += fmt::format("set colorbox user origin {} size screen {:.4f},{:.4f}\n",
                       screen(left + layout_.plot_width + 12, top - layout_.plot_height), 14.0 / layout_.width(),
                       static_cast<double>(layout_.plot_height) / layout_.height());
}

void Script::write_axes(const FigurePanel& panel) {
  const auto scale = [](const char* axis, FigureAxis::Scale of) {
    return fmt::format("{} logscale {}\n", of == FigureAxis::Scale::kLogarithmic ? "set" : "unset", axis);
  };
  const FigureRange x = range_of_x(panel);
  const FigureRange y = range_of_y(panel);
  text_ += fmt::format("set title {} noenhanced\nset xlabel {} noenhanced\nset ylabel {} noenhanced\n", quoted(panel.title),
                       quoted(panel.x.label()), quoted(panel.y.label()));
  text_ += scale("x", panel.x.scale) + scale("y", panel.y.scale);
  text_ += fmt::format("set xrange [{}:{}]\n", number_text(x.low), number_text(x.high));
  const bool is_down = panel.matrix.has_value();  // row 0 is at the top
  text_ += fmt::format("set yrange [{}:{}]\n", number_text(is_down ? y.high : y.low), number_text(is_down ? y.low : y.high));
  text_ += is_down ? "unset grid\n" : "set grid ytics lc rgb '#DDDDDD' lw 0.7\n";
  if (panel.x.categories.empty()) {
    text_ += "set xtics autofreq norotate\n";
    return;
  }
  std::vector<std::string> tics;
  for (std::size_t i = 0; i < panel.x.categories.size(); ++i) {
    tics.push_back(fmt::format("{} {}", gnuplot::tic_text(panel.x.categories[i], terminal_), i));
  }
  text_ += fmt::format("set xtics ({}) noenhanced rotate by 40 right\n", fmt::join(tics, ", "));
}

void Script::write_colours(const FigureMatrix& matrix) {
  const FigureRange range = range_of_values(figure_, matrix);
  const bool is_log = matrix.colour.scale == FigureAxis::Scale::kLogarithmic;
  text_ += fmt::format("{} logscale cb\nset cbrange [{}:{}]\nset cblabel {} noenhanced\n", is_log ? "set" : "unset",
                       number_text(range.low), number_text(range.high), quoted(matrix.colour.label()));
}

void Script::write_panel(const FigurePanel& panel, std::size_t i) {
  text_ += comment_of(panel.title);
  if (panel.matrix) write_colours(*panel.matrix);
  write_place(i);
  write_axes(panel);
  std::vector<std::string> plots = data_.add(panel);
  if (i == 0) {
    for (std::size_t k = 0; k < names_.size(); ++k) {
      plots.push_back(fmt::format("keyentry with {} ls {} title {}", is_line(figure_, names_[k]) ? "linespoints" : "points",
                                  k + 1, quoted(names_[k])));
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
