#include "framework/graph/frame.h"

#include <algorithm>

#include "framework/graph/check.h"
#include "framework/graph/overwrite.h"

namespace fovea::graph {
namespace {

class Binder {
 public:
  Binder(Frame& frame, const FrameMemory& memory, const BindContext& context)
      : frame_(frame), memory_(memory), context_(context), level_(*frame.level) {}

  void run() {
    frame_.values.resize(level_.nodes.size());
    frame_.gradients.resize(level_.nodes.size());
    for (std::size_t id = 0; id < level_.nodes.size(); ++id) bind_slots(static_cast<int>(id));
    const std::vector<int>& order = level_.graph->order();
    for (const int id : order) bind_same(id);
    frame_.steps.reserve(order.size());
    for (const int id : order) {
      const Node& node = level_.graph->node(id);
      if (node.kind == Node::Kind::kOp || node.kind == Node::Kind::kLoop) bind_step(id);
    }
    list_cleared_parameters();
  }

 private:
  Tensor tensor(const Buffer& buffer, const Type& type) const {
    if (buffer.home == Home::kNone || buffer.home == Home::kSame) return {nullptr, type};
    std::byte* base = buffer.home == Home::kKept ? memory_.kept : memory_.transient;
    return {base + buffer.piece.offset, type};
  }

  void bind_slots(int id) {
    const Node& node = level_.graph->node(id);
    const LevelNode& compiled = level_.nodes[id];
    auto& values = frame_.values[id];
    auto& gradients = frame_.gradients[id];
    for (std::size_t o = 0; o < compiled.types.size(); ++o) {
      gradients.push_back({nullptr, compiled.types[o]});
      switch (node.kind) {
        case Node::Kind::kInput: bind_input(id, values, gradients); break;
        case Node::Kind::kParameter: {
          const ParameterMemory found = context_.parameters(node.path);
          values.push_back({{found.values, compiled.types[o]}, -1, 0});
          gradients.back().data = found.gradient;
          break;
        }
        case Node::Kind::kConstant:
          values.push_back({{const_cast<std::byte*>(node.constant.data()), compiled.types[o]}, -1, 0});
          break;
        default: {
          if (compiled.values.empty()) {  // reaches no output: not computed
            values.push_back({{nullptr, compiled.types[o]}, -1, 0});
            break;
          }
          const auto redirected = memory_.redirected.find({id, static_cast<int>(o)});
          values.push_back(redirected != memory_.redirected.end()
                               ? redirected->second
                               : Ref{tensor(compiled.values[o], compiled.types[o]), -1, 0});
          gradients.back() = tensor(compiled.gradients[o], compiled.types[o]);
        }
      }
    }
  }

  // Output 0 of an op that overwrites an input is where this input is.
  void bind_same(int id) {
    const LevelNode& compiled = level_.nodes[id];
    const auto home_of = [](const std::vector<Buffer>& buffers) { return buffers.empty() ? Home::kNone : buffers[0].home; };
    const Node& node = level_.graph->node(id);
    if (home_of(compiled.values) != Home::kSame) return;
    const Slot source = node.inputs[node.op->overwrites()];
    frame_.values[id][0] = frame_.value(source);
    if (home_of(compiled.gradients) == Home::kSame) {
      frame_.gradients[id][0].data = frame_.gradient(source).data;
    }
  }

  void bind_input(int id, std::vector<Ref>& values, std::vector<Tensor>& gradients) const {
    values.push_back(memory_.inputs.at(id));
    const auto gradient = memory_.input_gradients.find(id);
    if (gradient != memory_.input_gradients.end()) gradients.back().data = gradient->second.data;
  }

  // A list that spans of an OpRun view; views of root inputs are patched when those are bound.
  std::span<const Tensor> keep(BoundStep& step, const std::vector<Ref>& refs) {
    std::vector<Tensor>& list = step.lists.emplace_back();
    list.reserve(refs.size());
    for (const Ref& ref : refs) list.push_back(ref.tensor);
    for (std::size_t i = 0; i < refs.size(); ++i) {
      if (refs[i].input >= 0) (*context_.patches)[refs[i].input].push_back({&list[i].data, refs[i].offset});
    }
    return list;
  }

  std::span<const Tensor> keep(BoundStep& step, const std::vector<Buffer>& buffers, const std::vector<Type>& types) {
    std::vector<Ref> refs;
    for (std::size_t i = 0; i < buffers.size(); ++i) refs.push_back({tensor(buffers[i], types[i]), -1, 0});
    return keep(step, refs);
  }

  void bind_step(int id) {
    const Node& node = level_.graph->node(id);
    const LevelNode& compiled = level_.nodes[id];
    BoundStep& step = frame_.steps.emplace_back();
    step.node = &node;
    step.op = node.op.get();
    step.is_active = compiled.is_active;
    step.overwrites = !overwritten_inputs(node).empty();
    step.lists.reserve(8);

    std::vector<Ref> in;
    for (const Slot& slot : node.inputs) in.push_back(frame_.value(slot));
    step.forward.in = keep(step, in);
    step.forward.out = keep(step, frame_.values[id]);
    step.forward.scratch = keep(step, compiled.scratch, compiled.scratch_types);
    step.forward.stream = stream_of(node.path);
    step.forward.time = context_.time;
    step.forward.prepared = compiled.prepared.get();
    if (node.op) step.forward.state = state_of(id);
    step.forward.context = context_.context;
    step.forward.counters = context_.counters(node.path);
    step.backward = step.forward;
    step.forward.workspace = keep(step, compiled.workspace_forward, compiled.workspace_types);
    if (compiled.is_active) bind_gradients(step, id);
    if (node.loop) step.loop = bind_loop(frame_, id, memory_, context_);
  }

  // All steps of a loop share one state.
  OpState* state_of(int id) {
    std::shared_ptr<OpState>& state = (*context_.states)[{&level_, id}];
    if (!state) {
      const Node& node = level_.graph->node(id);
      std::vector<Type> types;
      for (const Slot& slot : node.inputs) types.push_back(level_.type(slot));
      try {
        state = node.op->make_state(types);
      } catch (...) {
        throw caught_at(node, *node.op, "make_state");
      }
    }
    return state.get();
  }

  void bind_gradients(BoundStep& step, int id) {
    const Node& node = level_.graph->node(id);
    const LevelNode& compiled = level_.nodes[id];
    std::vector<Ref> in;
    std::vector<Ref> out;
    std::uint32_t assign = compiled.assign;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Slot slot = node.inputs[i];
      Tensor gradient = compiled.is_wanted[i] != 0 ? frame_.gradient(slot) : Tensor{nullptr, level_.type(slot)};
      if (compiled.duplicates[i].home != Home::kNone && gradient) {
        const Tensor own = tensor(compiled.duplicates[i], level_.type(slot));
        step.clears.push_back(own);
        step.duplicates.push_back({own, gradient});
        gradient = own;
      } else if (gradient && writes_parameter(id, slot)) {
        if (i < 32 && node.op && node.op->can_assign(i)) {
          assign |= 1U << i;
        } else {
          step.clears.push_back(gradient);
        }
      } else if (compiled.clears[i] != 0 && gradient) {
        step.clears.push_back(gradient);
      }
      in.push_back({gradient, -1, 0});
    }
    for (std::size_t o = 0; o < compiled.types.size(); ++o) {
      const Tensor gradient = frame_.gradients[id][o];
      if (compiled.clears_own[o] != 0) step.clears.push_back(gradient);
      out.push_back({gradient, -1, 0});
    }
    step.backward.grad_in = keep(step, in);
    step.backward.grad_out = keep(step, out);
    step.backward.assign = assign;
    step.backward.workspace = keep(step, compiled.workspace_backward, compiled.workspace_types);
  }

  // Gradients of parameters that no reader writes.
  void list_cleared_parameters() {
    for (const int id : level_.graph->parameters()) {
      const Slot slot{id, 0};
      const Tensor gradient = frame_.gradient(slot);
      if (!gradient || level_.at(slot).first_reader >= 0 || !is_written(slot)) continue;
      // For a parameter that is itself an output, what comes in is in its gradient before backward.
      const bool is_seed = std::find(level_.seeds.begin(), level_.seeds.end(), slot) != level_.seeds.end();
      (is_seed ? frame_.seed_clears : frame_.clears).push_back(gradient);
    }
  }

  bool is_written(Slot parameter) const {
    return context_.parameters(level_.graph->node(parameter.node).path).backward == ParameterMemory::Backward::kWrites;
  }

  // Is this the node whose backward comes first to a gradient of a parameter that is written?
  bool writes_parameter(int id, Slot slot) const { return level_.at(slot).first_reader == id && is_written(slot); }

  Frame& frame_;
  const FrameMemory& memory_;
  const BindContext& context_;
  const Level& level_;
};

}  // namespace

Frame bind_frame(const Level& level, const FrameMemory& memory, const BindContext& context) {
  Frame frame;
  frame.level = &level;
  Binder(frame, memory, context).run();
  return frame;
}

}  // namespace fovea::graph
