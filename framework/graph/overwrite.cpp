#include "framework/graph/overwrite.h"

#include <algorithm>

#include "framework/graph/check.h"

namespace fovea::graph {
namespace {

constexpr const char* kRemedy = "; write a copy, or read before it is overwritten.";

Slot input_of(const Node& node, int input) { return node.inputs[input]; }

// The inputs of a body that it overwrites.
std::vector<Slot> overwritten_inputs_of(const Graph& body) {
  std::vector<Slot> found;
  for (const int id : body.order()) {
    for (const int input : overwritten_inputs(body.node(id))) {
      const Slot memory = memory_of(body, input_of(body.node(id), input));
      if (body.node(memory.node).kind == Node::Kind::kInput) found.push_back(memory);
    }
  }
  return found;
}

void check_owner(const Graph& graph, Slot slot, const Node& by, Surroundings surroundings) {
  const Node& owner = graph.node(memory_of(graph, slot).node);
  const bool is_made = owner.kind == Node::Kind::kOp || owner.kind == Node::Kind::kLoop;
  if (is_made || (owner.kind == Node::Kind::kInput && surroundings == Surroundings::kLoop)) return;
  throw error_at(by, "a value that the model has computed was expected, to be overwritten; '" + owner.path +
                         "' is not; write a copy, or overwrite what expand_rows makes of it.");
}

void check_readers(const Graph& graph, Slot slot, int by, int by_input) {
  const std::string what = "'" + graph.node(slot.node).path + "' is overwritten by '" + graph.node(by).path + "'";
  bool is_behind = false;
  for (const int id : graph.order()) {
    is_behind = is_behind || id == by;
    const std::vector<Slot>& inputs = graph.node(id).inputs;
    for (std::size_t i = 0; is_behind && i < inputs.size(); ++i) {
      const bool is_writer = id == by && static_cast<int>(i) == by_input;
      if (inputs[i] == slot && !is_writer) throw error_at(graph.node(id), what + " before it is read here" + kRemedy);
    }
  }
  for (const NamedSlot& output : graph.outputs()) {
    if (output.slot == slot) throw error_at(graph.node(by), what + " and is the output '" + output.name + "'" + kRemedy);
  }
  if (graph.mode() != Mode::kEvaluate) return;
  for (const SiteRecord& site : graph.sites()) {
    for (const Slot& told : {site.scores, site.weights, site.log_prob}) {
      if (told == slot) throw error_at(graph.node(by), what + " and is published by the site '" + site.path + "'" + kRemedy);
    }
  }
}

void check_outputs(const Graph& graph) {
  for (const NamedSlot& output : graph.outputs()) {
    if (memory_of(graph, output.slot) == output.slot) continue;
    throw error_at(graph.node(output.slot.node), "the output '" + output.name +
                                                     "' has overwritten another value, and backward puts that one back; "
                                                     "give a copy of it, such as scale(x, 1).");
  }
}

void check_carried(const Node& loop) {
  const LoopPorts& ports = *loop.loop;
  for (const Slot& memory : overwritten_inputs_of(*ports.body)) {
    const std::string path = "'" + ports.body->node(memory.node).path + "'";
    const auto found = std::find(ports.carried_in.begin(), ports.carried_in.end(), memory);
    if (found == ports.carried_in.end()) {
      throw error_at(loop, "a loop overwrites what it carries and nothing else; " + path +
                               " is shared or stacked, and is overwritten; carry it, or write a copy.");
    }
    const Slot next = ports.carried_next[found - ports.carried_in.begin()];
    if (!(memory_of(*ports.body, next) == memory)) {
      throw error_at(
          loop, "the next value of " + path + " is what has overwritten it; another value came; pass on what was written.");
    }
  }
}

}  // namespace

std::vector<int> overwritten_inputs(const Node& node) {
  if (node.op) return node.op->overwrites() < 0 ? std::vector<int>{} : std::vector<int>{node.op->overwrites()};
  if (!node.loop || !node.loop->body) return {};
  const std::vector<Slot> overwritten = overwritten_inputs_of(*node.loop->body);
  std::vector<int> inputs;
  for (std::size_t i = 0; i < node.loop->carried_in.size(); ++i) {
    const Slot& carried = node.loop->carried_in[i];
    if (std::find(overwritten.begin(), overwritten.end(), carried) != overwritten.end()) {
      inputs.push_back(static_cast<int>(i));
    }
  }
  return inputs;
}

bool has_own_memory(const Graph& graph, Slot slot) {
  const Node& node = graph.node(slot.node);
  if (node.kind == Node::Kind::kLoop) return true;
  return node.kind == Node::Kind::kOp && (slot.output != 0 || node.op->overwrites() < 0);
}

Slot memory_of(const Graph& graph, Slot slot) {
  while (graph.node(slot.node).kind == Node::Kind::kOp && !has_own_memory(graph, slot)) {
    slot = input_of(graph.node(slot.node), graph.node(slot.node).op->overwrites());
  }
  return slot;
}

void check_overwrites(const Graph& graph, Surroundings surroundings) {
  for (const int id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.loop) check_carried(node);
    for (const int input : overwritten_inputs(node)) {
      check_owner(graph, input_of(node, input), node, surroundings);
      check_readers(graph, input_of(node, input), id, input);
    }
  }
  if (surroundings == Surroundings::kNone) check_outputs(graph);
}

}  // namespace fovea::graph
