#pragma once

#include <string>
#include <utility>
#include <vector>

#include "framework/report/figure.h"

namespace fovea::gnuplot {

/// The file of numbers, and how each of its blocks is plotted.
class DataFile {
 public:
  /// `names` are those of the series, in the order of their styles.
  DataFile(std::string name, std::vector<std::string> names) : name_(std::move(name)), names_(std::move(names)) {}
  const std::string& text() const { return text_; }

  /// Appends the numbers of a panel; returns the parts of its plot command.
  std::vector<std::string> add(const FigurePanel& panel);

 private:
  void add_series(std::vector<std::string>& plots, const FigurePanel& panel, const FigureSeries& series);
  std::string add_matrix(const FigureMatrix& matrix);
  std::string add_image(const FigureMatrix& matrix, const std::string& file);
  std::string next_block(const std::string& comment);

  std::string name_;
  std::vector<std::string> names_;
  std::string text_;
  int block_ = -1;
};

}  // namespace fovea::gnuplot
