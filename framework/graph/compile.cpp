#include <algorithm>

#include "framework/graph/check.h"
#include "framework/graph/level.h"
#include "framework/graph/overwrite.h"

namespace fovea::graph {
namespace {

std::vector<Type> types_of(const Level& level, const std::vector<Slot>& slots) {
  std::vector<Type> types;
  types.reserve(slots.size());
  for (const Slot& slot : slots) types.push_back(level.type(slot));
  return types;
}

Extent steps_of(const Level& level, const Node& node) {
  const LoopPorts& ports = *node.loop;
  Extent steps = ports.steps;
  if (ports.steps_like >= 0) {
    steps = level.type(node.inputs[ports.steps_like]).shape[ports.steps_axis];
  }
  for (std::size_t i = 0; i < ports.stacked_in.size(); ++i) {
    const Extent here = level.type(node.inputs[ports.carried_in.size() + i]).shape[0];
    if (steps != 0 && here != steps) {
      throw error_at(node, "all stacked inputs have the same number of steps; " + std::to_string(steps) + " and " +
                               std::to_string(here) + " came; make them equal.");
    }
    steps = here;
  }
  if (steps < 1) throw error_at(node, "a loop runs at least one step; " + std::to_string(steps) + " came; give more items.");
  return steps;
}

// Which inputs of the body want a gradient: those whose outer value needs one, and carried ones whose next value does.
std::vector<int> wanted_of_body(const Level& level, const Node& node) {
  const LoopPorts& ports = *node.loop;
  const Graph& body = *ports.body;
  const auto outer_needs = [&](std::size_t input) {
    const Slot slot = node.inputs[input];
    return level.type(slot).kind == Kind::kReal && level.at(slot).needs_gradient;
  };
  std::vector<char> needs(body.nodes().size(), 0);
  std::size_t input = 0;
  for (const Slot& slot : ports.carried_in) needs[slot.node] = outer_needs(input++) ? 1 : 0;
  for (const Slot& slot : ports.stacked_in) needs[slot.node] = outer_needs(input++) ? 1 : 0;
  for (const Slot& slot : ports.shared_in) needs[slot.node] = outer_needs(input++) ? 1 : 0;
  for (bool is_changed = true; is_changed;) {
    is_changed = false;
    for (const int id : body.order()) {
      const Node& inner = body.node(id);
      const bool passes = inner.kind == Node::Kind::kLoop || (inner.op && inner.op->is_differentiable());
      if (!passes) continue;
      for (const Slot& slot : inner.inputs) {
        if (needs[slot.node] != 0) needs[id] = 1;
      }
    }
    for (std::size_t i = 0; i < ports.carried_in.size(); ++i) {
      const auto in = static_cast<std::size_t>(ports.carried_in[i].node);
      if (needs[ports.carried_next[i].node] != 0 && needs[in] == 0 && body.type(ports.carried_in[i]).kind == Kind::kReal) {
        needs[in] = 1;
        is_changed = true;
      }
    }
  }
  std::vector<int> wanted;
  for (std::size_t id = 0; id < needs.size(); ++id) {
    if (needs[id] != 0 && body.nodes()[id].kind == Node::Kind::kInput) wanted.push_back(static_cast<int>(id));
  }
  return wanted;
}

LevelRequest request_of_body(const Level& level, const Node& node) {
  const LoopPorts& ports = *node.loop;
  LevelRequest request;
  request.graph = ports.body;
  request.is_body = true;
  request.has_backward = level.has_backward;
  std::size_t input = 0;
  for (const Slot& slot : ports.carried_in) request.inputs[slot.node] = level.type(node.inputs[input++]);
  for (const Slot& slot : ports.stacked_in) {
    const Type& outer = level.type(node.inputs[input++]);
    request.inputs[slot.node] = {outer.shape.without(0), outer.kind};
  }
  for (const Slot& slot : ports.shared_in) request.inputs[slot.node] = level.type(node.inputs[input++]);
  if (level.has_backward) request.wanted = wanted_of_body(level, node);
  for (const Slot& slot : ports.carried_next) request.seeds.push_back(slot);
  for (const auto& output : ports.outputs) request.seeds.push_back(output.slot);
  for (const auto& output : ports.outputs) {
    const bool is_made_here =
        ports.body->node(output.slot.node).kind == Node::Kind::kOp && has_own_memory(*ports.body, output.slot);
    const bool is_new = std::find(request.outside.begin(), request.outside.end(), output.slot) == request.outside.end();
    if (output.is_stacked && is_made_here && is_new) request.outside.push_back(output.slot);
  }
  return request;
}

void compile_loop(Level& level, int id) {
  const Node& node = level.graph->node(id);
  const LoopPorts& ports = *node.loop;
  LevelNode& compiled = level.nodes[id];
  compiled.steps = steps_of(level, node);
  compiled.body = compile_level(request_of_body(level, node));
  for (std::size_t i = 0; i < ports.carried_in.size(); ++i) {
    if (!(compiled.body->type(ports.carried_next[i]) == compiled.body->type(ports.carried_in[i]))) {
      throw error_at(node, "the next value of '" + ports.body->node(ports.carried_in[i].node).path + "' is " +
                               compiled.body->type(ports.carried_in[i]).shape.text() + " like the carried one; " +
                               compiled.body->type(ports.carried_next[i]).shape.text() + " came; make them equal.");
    }
  }
  for (const auto& output : ports.outputs) {
    Type type = compiled.body->type(output.slot);
    if (output.is_stacked) type.shape = type.shape.inserted(0, compiled.steps);
    compiled.types.push_back(type);
  }
  level.multiply_adds += static_cast<double>(compiled.steps) * compiled.body->multiply_adds;
}

// An op has the outputs for other sizes that it had when the graph was built, with as many axes.
void expect_same_kinds(const Node& node, const std::vector<Type>& types) {
  const auto is_alike = [](const Type& a, const Type& b) { return a.kind == b.kind && a.shape.rank() == b.shape.rank(); };
  if (std::equal(types.begin(), types.end(), node.outputs.begin(), node.outputs.end(), is_alike)) return;
  throw error_at(node, "op '" + std::string(node.op->name()) +
                           "', infer: outputs of the same number, kinds and axes were expected for inputs of every size; "
                           "others came than when the graph was built; let sizes alone depend on sizes.");
}

void infer_op(Level& level, const Node& node, LevelNode& compiled) {
  const std::vector<Type> in = types_of(level, node.inputs);
  compiled.types = inferred(node, *node.op, in);
  expect_same_kinds(node, compiled.types);
  const char* function = "scratch";
  try {
    compiled.scratch_types = node.op->scratch(in);
    function = "workspace";
    compiled.workspace_types = node.op->workspace(in);
    function = "prepare";
    compiled.prepared = node.op->prepare(in);
    function = "multiply_adds";
    level.multiply_adds += node.op->multiply_adds(in);
  } catch (...) {
    throw caught_at(node, *node.op, function);
  }
}

std::string described(const Type& type) { return (type.kind == Kind::kIndex ? "Index " : "Real ") + type.shape.text(); }

void infer_node(Level& level, const LevelRequest& request, int id) {
  const Node& node = level.graph->node(id);
  LevelNode& compiled = level.nodes[id];
  if (node.kind == Node::Kind::kLoop) return compile_loop(level, id);
  if (node.kind == Node::Kind::kOp) {
    return infer_op(level, node, compiled);
  }
  compiled.types = node.outputs;
  const auto given = request.inputs.find(id);
  if (given == request.inputs.end()) return;
  if (given->second.kind != node.outputs[0].kind || given->second.shape.rank() != node.outputs[0].shape.rank()) {
    throw error_at(node, "an input of the kind and the number of axes of " + described(node.outputs[0]) +
                             ", with which it was built, was expected; " + described(given->second) +
                             " came; let every batch have tensors of the same kinds and axes.");
  }
  compiled.types = {given->second};
}

// A score-function term, here or in the body of a loop.
bool starts_gradient(const Node& node) {
  if (node.op) return node.op->starts_gradient();
  if (!node.loop) return false;
  const Graph& body = *node.loop->body;
  return std::any_of(body.order().begin(), body.order().end(), [&](int id) { return starts_gradient(body.node(id)); });
}

// needs_gradient runs forward from parameters and wanted inputs; is_active keeps those that lead to a seed.
void mark_gradients(Level& level) {
  const Graph& graph = *level.graph;
  std::vector<int> roots;
  for (const Slot& seed : level.seeds) roots.push_back(seed.node);
  for (const int id : graph.order()) {
    if (starts_gradient(graph.node(id))) roots.push_back(id);
  }
  const std::vector<char> leads = reaching(graph.nodes(), roots);
  for (const int id : graph.order()) {
    const LevelNode& compiled = level.nodes[id];
    if (!compiled.needs_gradient || leads[id] == 0) continue;
    level.nodes[id].is_active = true;
  }
}

bool needs_gradient(const Level& level, const LevelRequest& request, int id) {
  const Node& node = level.graph->node(id);
  if (node.kind == Node::Kind::kParameter) return !node.is_frozen;
  if (node.kind == Node::Kind::kInput) {
    return std::find(request.wanted.begin(), request.wanted.end(), id) != request.wanted.end();
  }
  if (node.kind == Node::Kind::kConstant || (node.op && !node.op->is_differentiable())) return false;
  return std::any_of(node.inputs.begin(), node.inputs.end(), [&](const Slot& slot) {
    return level.type(slot).kind == Kind::kReal && level.at(slot).needs_gradient;
  });
}

void choose_seeds(Level& level, const LevelRequest& request) {
  std::vector<Slot> candidates = request.seeds;
  if (candidates.empty()) {
    for (const NamedSlot& output : level.graph->outputs()) {
      if (!level.graph->has_output("cost") || output.name == "cost") candidates.push_back(output.slot);
    }
  }
  for (const Slot& slot : candidates) {
    const bool is_new = std::find(level.seeds.begin(), level.seeds.end(), slot) == level.seeds.end();
    if (is_new && level.type(slot).kind == Kind::kReal && level.at(slot).needs_gradient) level.seeds.push_back(slot);
  }
}

// Training writes the gradient of the cost: there is one, or terms of score functions are all that trains.
void expect_seed(const Level& level) {
  const Graph& graph = *level.graph;
  if (level.is_body || graph.mode() != Mode::kTrain || !graph.has_output("cost") || !level.seeds.empty()) return;
  const auto& order = graph.order();
  if (graph.parameters().empty() ||
      std::any_of(order.begin(), order.end(), [&](int id) { return starts_gradient(graph.node(id)); })) {
    return;
  }
  throw error_at(graph.node(graph.output("cost").node),
                 "the output 'cost' was expected to have a gradient; none passes from it to any parameter; look for a "
                 "detach, an argmax or another op without a gradient on every way.");
}

}  // namespace

std::shared_ptr<const Level> compile_level(const LevelRequest& request) {
  auto level = std::make_shared<Level>();
  level->graph = request.graph;
  level->is_body = request.is_body;
  level->has_backward = request.has_backward;
  level->nodes.resize(request.graph->nodes().size());
  for (std::size_t id = 0; id < level->nodes.size(); ++id) {
    // Inputs and parameters that nothing reads still have a type: they may be bound.
    if (level->graph->nodes()[id].kind != Node::Kind::kOp && level->graph->nodes()[id].kind != Node::Kind::kLoop) {
      infer_node(*level, request, static_cast<int>(id));
      if (request.has_backward) level->nodes[id].needs_gradient = needs_gradient(*level, request, static_cast<int>(id));
    }
  }
  for (const int id : request.graph->order()) {
    const Node& node = request.graph->node(id);
    if (node.kind != Node::Kind::kOp && node.kind != Node::Kind::kLoop) continue;
    infer_node(*level, request, id);
    if (request.has_backward) level->nodes[id].needs_gradient = needs_gradient(*level, request, id);
  }
  if (request.has_backward) {
    choose_seeds(*level, request);
    expect_seed(*level);
    mark_gradients(*level);
  }
  place_level(*level, request.outside);
  return level;
}

}  // namespace fovea::graph
