#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/ops/checks.h"

namespace fovea {

/// The inputs of an op checked against their names and axes: "queries [B, M, D]", "mask Index [B, N]".
///
/// Solves    a letter or word stands for one extent wherever it is met, a number for itself; "..." in front for any axes,
///           the same ones wherever it is met, and at the end for axes that are not checked. Any other text, as in
///           "[2 R + 1]", is an axis that the op checks itself, with `require`. Elements are Real, "Index" or "any". A name
///           that ends in ? may be missing, and those after it.
/// Errors    a wrong number of inputs; kinds, axes and extents that do not fit. The message shows all inputs, as they came
///           and as they are expected.
class Signature {
 public:
  Signature(std::string_view op, std::span<const Type> in, std::vector<const char*> inputs);

  Extent operator[](std::string_view axis) const;
  /// "[B, M]" or "Index [..., K]" with these extents; a number is itself.
  Type type(std::string_view text) const;
  /// Errors with the same message where a condition of the op is not met.
  void require(bool fits) const;

 private:
  bool fits(const Shape& shape, std::string_view axes);

  std::string_view op_;
  std::span<const Type> in_;
  std::vector<const char*> inputs_;
  std::map<std::string_view, Extent> extents_;
  std::optional<Shape> leading_;  // what "..." stands for
};

}  // namespace fovea
