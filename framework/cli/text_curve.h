#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace fovea::cli {

/// One number at a step.
struct CurvePoint {
  double x = 0;
  double y = 0;
};

struct CurveForm {
  enum class Characters : std::uint8_t { kBraille, kAscii };

  std::size_t width = 78;  // columns, those of the numbers at the axis included
  std::size_t height = 6;
  Characters characters = Characters::kBraille;
};

/// A curve in characters, a line of text for each row: a mark wherever it has a value, so that a spike of one step is seen
/// in any width, and between two of them. Points are in the order of x. The axis is logarithmic where all values are above 0
/// and the largest is a hundred times the least. Points that are not finite are left out; empty without two others.
std::vector<std::string> curve_lines(std::span<const CurvePoint> points, const CurveForm& form);

/// Braille where the locale of the environment has it.
CurveForm::Characters curve_characters();

}  // namespace fovea::cli
