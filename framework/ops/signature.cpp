#include "framework/ops/signature.h"

#include <algorithm>
#include <cctype>

namespace fovea {
namespace {

// "mask? Index [B, N]"
struct Input {
  std::string_view name, kind, axes;
  bool is_optional = false;
};

Input parse(std::string_view text) {
  const std::size_t open = text.find('[');
  Input input{.name = text.substr(0, open == 0 ? 0 : open - 1), .kind = {}, .axes = text.substr(open)};
  for (const std::string_view kind : {"Index", "any"}) {
    if (input.name != kind && !input.name.ends_with(" " + std::string(kind))) continue;
    input.kind = kind;
    input.name.remove_suffix(std::min(kind.size() + 1, input.name.size()));
  }
  input.is_optional = input.name.ends_with('?');
  if (input.is_optional) input.name.remove_suffix(1);
  return input;
}

std::vector<std::string_view> axes_of(std::string_view text) {
  std::vector<std::string_view> axes;
  for (std::size_t begin = 1; begin < text.size();) {
    const std::size_t end = text.find_first_of(",]", begin);
    if (end > begin) axes.push_back(text.substr(begin, end - begin));
    begin = end + (text[end] == ',' ? 2 : 1);
  }
  return axes;
}

bool is_word(std::string_view axis) {
  return std::all_of(axis.begin(), axis.end(), [](unsigned char c) { return std::isalpha(c) != 0; });
}

bool is_number(std::string_view axis) {
  return std::all_of(axis.begin(), axis.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

Extent number_of(std::string_view axis) { return std::stoll(std::string(axis)); }

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  }
  return text;
}

}  // namespace

Signature::Signature(std::string_view op, std::span<const Type> in, std::vector<const char*> inputs)
    : op_(op), in_(in), inputs_(std::move(inputs)) {
  const auto needed = std::find_if(inputs_.begin(), inputs_.end(), [](auto text) { return parse(text).is_optional; });
  if (in.size() < static_cast<std::size_t>(needed - inputs_.begin()) || in.size() > inputs_.size()) {
    require_count(op, in, in.size() > inputs_.size() ? inputs_.size() : static_cast<std::size_t>(needed - inputs_.begin()));
  }
  bool fit = true;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const Input input = parse(inputs_[i]);
    if (input.kind.empty()) require_real(op, in[i], input.name);
    if (input.kind == "Index") require_index(op, in[i], input.name);
    fit = fit && fits(in[i].shape, input.axes);
  }
  require(fit);
}

bool Signature::fits(const Shape& shape, std::string_view text) {
  std::vector<std::string_view> axes = axes_of(text);
  int first = 0;
  if (!axes.empty() && axes.front() == "...") {
    first = shape.rank() - static_cast<int>(axes.size()) + 1;
    if (first < 0) return false;
    Shape leading = shape;
    while (leading.rank() > first) leading = leading.without(-1);
    if (leading_.value_or(leading) != leading) return false;
    leading_ = leading;
    axes.erase(axes.begin());
  } else if (!axes.empty() && axes.back() == "...") {
    axes.pop_back();
    if (shape.rank() < static_cast<int>(axes.size())) return false;
  } else if (shape.rank() != static_cast<int>(axes.size())) {
    return false;
  }
  for (const std::string_view axis : axes) {
    const Extent extent = shape[first++];
    if (is_number(axis) && extent != number_of(axis)) return false;
    if (is_word(axis) && extents_.emplace(axis, extent).first->second != extent) return false;
  }
  return true;
}

void Signature::require(bool fits) const {
  if (fits) return;
  std::vector<std::string> came;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < in_.size(); ++i) {
    const Input input = parse(inputs_[i]);
    const std::string kind = input.kind == "Index" ? "Index " : "";
    came.push_back(describe(input.name, in_[i]));
    expected.push_back(std::string(input.name) + " " + kind + std::string(input.axes));
  }
  reject(op_, joined(came) + (in_.size() == 1 ? " does not fit; give " : " do not fit; give ") + joined(expected) + ".");
}

Extent Signature::operator[](std::string_view axis) const {
  const auto found = extents_.find(axis);
  if (found == extents_.end()) reject(op_, "no input has an axis '" + std::string(axis) + "'; name one that is there.");
  return found->second;
}

Type Signature::type(std::string_view text) const {
  const Input output = parse(text);
  Type type{{}, output.kind == "Index" ? Kind::kIndex : Kind::kReal};
  for (const std::string_view axis : axes_of(output.axes)) {
    if (axis == "...") {
      type.shape = leading_.value();
    } else {
      type.shape = type.shape.inserted(type.shape.rank(), is_number(axis) ? number_of(axis) : (*this)[axis]);
    }
  }
  return type;
}

}  // namespace fovea
