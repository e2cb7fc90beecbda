#pragma once

#include <map>
#include <string>

#include "framework/experiment.h"
#include "framework/graph/graph.h"
#include "framework/task.h"

namespace fovea {

/// An axis of an input or of an output; axis 0: of an input that is as a whole the query of an item.
struct AxisSource {
  std::string name;  // empty: not known
  int axis = 0;
  bool is_output = false;
};

/// What the items and the queries of a site index.
struct SiteAxes {
  AxisSource items;
  AxisSource queries;
};

/// Finds where the axes of the sites of a graph come from, for inputs of these types.
///
/// Solves    an axis comes from an axis of an input of the same extent that it becomes longer or shorter with: the types of
///           the graph are inferred anew for that, and nothing is computed. Where several do, from an input that goes into
///           its values, is no mask and has the most axes. What a loop asks step by step, without inputs for each step,
///           belongs to an output.
/// Cost      a few inferences of all types for each axis of an input.
std::map<std::string, SiteAxes> axes_of_sites(const Graph& graph, const InputTypes& inputs, const Meanings& meanings);

}  // namespace fovea
