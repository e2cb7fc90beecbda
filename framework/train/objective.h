#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "framework/graph/builder.h"

namespace fovea {

/// What a run minimises in place of the cost of its model: a sum of the outputs that the model has while it trains, such as
/// "cost + 0.1 * metric/penalty - 0.5 * other".
///
/// Errors    a text that is no such sum, when made; an output that is not there, with the nearest name, or is not Real [B];
///           a term through which no parameter moves.
class Objective {
 public:
  /// An empty text: the cost of the model.
  explicit Objective(std::string_view text);

  bool is_empty() const { return terms_.empty(); }
  /// Puts the sum in the place of the output "cost"; what the model calls its cost becomes the metric "model_cost".
  void replace_cost(Builder& builder) const;
  /// Errors where no parameter could make a term smaller, which is not known where choices are sampled. `graph`: frozen, of
  /// that builder.
  void expect_trainable(const Graph& graph) const;

 private:
  struct Term {
    double factor = 1;
    std::string output;
  };
  static Term read_term(std::string_view& left, double sign);

  std::vector<Term> terms_;
};

}  // namespace fovea
