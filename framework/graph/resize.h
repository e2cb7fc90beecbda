#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "framework/graph/graph.h"

namespace fovea {

/// The types that the values of a graph would have with inputs of other sizes, without a plan.
class Resized {
 public:
  /// Nothing where some op does not take these sizes.
  static std::optional<Resized> of(const Graph& graph, const std::map<std::string, Type>& inputs);
  /// Null of what nothing reads.
  const Type* type(Slot slot) const;

 private:
  std::vector<std::vector<Type>> types_;  // by node and output
};

}  // namespace fovea
