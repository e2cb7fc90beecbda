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
/// What a function of an op has thrown, whatever it is, with the place of its node: for `catch (...)`.
Error caught_at(const Node& node, const Op& op, const char* function);
/// The outputs that the op of a node infers.
///
/// Errors    what it throws; no outputs; an overwritten input that is not there.
std::vector<Type> inferred(const Node& node, const Op& op, const std::vector<Type>& inputs);
/// Errors    an input of the graph that is none of these.
void expect_inputs(const Graph& graph, const std::vector<std::string>& known);

}  // namespace fovea::graph
