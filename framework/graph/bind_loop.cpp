#include "framework/graph/frame.h"
#include "framework/graph/overwrite.h"

namespace fovea::graph {
namespace {

Ref at_offset(const Ref& ref, std::size_t bytes, const Type& type) {
  Ref moved = ref;
  moved.tensor.type = type;
  moved.offset += bytes;
  if (moved.tensor.data != nullptr) moved.tensor.data = static_cast<std::byte*>(moved.tensor.data) + bytes;
  return moved;
}

// Binds the steps of a loop: where each body input comes from, where each output and each gradient goes.
class LoopBinder {
 public:
  LoopBinder(const Frame& outer, int id, const FrameMemory& memory, const BindContext& context)
      : outer_(outer),
        node_(outer.level->graph->node(id)),
        compiled_(outer.level->nodes[id]),
        ports_(*node_.loop),
        body_(*compiled_.body),
        id_(id),
        memory_(memory),
        context_(context) {}

  std::unique_ptr<LoopFrames> run() {
    loop_->is_overwritten.assign(ports_.carried_in.size(), 0);
    for (const int input : overwritten_inputs(node_)) loop_->is_overwritten[input] = 1;
    if (compiled_.is_active) bind_carried_gradients();
    loop_->frames.reserve(compiled_.steps);
    loop_->edges.resize(compiled_.steps);
    for (Extent t = 0; t < compiled_.steps; ++t) {
      bind_step(t);
      bind_edge(t);
    }
    return std::move(loop_);
  }

 private:
  std::byte* base(const Buffer& buffer) const {
    return (buffer.home == Home::kKept ? memory_.kept : memory_.transient) + buffer.piece.offset;
  }

  void bind_carried_gradients() {
    std::byte* next = base(compiled_.loop_carried_gradients);
    for (auto& side : loop_->carried_gradients) {
      for (const Slot& slot : ports_.carried_in) {
        const Type& type = body_.type(slot);
        const bool is_wanted = body_.at(slot).needs_gradient;
        side.push_back({is_wanted ? next : nullptr, type});
        next += Arena::aligned(type.bytes());
      }
    }
    for (std::size_t i = 0; i < ports_.carried_in.size(); ++i) {
      if (loop_->is_overwritten[i] != 0) loop_->carried_gradients[1][i] = loop_->carried_gradients[0][i];
      const Tensor target = outer_gradient(i);
      if (target) loop_->initial_sums.push_back({loop_->carried_gradients[0][i], target});
    }
  }

  // Where the gradient of input i of the loop goes: null where it is not wanted.
  Tensor outer_gradient(std::size_t input) const {
    const Slot slot = node_.inputs[input];
    if (!compiled_.is_active || compiled_.is_wanted[input] == 0) return {nullptr, outer_.level->type(slot)};
    if (compiled_.duplicates[input].home != Home::kNone)
      return {base(compiled_.duplicates[input]), outer_.level->type(slot)};
    return outer_.gradient(slot);
  }

  void bind_step(Extent t) {
    FrameMemory memory;
    memory.kept = base(compiled_.loop_kept) + static_cast<std::size_t>(t) * body_.kept_bytes;
    memory.transient = base(compiled_.loop_transient);
    std::size_t input = 0;
    for (std::size_t i = 0; i < ports_.carried_in.size(); ++i, ++input) {
      const int in = ports_.carried_in[i].node;
      memory.inputs[in] = t == 0 ? outer_.value(node_.inputs[input]) : loop_->frames.back().value(ports_.carried_next[i]);
      if (compiled_.is_active) memory.input_gradients[in] = loop_->carried_gradients[t % 2][i];
    }
    for (std::size_t i = 0; i < ports_.stacked_in.size(); ++i, ++input) {
      const int in = ports_.stacked_in[i].node;
      const Type& type = body_.type(ports_.stacked_in[i]);
      const std::size_t offset = static_cast<std::size_t>(t) * type.bytes();
      memory.inputs[in] = at_offset(outer_.value(node_.inputs[input]), offset, type);
      if (const Tensor gradient = outer_gradient(input)) memory.input_gradients[in] = slice(gradient, t, type);
    }
    for (std::size_t i = 0; i < ports_.shared_in.size(); ++i, ++input) {
      const int in = ports_.shared_in[i].node;
      memory.inputs[in] = outer_.value(node_.inputs[input]);
      if (const Tensor gradient = outer_gradient(input)) memory.input_gradients[in] = gradient;
    }
    for (std::size_t o = 0; o < ports_.outputs.size(); ++o) {
      if (is_in_place(o)) {
        const Slot slot = ports_.outputs[o].slot;
        memory.redirected[{slot.node, slot.output}] = {slice(outer_output(o), t, body_.type(slot)), -1, 0};
      }
    }
    context_.time = static_cast<std::uint32_t>(t);
    loop_->frames.push_back(bind_frame(body_, memory, context_));
  }

  Tensor outer_output(std::size_t output) const { return outer_.value({id_, static_cast<int>(output)}).tensor; }

  static Tensor slice(const Tensor& whole, Extent t, const Type& type) {
    return {static_cast<std::byte*>(whole.data) + static_cast<std::size_t>(t) * type.bytes(), type};
  }

  // The first stacked output of a slot made in the body is written in place; see compile_loop.
  bool is_in_place(std::size_t output) const {
    const auto& port = ports_.outputs[output];
    if (!port.is_stacked || body_.graph->node(port.slot.node).kind != Node::Kind::kOp) return false;
    if (!has_own_memory(*body_.graph, port.slot)) return false;
    for (std::size_t earlier = 0; earlier < output; ++earlier) {
      if (ports_.outputs[earlier].is_stacked && ports_.outputs[earlier].slot == port.slot) return false;
    }
    return true;
  }

  void bind_edge(Extent t) {
    const Frame& frame = loop_->frames[t];
    LoopFrames::Edge& edge = loop_->edges[t];
    edge.stack_copies.reserve(ports_.outputs.size());
    edge.last_copies.reserve(ports_.outputs.size());
    for (std::size_t o = 0; o < ports_.outputs.size(); ++o) {
      const auto& port = ports_.outputs[o];
      const Tensor to = port.is_stacked ? slice(outer_output(o), t, body_.type(port.slot)) : outer_output(o);
      if (port.is_stacked) edge.stacked_slices.push_back(to);
      if (is_in_place(o)) continue;
      std::vector<Transfer>& list = port.is_stacked ? edge.stack_copies : edge.last_copies;
      const Ref from = frame.value(port.slot);
      list.push_back({from.tensor, to});
      if (from.input >= 0) (*context_.patches)[from.input].push_back({&list.back().from.data, from.offset});
    }
    if (ports_.stop.node >= 0) edge.stop = frame.value(ports_.stop).tensor;
    if (compiled_.is_active) bind_gradient_edge(frame, edge, t);
  }

  void bind_gradient_edge(const Frame& frame, LoopFrames::Edge& edge, Extent t) {
    for (const Slot& seed : body_.seeds) {
      const Home home = body_.at(seed).gradients[seed.output].home;
      if (home == Home::kKept || home == Home::kTransient) edge.seed_clears.push_back(frame.gradient(seed));
    }
    for (std::size_t i = 0; i < ports_.carried_in.size(); ++i) {
      const Tensor from = loop_->carried_gradients[(t + 1) % 2][i];
      const Tensor to = frame.gradient(ports_.carried_next[i]);
      if (from && to && loop_->is_overwritten[i] == 0) edge.carried_sums.push_back({from, to});
    }
    for (std::size_t o = 0; o < ports_.outputs.size(); ++o) {
      const auto& port = ports_.outputs[o];
      const Tensor from = outer_.gradient({id_, static_cast<int>(o)});
      const Tensor to = frame.gradient(port.slot);
      if (!from || !to) continue;
      if (port.is_stacked) {
        edge.stacked_sums.push_back({slice(from, t, body_.type(port.slot)), to});
      } else {
        edge.last_sums.push_back({from, to});
      }
    }
  }

  const Frame& outer_;
  const Node& node_;
  const LevelNode& compiled_;
  const LoopPorts& ports_;
  const Level& body_;
  int id_;
  const FrameMemory& memory_;
  BindContext context_;
  std::unique_ptr<LoopFrames> loop_ = std::make_unique<LoopFrames>();
};

}  // namespace

std::unique_ptr<LoopFrames> bind_loop(const Frame& outer, int id, const FrameMemory& memory, const BindContext& context) {
  return LoopBinder(outer, id, memory, context).run();
}

}  // namespace fovea::graph
