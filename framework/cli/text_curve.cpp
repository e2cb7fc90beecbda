#include "framework/cli/text_curve.h"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "framework/cli/screen.h"

namespace fovea::cli {
namespace {

/// How many dots a character has, and the text of one with some of them: bit 4 c + r is that of column c, row r.
struct Dots {
  std::size_t columns;
  std::size_t rows;
};

Dots dots_of(CurveForm::Characters characters) {
  return characters == CurveForm::Characters::kBraille ? Dots{2, 4} : Dots{1, 1};
}

std::string text_of(unsigned dots, CurveForm::Characters characters) {
  if (dots == 0) return " ";
  if (characters == CurveForm::Characters::kAscii) return "*";
  // Unicode numbers the dots 1 to 8: 1 to 3 and 7 down the first column, 4 to 6 and 8 down the second.
  constexpr std::array<unsigned, 8> kBit = {0x01, 0x02, 0x04, 0x40, 0x08, 0x10, 0x20, 0x80};
  unsigned pattern = 0;
  for (unsigned i = 0; i < kBit.size(); ++i) {
    if ((dots >> i & 1U) != 0) pattern |= kBit.at(i);
  }
  return {static_cast<char>(0xE2), static_cast<char>(0xA0 | (pattern >> 6U)), static_cast<char>(0x80 | (pattern & 0x3FU))};
}

/// The dots of a curve in a grid of characters.
class Canvas {
 public:
  Canvas(std::size_t width, const CurveForm& form)
      : width_(width), form_(form), dots_(dots_of(form.characters)), cells_(width * form.height) {}

  std::size_t columns() const { return width_ * dots_.columns; }
  std::size_t rows() const { return form_.height * dots_.rows; }

  /// The dots of a column from one row to another, row 0 at the bottom.
  void mark(std::size_t column, std::size_t low, std::size_t high) {
    for (std::size_t row = low; row <= high; ++row) {
      const std::size_t down = rows() - 1 - row;
      const std::size_t cell = down / dots_.rows * width_ + column / dots_.columns;
      cells_.at(cell) |= 1U << (column % dots_.columns * 4 + down % dots_.rows);
    }
  }

  std::string line(std::size_t row) const {
    std::string text;
    for (std::size_t i = 0; i < width_; ++i) text += text_of(cells_.at(row * width_ + i), form_.characters);
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }

 private:
  std::size_t width_;
  const CurveForm& form_;
  Dots dots_;
  std::vector<unsigned> cells_;
};

/// A scale onto 0 to 1.
class Scale {
 public:
  enum class Kind : std::uint8_t { kLinear, kLogarithmic };

  Scale(double low, double high, Kind kind) : low_(low), high_(high), kind_(kind) {}
  double operator()(double value) const {
    if (kind_ == Kind::kLogarithmic) return (std::log(value) - std::log(low_)) / (std::log(high_) - std::log(low_));
    return high_ > low_ ? value / (high_ - low_) - low_ / (high_ - low_) : 0.5;
  }

 private:
  double low_;
  double high_;
  Kind kind_;
};

std::size_t place_of(double share, std::size_t count) {
  const double place = std::floor(share * static_cast<double>(count));
  return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(count - 1)));
}

/// The rows of each column that have a dot: from one to another, row 0 at the bottom.
struct ColumnDots {
  std::size_t low = 0;
  std::size_t high = 0;
  bool is_empty = true;

  void add(std::size_t row) {
    low = is_empty ? row : std::min(low, row);
    high = is_empty ? row : std::max(high, row);
    is_empty = false;
  }
};

/// Points are joined by straight lines, in their order.
void draw(Canvas& canvas, std::span<const CurvePoint> points, const Scale& x, const Scale& y) {
  std::vector<ColumnDots> columns(canvas.columns());
  std::size_t last_column = 0;
  std::size_t last_row = 0;
  for (const CurvePoint& point : points) {
    const std::size_t column = place_of(x(point.x), columns.size());
    const std::size_t row = place_of(y(point.y), canvas.rows());
    for (std::size_t between = last_column + 1; &point != points.data() && between < column; ++between) {
      const double share = static_cast<double>(between - last_column) / static_cast<double>(column - last_column);
      columns[between].add(static_cast<std::size_t>(std::lround(std::lerp(last_row, row, share))));
    }
    columns[column].add(row);
    last_column = column;
    last_row = row;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].is_empty) canvas.mark(i, columns[i].low, columns[i].high);
  }
}

}  // namespace

std::vector<std::string> curve_lines(std::span<const CurvePoint> points, const CurveForm& form) {
  std::vector<CurvePoint> drawn;
  for (const CurvePoint& point : points) {
    if (std::isfinite(point.x) && std::isfinite(point.y)) drawn.push_back(point);
  }
  if (drawn.size() < 2 || form.height == 0) return {};
  const auto [first, last] = std::minmax_element(drawn.begin(), drawn.end(), [](auto a, auto b) { return a.x < b.x; });
  const auto [low, high] = std::minmax_element(drawn.begin(), drawn.end(), [](auto a, auto b) { return a.y < b.y; });
  const bool is_logarithmic = low->y > 0 && high->y / low->y >= 100;
  const Scale x(first->x, last->x, Scale::Kind::kLinear);
  const Scale y(low->y, high->y, is_logarithmic ? Scale::Kind::kLogarithmic : Scale::Kind::kLinear);
  std::vector<std::string> labels(form.height);
  labels.back() = figure_text(low->y);
  labels.front() = figure_text(high->y);
  constexpr std::size_t kLeast = 3;  // "log"
  const std::size_t label = std::max({labels.front().size(), labels.back().size(), kLeast});
  const std::string axis = form.characters == CurveForm::Characters::kBraille ? "\u2502" : "|";
  if (form.width < label + 12) return {};
  Canvas canvas(form.width - label - 2, form);
  draw(canvas, drawn, x, y);
  if (is_logarithmic && form.height > 2) labels[form.height / 2] = "log";
  std::vector<std::string> lines;
  for (std::size_t row = 0; row < form.height; ++row) {
    lines.push_back(fmt::format("{:>{}} {}{}", labels[row], label, axis, canvas.line(row)));
  }
  return lines;
}

CurveForm::Characters curve_characters() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;  // the first that is set decides
    std::string text(value);
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool has_all = text.find("utf-8") != std::string::npos || text.find("utf8") != std::string::npos;
    return has_all ? CurveForm::Characters::kBraille : CurveForm::Characters::kAscii;
  }
  return CurveForm::Characters::kAscii;
}

}  // namespace fovea::cli
