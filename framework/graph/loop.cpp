#include "framework/graph/loop.h"

#include "framework/core/error.h"
#include "framework/graph/builder_state.h"
#include "framework/graph/loop_ops.h"

namespace fovea {

struct LoopBuilder::State {
  struct Port {
    std::string name;
    Value inner;
    Value outer;    // carried: the initial value; stacked: the sequence
    Value updated;  // carried only
  };

  Builder* outer = nullptr;
  std::unique_ptr<Builder> body;
  std::string path;
  At at;
  int node = -1;  // reserved in the outer graph when the loop is opened, filled by finish()
  std::vector<Port> carried;
  std::vector<Port> stacked;
  Value stop;
  Extent steps = 0;
  Value steps_like;
  int steps_axis = 0;
  std::vector<LoopPorts::Output> outputs;
  std::vector<std::pair<std::size_t, std::size_t>> finals;  // output number, number of the carried value
  bool is_finished = false;

  Port& carried_port(const Value& inner);
  Error error(const std::string& fact) const { return {path, fact + " (built at " + at.text() + ")"}; }
  Extent nominal_steps() const;
  void add_stop_flag();
  void publish_sites(LoopBuilder& loop);
  Slot outside(Slot inner) const;
  std::shared_ptr<LoopPorts> make_ports();
};

LoopBuilder::State::Port& LoopBuilder::State::carried_port(const Value& inner) {
  for (Port& port : carried) {
    if (&inner.builder() == body.get() && port.inner.slot() == inner.slot()) return port;
  }
  throw error("`next` takes a value made by `carried`; another value came; pass the carried one first.");
}

Extent LoopBuilder::State::nominal_steps() const {
  Extent count = steps;
  if (!steps_like.is_empty()) count = steps_like.shape()[steps_axis];
  for (const Port& port : stacked) {
    const Extent here = port.outer.shape()[0];
    if (count != 0 && here != count) {
      throw error("stacked inputs have " + std::to_string(count) + " steps; '" + port.name + "' is " +
                  port.outer.shape().text() + "; give all of them the same first axis.");
    }
    count = here;
  }
  if (count < 1) throw error("a loop runs at least one step; 0 came; give a stacked input, `steps` or `steps_like`.");
  return count;
}

LoopBuilder::LoopBuilder(Builder& outer, const std::string& name, At at) : state_(std::make_unique<State>()) {
  state_->outer = &outer;
  state_->path = outer.state_->unique_path(name);
  state_->at = at;
  state_->body.reset(new Builder(outer, state_->path));
  Node node;
  node.kind = Node::Kind::kLoop;
  node.path = state_->path;
  node.at = at;
  state_->node = outer.state_->append(outer, std::move(node)).slot().node;
}

LoopBuilder::~LoopBuilder() = default;

Builder& LoopBuilder::body() { return *state_->body; }

Value LoopBuilder::carried(const std::string& name, Value initial, At at) {
  const Value outer = state_->outer->import(initial, at);
  const Value inner = state_->body->input(name, outer.type(), at);
  state_->carried.push_back({name, inner, outer, {}});
  return inner;
}

Value LoopBuilder::stacked(const std::string& name, Value sequence, At at) {
  const Value outer = state_->outer->import(sequence, at);
  if (outer.shape().rank() == 0) throw state_->error("a stacked input is [T, ...]; a single number came; add an axis.");
  const Value inner = state_->body->input(name, {outer.shape().without(0), outer.type().kind}, at);
  state_->stacked.push_back({name, inner, outer, {}});
  return inner;
}

Value LoopBuilder::shared(Value outer, At at) { return state_->body->import(outer, at); }

void LoopBuilder::next(Value carried, Value updated, At at) {
  State::Port& port = state_->carried_port(carried);
  port.updated = state_->body->import(updated, at);
  if (!(port.updated.type() == port.inner.type())) {
    throw at.error(state_->path + "/" + port.name, "the next value is " + port.inner.shape().text() +
                                                       " like the carried one; " + port.updated.shape().text() +
                                                       " came; make them equal");
  }
}

void LoopBuilder::stop(Value finished, At at) { state_->stop = state_->body->import(finished, at); }

void LoopBuilder::steps(Extent count) { state_->steps = count; }

void LoopBuilder::steps_like(Value outer, int axis) {
  state_->steps_like = state_->outer->import(outer, state_->at);
  state_->steps_axis = axis;
}

Value LoopBuilder::last(const std::string& /*name*/, Value inner, At at) {
  state_->outputs.push_back({state_->body->import(inner, at).slot(), false});
  return {state_->outer, {state_->node, static_cast<int>(state_->outputs.size()) - 1}};
}

Value LoopBuilder::final(const std::string& name, Value carried) {
  const auto number = static_cast<std::size_t>(&state_->carried_port(carried) - state_->carried.data());
  state_->finals.emplace_back(state_->outputs.size(), number);
  return last(name, carried, state_->at);  // set to the next value by finish(), when that is known
}

Value LoopBuilder::stack(const std::string& /*name*/, Value inner, At at) {
  state_->outputs.push_back({state_->body->import(inner, at).slot(), true});
  return {state_->outer, {state_->node, static_cast<int>(state_->outputs.size()) - 1}};
}

// A stopped row keeps its carried values: a carried flag per row, and a choice of rows at the end of each step.
void LoopBuilder::State::add_stop_flag() {
  if (carried.empty()) throw error("a loop with `stop` carries at least one value; none came; carry the state.");
  const Value running = outer->add(graph::make_running_flags(), {carried.front().outer}, "running", at);
  const Value stopped = body->input("stopped", running.type(), at);
  for (Port& port : carried) {
    port.updated = body->add(graph::make_keep_rows(), {stopped, port.inner, port.updated}, "keep_" + port.name, at);
  }
  stop = body->add(graph::make_either(), {stopped, stop}, "either", at);
  carried.push_back({"stopped", stopped, running, stop});
}

// Of a value of a surrounding builder; none of what changes from step to step.
Slot LoopBuilder::State::outside(Slot inner) const {
  for (const auto& [slot, value] : body->state_->shared) {
    if (slot == inner) return value.slot();
  }
  return {};
}

// What a site inside the body has chosen leaves the loop step by step; only evaluation looks at it.
void LoopBuilder::State::publish_sites(LoopBuilder& loop) {
  for (SiteRecord record : body->state_->graph->sites_) {
    const bool is_wanted = body->mode() == Mode::kEvaluate && !record.is_stacked;
    for (Slot* slot :
         {&record.scores, &record.kept, &record.weights, &record.count, &record.log_prob, &record.right, &record.dropped}) {
      if (is_wanted && slot->node >= 0) *slot = loop.stack("site", Value(body.get(), *slot), at).slot();
      if (!is_wanted) *slot = {};
    }
    record.items = outside(record.items);
    record.queries = outside(record.queries);
    record.is_stacked = true;
    outer->state_->graph->sites_.push_back(record);
  }
  body->state_->graph->sites_.clear();
}

std::shared_ptr<LoopPorts> LoopBuilder::State::make_ports() {
  auto ports = std::make_shared<LoopPorts>();
  for (const Port& port : carried) {
    ports->carried_in.push_back(port.inner.slot());
    ports->carried_next.push_back(port.updated.slot());
  }
  for (const Port& port : stacked) ports->stacked_in.push_back(port.inner.slot());
  for (const auto& [inner, value] : body->state_->shared) ports->shared_in.push_back(inner);
  for (const auto& [output, number] : finals) outputs[output].slot = ports->carried_next[number];
  ports->outputs = outputs;
  if (!stop.is_empty()) ports->stop = stop.slot();
  ports->steps = steps;
  int number = 0;
  for (const Slot& slot : ports->carried_next) body->output("next/" + std::to_string(number++), Value(body.get(), slot));
  for (const auto& output : outputs) body->output("out/" + std::to_string(number++), Value(body.get(), output.slot));
  return ports;
}

void LoopBuilder::finish() {
  State& state = *state_;
  if (state.is_finished) throw state.error("a loop is finished once; `finish` came twice; remove one.");
  for (const State::Port& port : state.carried) {
    if (port.updated.is_empty()) {
      throw state.error("every carried value has a next one; '" + port.name + "' has none; call `next`.");
    }
  }
  const Extent steps = state.nominal_steps();
  if (!state.stop.is_empty()) state.add_stop_flag();
  state.publish_sites(*this);
  const auto ports = state.make_ports();

  Graph& graph = *state.outer->state_->graph;
  std::vector<Slot> inputs;
  for (const State::Port& port : state.carried) inputs.push_back(port.outer.slot());
  for (const State::Port& port : state.stacked) inputs.push_back(port.outer.slot());
  for (const auto& [inner, value] : state.body->state_->shared) inputs.push_back(value.slot());
  if (!state.steps_like.is_empty()) {
    ports->steps_like = static_cast<int>(inputs.size());
    ports->steps_axis = state.steps_axis;
    inputs.push_back(state.steps_like.slot());
  }
  std::vector<Type> types;
  for (const auto& output : ports->outputs) {
    const Type& inner = state.body->state_->graph->type(output.slot);
    types.push_back({output.is_stacked ? inner.shape.inserted(0, steps) : inner.shape, inner.kind});
  }
  ports->body = state.body->freeze();
  Node& node = graph.nodes_[state.node];
  node.inputs = std::move(inputs);
  node.outputs = std::move(types);
  node.loop = ports;
  state.is_finished = true;
}

}  // namespace fovea
