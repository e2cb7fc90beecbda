#include "framework/report/figure_writers.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "tests/report/sample_figures.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

/// Every number of a figure in one order: x, y, low, high of points; x, y, value of cells.
using Numbers = std::vector<double>;

/// Two gaps are equal.
bool equal(const Numbers& a, const Numbers& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); });
}

/// Without the gaps, which have no order.
Numbers sorted_numbers(Numbers numbers) {
  std::erase_if(numbers, [](double number) { return std::isnan(number); });
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Numbers numbers_of(const Figure& figure) {
  Numbers numbers;
  for (const FigurePanel& panel : figure.panels) {
    for (const FigureSeries& series : panel.series) {
      for (const FigurePoint& point : series.points)
        numbers.insert(numbers.end(), {point.x, point.y, point.low, point.high});
    }
    if (!panel.matrix) continue;
    for (Extent row = 0; row < panel.matrix->rows(); ++row) {
      for (Extent column = 0; column < panel.matrix->columns(); ++column) {
        numbers.insert(numbers.end(),
                       {panel.matrix->column_centre(column), panel.matrix->row_centre(row),
                        panel.matrix->values[static_cast<std::size_t>(row * panel.matrix->columns() + column)]});
      }
    }
  }
  return numbers;
}

double number_of(const std::string& cell) {
  return cell.empty() || cell == "NaN" ? kGap : std::strtod(cell.c_str(), nullptr);
}

std::vector<std::vector<std::string>> csv_rows(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && is_quoted && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      rows.back().emplace_back();
    } else if (c == '\n' && !is_quoted) {
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();  // after the last end of a line
  return rows;
}

Numbers numbers_of_csv(const std::string& text) {
  Numbers numbers;
  const std::vector<std::vector<std::string>> rows = csv_rows(text);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    REQUIRE(rows[i].size() == 8);
    const auto cell = [&](std::size_t column) { return number_of(rows[i][column]); };
    // Cells belong to no series.
    rows[i][1].empty() ? numbers.insert(numbers.end(), {cell(2), cell(4), cell(7)})
                       : numbers.insert(numbers.end(), {cell(2), cell(4), cell(5), cell(6)});
  }
  return numbers;
}

/// Of points without a name as well, whose rows do not tell them from cells.
Numbers all_numbers_of_csv(const std::string& text) {
  Numbers numbers;
  const std::vector<std::vector<std::string>> rows = csv_rows(text);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    for (const std::size_t column : {2, 4, 5, 6, 7}) numbers.push_back(number_of(rows[i][column]));
  }
  return numbers;
}

/// By the names of members and the places in arrays.
const Json& at(const Json& json, const std::string& name) {
  for (const auto& [member, value] : json.as<Json::Object>()) {
    if (member == name) return value;
  }
  static const Json kNone;
  return kNone;
}

double number_of(const Json& json) {
  if (json.is<double>()) return json.as<double>();
  return json.is<std::int64_t>() ? static_cast<double>(json.as<std::int64_t>()) : kGap;
}

Numbers numbers_of_grid(const Json& grid) {
  Numbers numbers;
  const auto width = static_cast<std::size_t>(number_of(at(grid, "width")));
  const auto edge = [&](const char* name, std::size_t i) { return number_of(at(grid, name).as<Json::Array>()[i]); };
  const Json::Array& values = at(grid, "values").as<Json::Array>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    numbers.push_back((edge("column_edges", i % width) + edge("column_edges", i % width + 1)) / 2);
    numbers.push_back((edge("row_edges", i / width) + edge("row_edges", i / width + 1)) / 2);
    numbers.push_back(number_of(values[i]));
  }
  return numbers;
}

Numbers numbers_of_vega(const Json& specification) {
  Numbers numbers;
  for (const Json& data : at(specification, "data").as<Json::Array>()) {
    if (!at(data, "values").is<Json::Array>()) continue;
    for (const Json& row : at(data, "values").as<Json::Array>()) {
      if (at(row, "values").is<Json::Array>()) {
        const Numbers grid = numbers_of_grid(row);
        numbers.insert(numbers.end(), grid.begin(), grid.end());
      } else {
        for (const char* name : {"x", "y", "low", "high"}) numbers.push_back(number_of(at(row, name)));
      }
    }
  }
  return numbers;
}

/// Rows of four numbers are points, rows of seven are cells with their edges.
Numbers numbers_of_dat(const std::string& text) {
  Numbers numbers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    Numbers row;
    std::istringstream cells(line);
    for (std::string cell; cells >> cell;) row.push_back(number_of(cell));
    REQUIRE((row.size() == 4 || row.size() == 7));
    numbers.insert(numbers.end(), row.begin(), row.begin() + (row.size() == 4 ? 4 : 3));
  }
  return numbers;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// Every text that Vega may take for an expression.
void collect_expressions(const Json& json, std::vector<std::string>& found) {
  if (json.is<Json::Array>()) {
    for (const Json& item : json.as<Json::Array>()) collect_expressions(item, found);
  }
  if (!json.is<Json::Object>()) return;
  for (const auto& [name, value] : json.as<Json::Object>()) {
    const bool is_expression = name == "signal" || name == "expr" || name == "update" || name == "test" || name == "init";
    if (is_expression && value.is<std::string>()) found.push_back(value.as<std::string>());
    collect_expressions(value, found);
  }
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("the three writers of a figure write the same numbers, with all digits") {
  for (const std::string& text : {std::string("loss"), kHostile, std::string("=cmd|' /C calc'!A0, \"x\"")}) {
    CAPTURE(text);
    const Figure figure = finished(full_figure(text));
    const Numbers expected = numbers_of(figure);
    CHECK(expected.size() == 4 * 10 + 3 * 6);
    CHECK(equal(numbers_of_csv(figure_csv(figure)), expected));
    const std::optional<Json> read = parse_json(json_text(figure_vega(figure)));
    REQUIRE(read.has_value());
    CHECK(equal(numbers_of_vega(*read), expected));
    for (const GnuplotTerminal terminal : {GnuplotTerminal::kSvg, GnuplotTerminal::kPdf, GnuplotTerminal::kLatex}) {
      CHECK(equal(numbers_of_dat(figure_gnuplot(figure, terminal, "x").data), expected));
    }
  }
}

TEST_CASE("a CSV has a row for each point, with panel, series and category") {
  const std::vector<std::vector<std::string>> rows = csv_rows(figure_csv(finished(full_figure("a,\"b\""))));
  CHECK(rows[0] == std::vector<std::string>{"panel", "series", "x", "category", "y", "low", "high", "value"});
  CHECK(rows[1] == std::vector<std::string>{"a,\"b\" over steps", "a,\"b\" first", "0", "", "0.1", "0", "0.2", ""});
  CHECK(rows[3] == std::vector<std::string>{"a,\"b\" over steps", "a,\"b\" first", "20", "", "", "", "", ""});
  CHECK(rows[9] == std::vector<std::string>{"by length", "a,\"b\" first", "1", "a,\"b\"", "0.75", "", "", ""});
  CHECK(rows[11] == std::vector<std::string>{"load", "", "25", "", "0", "", "", "0.1"});
  CHECK(rows.size() == 1 + 10 + 6);
}

TEST_CASE("no text of a figure is part of an expression of Vega") {
  std::vector<std::string> plain;
  std::vector<std::string> hostile;
  collect_expressions(figure_vega(finished(full_figure())), plain);
  collect_expressions(figure_vega(finished(full_figure(kHostile))), hostile);
  CHECK(plain.size() > 10);
  CHECK(plain == hostile);
}

TEST_CASE("a hostile name is one word of a gnuplot script, and a comment does not run on") {
  const GnuplotFigure figure = figure_gnuplot(finished(full_figure(kHostile)), GnuplotTerminal::kSvg, "x");
  const std::string name = replaced(kHostile, "'", "''");
  CHECK(contains(figure.script, "title '" + name + " first'"));
  CHECK(contains(figure.script, "set ylabel '" + name + " (nat)'"));
  CHECK(contains(figure.script, "'" + replaced(name, "%", "%%") + "' 1"));  // the label of a tic is a format
  std::istringstream lines(figure.script);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    if (line.starts_with("#")) CHECK_FALSE(line.ends_with("\\"));
  }
  std::istringstream rows(figure.data);
  for (std::string row; std::getline(rows, row);)
    CHECK((row.empty() || row[0] == '#' || row[0] == '-' || std::isdigit(row[0]) != 0));
}

TEST_CASE("for LaTeX the texts are LaTeX, and title and caption are left to the document") {
  const GnuplotFigure figure = figure_gnuplot(finished(full_figure("100%_$x$")), GnuplotTerminal::kLatex, "x");
  CHECK(contains(figure.script, "set terminal cairolatex"));
  CHECK(contains(figure.script, "title '100\\%\\_\\$x\\$ first'"));
  CHECK(contains(figure.script, "'100\\%%\\_\\$x\\$' 1"));
  CHECK_FALSE(contains(figure.script, "\nset label"));
  CHECK(contains(figure.script, "# \"100%_$x$\"\n"));
}

TEST_CASE("a matrix of many cells is an image in both pictures, with every number") {
  Figure figure = full_figure();
  FigureMatrix& matrix = *figure.panels[2].matrix;
  matrix.column_edges.clear();
  matrix.row_edges.clear();
  matrix.values.clear();
  for (int i = 0; i <= 101; ++i) matrix.column_edges.push_back(i);
  for (int i = 0; i <= 100; ++i) matrix.row_edges.push_back(i);
  for (int i = 0; i < 10'100; ++i) matrix.values.push_back(i);
  figure.panels = {figure.panels[2]};
  figure = finished(figure);
  const GnuplotFigure drawn = figure_gnuplot(figure, GnuplotTerminal::kPdf, "x");
  CHECK(contains(drawn.script, "using (0.5+1*$1):(0.5+1*$2):3 with image"));
  std::istringstream rows(drawn.data.substr(drawn.data.find('\n')));
  double sum = 0;
  Extent count = 0;
  for (double value = 0; rows >> value; ++count) sum += value;
  CHECK(count == 10'100);
  CHECK(sum == 10'099.0 * 10'100 / 2);
  const Json specification = figure_vega(figure);
  CHECK(equal(numbers_of_vega(specification), numbers_of(figure)));
  CHECK(contains(json_text(specification), "\"heatmap\""));
}

TEST_CASE("text is cut into lines between words, and a word that is too long between characters") {
  CHECK(wrapped("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrapped("one two", 7) == std::vector<std::string>{"one two"});
  CHECK(wrapped("", 7).empty());
  CHECK(wrapped("abcdefgh", 3) == std::vector<std::string>{"abc", "def", "gh"});
  CHECK(wrapped("\xc3\xa4\xc3\xa4\xc3\xa4", 3) == std::vector<std::string>{"\xc3\xa4\xc3\xa4", "\xc3\xa4"});
}

TEST_CASE("turned panels, references and outlines over a picture have the same numbers in the three writers") {
  for (const std::string& text : {std::string("loss"), kHostile}) {
    CAPTURE(text);
    Figure figure = turned_figure(text);
    figure.panels.push_back(outlined_panel(text));
    figure = finished(figure);
    const Numbers expected = numbers_of(figure);
    CHECK(expected.size() == 4 * 4 + 4 * 6 + 3 * 4);
    const std::optional<Json> read = parse_json(json_text(figure_vega(figure)));
    REQUIRE(read.has_value());
    // A panel has its matrix before its series in these two.
    const Numbers sorted = sorted_numbers(expected);
    CHECK(equal(sorted_numbers(all_numbers_of_csv(figure_csv(figure))), sorted));
    CHECK(equal(sorted_numbers(numbers_of_vega(*read)), sorted));
    CHECK(equal(sorted_numbers(numbers_of_dat(figure_gnuplot(figure, GnuplotTerminal::kLatex, "x").data)), sorted));
  }
}

TEST_CASE("in a turned panel the categories go down, and bars and the line of no difference are along the other axis") {
  Figure two = turned_figure("loss");
  two.panels.push_back(two.panels[0]);
  const GnuplotFigure drawn = figure_gnuplot(finished(two), GnuplotTerminal::kSvg, "x");
  CHECK(contains(drawn.script, "using 2:($1+0.08):3:4 with xerrorbars ls 2"));
  CHECK(contains(drawn.script, "set yrange [1.5:-0.5]"));
  CHECK(contains(drawn.script, "set ytics ('loss' 0, 'other' 1)"));
  CHECK(contains(drawn.script, "set ytics ('' 0, '' 1)"));  // named once for both panels
  CHECK(contains(drawn.script, "set arrow from first 0, graph 0 to first 0, graph 1 nohead"));
  const std::string vega = figure_vega_text(finished(two));
  CHECK(contains(vega, R"("x2":)"));
  CHECK(contains(vega, R"("labels": false)"));
}

TEST_CASE("an outline over a picture has no markers, in the plot and in the legend") {
  Figure figure{"", "", {outlined_panel("loss")}};
  const GnuplotFigure drawn = figure_gnuplot(finished(figure), GnuplotTerminal::kSvg, "x");
  CHECK(contains(drawn.script, "using 1:2 with lines ls 1 lw 3"));
  CHECK(contains(drawn.script, "keyentry with lines ls 1 lw 3 title 'loss'"));
  CHECK(contains(drawn.script, "set palette defined (0 '#FFFFFF'"));
  CHECK(contains(drawn.script, "unset colorbox"));
  const std::string vega = figure_vega_text(finished(figure));
  CHECK(contains(vega, R"("marker": false)"));
  CHECK_FALSE(contains(vega, R"("marker": true)"));
  CHECK(contains(vega, R"("symbolType": "stroke")"));
  CHECK(contains(vega, R"("scheme": "greys")"));
}
