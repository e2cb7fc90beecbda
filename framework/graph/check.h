#pragma once

#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/graph/graph.h"

namespace fovea::graph {

/// Node ids with every node after its inputs, lowest id first among equals.
/// Errors    a cycle, named by the paths on it.
std::vector<int> ordered(const std::vector<Node>& nodes);

/// For every node: does it reach one of `roots`? A root counts itself.
std::vector<char> reaching(const std::vector<Node>& nodes, const std::vector<int>& roots);

/// "[decoder/state] fact (built at pointer.cpp:61)"
Error error_at(const Node& node, const std::string& fact);

}  // namespace fovea::graph
