#include <algorithm>
#include <iomanip>
#include <sstream>

#include "framework/task.h"

namespace fovea {

namespace {

constexpr Extent kShownRows = 12;
constexpr Extent kShownValues = 16;

std::string value_text(const Tensor& tensor, Extent i) {
  if (tensor.type.kind == Kind::kIndex) return std::to_string(tensor.index()[i]);
  std::ostringstream text;
  text << std::setprecision(4) << tensor.real()[i];
  return text.str();
}

/// The values of one row of an item's last axis; the first ones where there are many.
std::string row_text(const Tensor& tensor, Extent begin, Extent count) {
  std::string text;
  for (Extent i = 0; i < std::min(count, kShownValues); ++i) text += " " + value_text(tensor, begin + i);
  return text + (count > kShownValues ? " ..." : "");
}

}  // namespace

std::string Task::text(const Batch& batch, Extent row) const {
  std::string text;
  for (const auto& [name, type] : batch.types()) {
    const Tensor tensor = batch.at(name);
    const Shape shape = type.shape.without(0);
    const Extent size = shape.size();
    const Extent last = shape.last();
    const Extent rows = last == 0 ? 0 : size / last;
    text += name + (shape.rank() > 0 ? " " + shape.text() : "") + (rows > 1 ? "\n" : ":");
    for (Extent i = 0; i < std::min(rows, kShownRows); ++i) {
      text += (rows > 1 ? " " : "") + row_text(tensor, row * size + i * last, last) + "\n";
    }
    if (rows > kShownRows) text += "  ...\n";
    if (rows == 0) text += "\n";
  }
  return text;
}

}  // namespace fovea
