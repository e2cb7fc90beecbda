#include <algorithm>
#include <iomanip>
#include <sstream>

#include "framework/core/text.h"
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

/// One row of a tensor under its name.
std::string named_text(const std::string& name, const Tensor& tensor, Extent row) {
  const Shape shape = tensor.shape().without(0);
  const Extent size = shape.size();
  const Extent last = shape.last();
  const Extent rows = last == 0 ? 0 : size / last;
  std::string text = name + (shape.rank() > 0 ? " " + shape.text() : "") + (rows > 1 ? "\n" : ":");
  for (Extent i = 0; i < std::min(rows, kShownRows); ++i) {
    text += (rows > 1 ? " " : "") + row_text(tensor, row * size + i * last, last) + "\n";
  }
  if (rows > kShownRows) text += "  ...\n";
  if (rows == 0) text += "\n";
  return text;
}

}  // namespace

std::string Task::text(const Batch& batch, Extent row) const {
  std::string text;
  for (const auto& [name, type] : batch.types()) text += named_text(name, batch.at(name), row);
  return text;
}

std::string Task::answer(const Batch&, const Outputs& outputs, Extent row) const {
  std::string text;
  for (const auto& [name, tensor] : outputs) text += named_text(name, tensor, row);
  return text;
}

namespace {

class LineReader final : public ItemReader {
 public:
  explicit LineReader(std::function<void(std::string_view, Batch&)> read) : read_(std::move(read)) {}
  bool read(std::string_view line, Batch& batch) override {
    if (trimmed(line).empty()) return false;
    read_(line, batch);
    return true;
  }

 private:
  std::function<void(std::string_view, Batch&)> read_;
};

}  // namespace

std::unique_ptr<ItemReader> line_reader(std::function<void(std::string_view line, Batch& batch)> read) {
  return std::make_unique<LineReader>(std::move(read));
}

}  // namespace fovea
