#include "framework/graph/resize.h"

#include "framework/graph/check.h"

namespace fovea {
namespace {

using Types = std::vector<std::vector<Type>>;

Types types_of(const Graph& graph, const std::map<int, Type>& inputs);

// Of the outputs of a loop: the steps are those of its stacked inputs, or of the axis that it follows.
std::vector<Type> loop_types(const Node& node, const std::vector<Type>& in) {
  const LoopPorts& ports = *node.loop;
  Extent steps = ports.steps;
  if (ports.steps_like >= 0) steps = in[static_cast<std::size_t>(ports.steps_like)].shape[ports.steps_axis];
  std::map<int, Type> inner;
  std::size_t place = 0;
  for (const Slot& slot : ports.carried_in) inner[slot.node] = in[place++];
  for (const Slot& slot : ports.stacked_in) {
    const Type& outer = in[place++];
    if (steps != 0 && outer.shape[0] != steps) throw Error("loop", "stacked inputs have as many steps; make them equal.");
    steps = outer.shape[0];
    inner[slot.node] = {outer.shape.without(0), outer.kind};
  }
  for (const Slot& slot : ports.shared_in) inner[slot.node] = in[place++];
  if (steps < 1) throw Error("loop", "a loop has a step; none came; give more items.");
  const Types types = types_of(*ports.body, inner);
  const auto type = [&](Slot slot) { return types[slot.node][slot.output]; };
  for (std::size_t i = 0; i < ports.carried_in.size(); ++i) {
    if (!(type(ports.carried_next[i]) == type(ports.carried_in[i]))) throw Error("loop", "a carried value keeps its type.");
  }
  std::vector<Type> out;
  for (const LoopPorts::Output& output : ports.outputs) {
    out.push_back(type(output.slot));
    if (output.is_stacked) out.back().shape = out.back().shape.inserted(0, steps);
  }
  return out;
}

Types types_of(const Graph& graph, const std::map<int, Type>& inputs) {
  Types types;
  for (const Node& node : graph.nodes()) {
    const bool is_made = node.kind == Node::Kind::kOp || node.kind == Node::Kind::kLoop;
    types.push_back(is_made ? std::vector<Type>{} : node.outputs);
  }
  for (const auto& [node, type] : inputs) types[node] = {type};
  for (const int id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.kind != Node::Kind::kOp && node.kind != Node::Kind::kLoop) continue;
    std::vector<Type> in;
    for (const Slot& slot : node.inputs) in.push_back(types[slot.node][slot.output]);
    types[id] = node.kind == Node::Kind::kOp ? graph::inferred(node, *node.op, in) : loop_types(node, in);
  }
  return types;
}

}  // namespace

std::optional<Resized> Resized::of(const Graph& graph, const std::map<std::string, Type>& inputs) {
  std::map<int, Type> by_node;
  for (std::size_t id = 0; id < graph.nodes().size(); ++id) {
    const Node& node = graph.nodes()[id];
    const auto given = inputs.find(node.path);
    if (node.kind == Node::Kind::kInput && given != inputs.end()) by_node[static_cast<int>(id)] = given->second;
  }
  try {
    Resized sized;
    sized.types_ = types_of(graph, by_node);
    return sized;
  } catch (const Error&) {
    return std::nullopt;
  }
}

const Type* Resized::type(Slot slot) const {
  const auto& outputs = types_[slot.node];
  return slot.output < static_cast<int>(outputs.size()) ? &outputs[slot.output] : nullptr;
}

}  // namespace fovea
