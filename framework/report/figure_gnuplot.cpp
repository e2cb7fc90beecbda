#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "framework/core/options.h"
#include "framework/report/figure_writers.h"
#include "framework/runs/text_table.h"

namespace fovea {
namespace {

// Everything is placed in units of a pixel of the SVG, of which 96 are an inch elsewhere.
struct Layout {
  int columns = 1;
  int rows = 1;
  int plot_width = 0;
  int plot_height = 0;
  int left = 90;
  int right = 25;
  int above = 30;  // the title of a panel
  int below = 60;  // numbers and name of the x axis
  int head = 0;    // the title of the figure
  int legend = 0;  // height of the legend and, below it, of the caption
  int caption = 0;

  int width() const { return columns * (left + plot_width + right); }
  int height() const { return head + rows * (above + plot_height + below) + legend + caption; }
};

/// Texts and numbers of one script.
class Script {
 public:
  Script(const Figure& figure, GnuplotTerminal terminal, const std::string& name);
  GnuplotFigure written() const { return {text_, data_}; }

 private:
  bool is_latex() const { return terminal_ == GnuplotTerminal::kLatex; }
  std::string quoted(const std::string& text) const;
  std::string tic_text(const std::string& text) const;
  std::string screen(double x, double y) const;

  Layout layout_of() const;
  void write_head();
  void write_styles();
  void write_texts();
  void write_place(std::size_t i);
  void write_axes(const FigurePanel& panel);
  void write_colours(const FigureMatrix& matrix);
  void write_panel(const FigurePanel& panel, std::size_t i);
  std::vector<std::string> plots_of(const FigurePanel& panel);
  void add_series(std::vector<std::string>& plots, const FigurePanel& panel, const FigureSeries& series);
  std::string matrix_plot(const FigureMatrix& matrix);
  std::string next_block(const std::string& comment);

  const Figure& figure_;
  GnuplotTerminal terminal_;
  std::string name_;
  std::vector<std::string> names_;
  std::vector<std::string> caption_;
  Layout layout_;
  std::string text_;
  std::string data_;
  int block_ = -1;
};

constexpr int kTextLine = 17;
constexpr int kLegendLine = 20;

std::string number_cell(double value) { return std::isnan(value) ? "NaN" : number_text(value); }

/// As a comment; the quotes at its end keep a backslash from continuing the line.
std::string comment_of(const std::string& text) { return "# \"" + text + "\"\n"; }

std::size_t longest_category(const Figure& figure) {
  std::size_t longest = 0;
  for (const FigurePanel& panel : figure.panels) {
    for (const std::string& category : panel.x.categories) longest = std::max(longest, category.size());
  }
  return longest;
}

bool is_line(const Figure& figure, const std::string& name) {
  return std::any_of(figure.panels.begin(), figure.panels.end(), [&](const FigurePanel& panel) {
    return std::any_of(panel.series.begin(), panel.series.end(), [&](const FigureSeries& series) {
      return series.name == name && series.mark == FigureSeries::Mark::kLine;
    });
  });
}

std::string Script::quoted(const std::string& text) const {
  std::string word = "'";
  for (const char c : is_latex() ? latex_cell(text) : text) word += c == '\'' ? std::string("''") : std::string(1, c);
  return word + "'";
}

/// The label of a tic is a format for its number.
std::string Script::tic_text(const std::string& text) const {
  std::string word;
  for (const char c : quoted(text)) word += c == '%' ? std::string("%%") : std::string(1, c);
  return word;
}

std::string Script::screen(double x, double y) const {
  return fmt::format("screen {:.4f},{:.4f}", x / layout_.width(), y / layout_.height());
}

Layout Script::layout_of() const {
  const std::size_t panels = figure_.panels.size();
  const auto any = [&](const auto& test) { return std::any_of(figure_.panels.begin(), figure_.panels.end(), test); };
  Layout layout;
  layout.columns = panels > 1 ? 2 : 1;
  layout.rows = static_cast<int>((panels + 1) / 2);
  const bool is_plane = any([](const FigurePanel& panel) { return panel.is_plane; });
  layout.plot_width = panels > 1 ? 330 : is_latex() ? 290 : 560;
  layout.plot_height = panels > 1 ? 220 : is_latex() ? 190 : 320;
  if (is_plane) layout.plot_width = layout.plot_height = panels > 1 ? 300 : is_latex() ? 260 : 420;
  if (any([](const FigurePanel& panel) { return panel.matrix.has_value(); })) layout.right = 110;
  layout.below += 5 * static_cast<int>(std::min<std::size_t>(longest_category(figure_), 30));
  if (any([](const FigurePanel& panel) { return !panel.title.empty(); }) || is_latex()) layout.above = 42;
  layout.legend = static_cast<int>(names_.size()) * kLegendLine + 6;
  layout.caption = static_cast<int>(caption_.size()) * kTextLine + 8;
  layout.head = is_latex() || figure_.title.empty() ? 0 : 30;
  return layout;
}

Script::Script(const Figure& figure, GnuplotTerminal terminal, const std::string& name)
    : figure_(figure), terminal_(terminal), name_(name), names_(series_names(figure)) {
  constexpr std::size_t kBytesPerPanel = 95;
  if (!is_latex()) caption_ = wrapped(figure.caption, kBytesPerPanel + (figure.panels.size() > 1 ? 35 : 0));
  layout_ = layout_of();
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
    tics.push_back(fmt::format("{} {}", tic_text(panel.x.categories[i]), i));
  }
  text_ += fmt::format("set xtics ({}) noenhanced rotate by 40 right\n", fmt::join(tics, ", "));
}

void Script::write_colours(const FigureMatrix& matrix) {
  const FigureRange range = range_of_values(figure_, matrix);
  const bool is_log = matrix.colour.scale == FigureAxis::Scale::kLogarithmic;
  text_ += fmt::format("{} logscale cb\nset cbrange [{}:{}]\nset cblabel {} noenhanced\n", is_log ? "set" : "unset",
                       number_text(range.low), number_text(range.high), quoted(matrix.colour.label()));
}

std::string Script::next_block(const std::string& comment) {
  if (block_ >= 0) data_ += "\n\n";
  data_ += comment_of(comment);
  return fmt::format("'{}.dat' index {}", name_, ++block_);
}

void Script::add_series(std::vector<std::string>& plots, const FigurePanel& panel, const FigureSeries& series) {
  const std::string file = next_block(series.name);
  data_ += "# x y low high\n";
  bool has_band = false;
  for (const FigurePoint& point : series.points) {
    data_ += fmt::format("{} {} {} {}\n", number_cell(point.x), number_cell(point.y), number_cell(point.low),
                         number_cell(point.high));
    has_band = has_band || !std::isnan(point.low);
  }
  const std::size_t place = std::find(names_.begin(), names_.end(), series.name) - names_.begin();
  const std::size_t style = place % kMostSeries + 1;
  if (series.mark == FigureSeries::Mark::kLine) {
    if (has_band) {
      plots.push_back(fmt::format("{} using 1:3:4 with filledcurves fc rgb '{}' fs transparent solid 0.2 noborder", file,
                                  series_style(place).colour));
    }
    plots.push_back(
        fmt::format("{} using 1:2 with linespoints ls {} pointinterval {}", file, style, marker_distance(series)));
    return;
  }
  // Those of one category stand beside each other.
  const double middle = (static_cast<double>(names_.size()) - 1) / 2;
  const double shift = panel.x.categories.empty() ? 0 : 0.08 * (static_cast<double>(place) - middle);
  const std::string x = shift == 0 ? "1" : fmt::format("($1{:+})", shift);
  if (has_band) plots.push_back(fmt::format("{} using {}:2:3:4 with yerrorbars ls {} dt solid", file, x, style));
  plots.push_back(fmt::format("{} using {}:2 with points ls {}", file, x, style));
}

std::string Script::matrix_plot(const FigureMatrix& matrix) {
  const std::string file = next_block(matrix.colour.name);
  if (matrix.is_image()) {
    for (Extent row = 0; row < matrix.rows(); ++row) {
      for (Extent column = 0; column < matrix.columns(); ++column) {
        const double value = matrix.values[static_cast<std::size_t>(row * matrix.columns() + column)];
        data_ += (column > 0 ? " " : "") + number_cell(value);
      }
      data_ += "\n";
    }
    const double width = (matrix.column_edges.back() - matrix.column_edges.front()) / static_cast<double>(matrix.columns());
    const double height = (matrix.row_edges.back() - matrix.row_edges.front()) / static_cast<double>(matrix.rows());
    return fmt::format("{} matrix using ({}+{}*$1):({}+{}*$2):3 with image", file,
                       number_text(matrix.column_edges.front() + width / 2), number_text(width),
                       number_text(matrix.row_edges.front() + height / 2), number_text(height));
  }
  data_ += "# x y value left right top bottom\n";
  for (Extent row = 0; row < matrix.rows(); ++row) {
    for (Extent column = 0; column < matrix.columns(); ++column) {
      const auto r = static_cast<std::size_t>(row);
      const auto c = static_cast<std::size_t>(column);
      const double value = matrix.values[static_cast<std::size_t>(row * matrix.columns() + column)];
      data_ += fmt::format("{} {} {} {} {} {} {}\n", number_cell(matrix.column_centre(column)),
                           number_cell(matrix.row_centre(row)), number_cell(value), number_cell(matrix.column_edges[c]),
                           number_cell(matrix.column_edges[c + 1]), number_cell(matrix.row_edges[r]),
                           number_cell(matrix.row_edges[r + 1]));
    }
  }
  return file + " using ($3 == $3 ? $1 : NaN):2:4:5:6:7:3 with boxxyerror lc palette fs solid noborder";
}

std::vector<std::string> Script::plots_of(const FigurePanel& panel) {
  std::vector<std::string> plots;
  if (panel.matrix) plots.push_back(matrix_plot(*panel.matrix));
  for (const FigureSeries& series : panel.series) add_series(plots, panel, series);
  return plots;
}

void Script::write_panel(const FigurePanel& panel, std::size_t i) {
  text_ += comment_of(panel.title);
  if (panel.matrix) write_colours(*panel.matrix);
  write_place(i);
  write_axes(panel);
  std::vector<std::string> plots = plots_of(panel);
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
