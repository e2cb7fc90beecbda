#include "framework/graph/plan.h"

#include <fmt/format.h>

#include "framework/core/error.h"
#include "framework/graph/level.h"

namespace fovea {
namespace {

std::string types_text(const std::vector<Type>& types) {
  std::string text;
  for (const Type& type : types) {
    text += (text.empty() ? "" : ", ") + std::string(type.kind == Kind::kIndex ? "Index " : "") + type.shape.text();
  }
  return text;
}

void describe_level(const graph::Level& level, int depth, std::string& text) {
  int number = 0;
  for (const int id : level.graph->order()) {
    const Node& node = level.graph->node(id);
    if (node.kind != Node::Kind::kOp && node.kind != Node::Kind::kLoop) continue;
    const graph::LevelNode& compiled = level.nodes[id];
    const std::string what = node.op ? std::string(node.op->name()) : fmt::format("loop x {}", compiled.steps);
    const graph::Buffer& place = compiled.values.front();
    const std::string where = place.home == graph::Home::kOutside || place.home == graph::Home::kSame
                                  ? "in place"
                                  : fmt::format("@{}", place.piece.offset);
    text += fmt::format("{:>{}}  {:<40} {:<18} {} {}{}\n", ++number, 4 + 4 * depth, node.path, what,
                        types_text(compiled.types), where, compiled.is_active ? "" : "  (no gradient)");
    if (compiled.body) describe_level(*compiled.body, depth + 1, text);
  }
}

}  // namespace

Plan::Plan() : impl_(std::make_unique<Impl>()) {}
Plan::~Plan() = default;

std::shared_ptr<const Plan> Plan::compile(std::shared_ptr<const Graph> graph, const std::map<std::string, Type>& inputs,
                                          Passes passes, const std::vector<std::string>& wanted) {
  std::shared_ptr<Plan> plan(new Plan());
  std::vector<std::string> names;
  for (std::size_t id = 0; id < graph->nodes().size(); ++id) {
    const Node& node = graph->nodes()[id];
    if (node.kind != Node::Kind::kInput) continue;
    plan->impl_->inputs[node.path] = static_cast<int>(id);
    names.push_back(node.path);
  }
  const auto id_of = [&](const std::string& name) {
    const auto found = plan->impl_->inputs.find(name);
    if (found == plan->impl_->inputs.end()) throw Error("graph/input", unknown_name(name, names));
    return found->second;
  };
  graph::LevelRequest request;
  request.graph = std::move(graph);
  request.has_backward = passes == Passes::kBackward;
  for (const auto& [name, type] : inputs) request.inputs[id_of(name)] = type;
  for (const std::string& name : wanted) request.wanted.push_back(id_of(name));
  plan->impl_->level = graph::compile_level(request);
  plan->impl_->passes = passes;
  return plan;
}

const Graph& Plan::graph() const { return *impl_->level->graph; }
Plan::Passes Plan::passes() const { return impl_->passes; }
const Type& Plan::type(Slot slot) const { return impl_->level->type(slot); }
std::size_t Plan::arena_bytes() const { return impl_->level->kept_bytes + impl_->level->transient_bytes; }
std::size_t Plan::unshared_bytes() const { return impl_->level->unshared_bytes; }
double Plan::multiply_adds() const { return impl_->level->multiply_adds; }

std::string Plan::describe() const {
  std::string text;
  describe_level(*impl_->level, 0, text);
  return text;
}

}  // namespace fovea
