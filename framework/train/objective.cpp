#include "framework/train/objective.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

constexpr const char* kWhere = "objective";
constexpr const char* kModelCost = "model_cost";

[[noreturn]] void reject(const std::string& came) {
  throw Error(kWhere, "a sum of outputs of the model was expected, each with a factor or without; " + came +
                          " came; write such as \"cost + 0.1 * metric/penalty - other\".");
}

bool begins_with(std::string_view text, char sign) { return !text.empty() && text.front() == sign; }

/// What changes when a parameter moves, by node and output, as far as a gradient follows.
class Moved {
 public:
  /// `inputs`: those that change, of the body of a loop.
  Moved(const Graph& graph, const std::vector<char>& inputs) : graph_(graph), nodes_(graph.nodes().size()) {
    for (std::size_t id = 0; id < nodes_.size(); ++id) {
      const Node& node = graph.nodes()[id];
      const bool is_moved = node.kind == Node::Kind::kParameter ? !node.is_frozen : inputs[id] != 0;
      nodes_[id].assign(std::max<std::size_t>(1, node.outputs.size()), is_moved ? 1 : 0);
    }
    for (const int id : graph.order()) follow(id);
  }

  bool at(Slot slot) const { return nodes_[slot.node][slot.output] != 0 && graph_.type(slot).kind == Kind::kReal; }

 private:
  void follow(int id) {
    const Node& node = graph_.node(id);
    if (node.loop != nullptr) return follow_loop(node, nodes_[id]);
    if (node.op == nullptr || !node.op->is_differentiable()) return;
    const bool is_moved = std::any_of(node.inputs.begin(), node.inputs.end(), [&](Slot slot) { return at(slot); });
    std::fill(nodes_[id].begin(), nodes_[id].end(), is_moved ? 1 : 0);
  }

  void follow_loop(const Node& node, std::vector<char>& outputs) const {
    const LoopPorts& ports = *node.loop;
    std::vector<char> inputs(ports.body->nodes().size(), 0);
    std::size_t number = 0;
    for (const auto* slots : {&ports.carried_in, &ports.stacked_in, &ports.shared_in}) {
      for (const Slot& slot : *slots) inputs[slot.node] = at(node.inputs[number++]) ? 1 : 0;
    }
    for (bool is_changed = true; is_changed;) {
      const Moved body(*ports.body, inputs);
      is_changed = false;
      for (std::size_t i = 0; i < ports.carried_in.size(); ++i) {
        char& carried = inputs[ports.carried_in[i].node];
        if (carried != 0 || !body.at(ports.carried_next[i])) continue;
        carried = 1;
        is_changed = true;
      }
      for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = body.at(ports.outputs[i].slot) ? 1 : 0;
    }
  }

  const Graph& graph_;
  std::vector<std::vector<char>> nodes_;
};

Value value_of(const std::vector<std::pair<std::string, Value>>& outputs, const std::string& name) {
  std::vector<std::string> known;
  for (const auto& [other, value] : outputs) {
    if (other == name) return value;
    known.push_back(other);
  }
  throw Error(kWhere, "an output of the model while it trains was expected; " + unknown_name(name, known));
}

void expect_rows(const std::string& name, const Type& type, const Shape& rows) {
  if (type.kind == Kind::kReal && type.shape.rank() == 1 && type.shape == rows) return;
  throw Error(kWhere, "outputs that are Real [B] were expected, one number for each item; " + in_quotes(name) + " is " +
                          (type.kind == Kind::kReal ? "Real " : "Index ") + type.shape.text() +
                          "; take another, or let the model take its mean over the other axes.");
}

}  // namespace

/// [NUMBER *] NAME at the front of `left`, which then begins behind it.
Objective::Term Objective::read_term(std::string_view& left, double sign) {
  Term term{sign, ""};
  double factor = 1;
  const auto number = std::from_chars(left.data(), left.data() + left.size(), factor);
  const auto length = static_cast<std::size_t>(number.ptr - left.data());
  const std::string_view behind = trimmed(left.substr(length));
  if (number.ec == std::errc() && begins_with(behind, '*')) {
    if (!std::isfinite(factor) || factor == 0) reject("the factor " + in_quotes(left.substr(0, length)));
    term.factor *= factor;
    left = trimmed(behind.substr(1));
  }
  const std::string_view name = left.substr(0, left.find_first_of("+-* \t\n"));
  if (name.empty()) reject(left.empty() ? "an end without a name" : in_quotes(left) + " in the place of a name");
  term.output = name;
  left = trimmed(left.substr(name.size()));
  return term;
}

Objective::Objective(std::string_view text) {
  std::string_view left = trimmed(text);
  if (left.empty()) return;
  do {
    const bool has_sign = begins_with(left, '+') || begins_with(left, '-');
    if (!has_sign && !terms_.empty()) reject(in_quotes(left) + " in the place of a + or -");
    const double sign = begins_with(left, '-') ? -1 : 1;
    if (has_sign) left = trimmed(left.substr(1));
    terms_.push_back(read_term(left, sign));
  } while (!left.empty());
}

void Objective::replace_cost(Builder& builder) const {
  const auto outputs = builder.outputs();
  const auto scope = builder.scope(kWhere);
  const Shape rows = value_of(outputs, terms_.front().output).shape();
  Value sum;
  for (const Term& term : terms_) {
    Value value = value_of(outputs, term.output);
    expect_rows(term.output, value.type(), rows);
    if (term.factor != 1) value = scale(value, term.factor);
    sum = sum.is_empty() ? value : add(sum, value);
  }
  for (const auto& [name, value] : outputs) {
    if (name == "cost") builder.metric(kModelCost, value);
  }
  builder.replace_output("cost", sum);
}

void Objective::expect_trainable(const Graph& graph) const {
  if (!graph.estimators().empty()) return;  // they follow a cost past what has no derivative
  const Moved moved(graph, std::vector<char>(graph.nodes().size(), 0));
  for (const Term& term : terms_) {
    const std::string name = term.output == "cost" ? std::string("metric/") + kModelCost : term.output;
    if (moved.at(graph.output(name))) continue;
    throw Error(kWhere, "terms that depend on a parameter that moves were expected; no gradient passes from " +
                            in_quotes(term.output) + " to one; take it out of the sum, or look for a detach, an argmax " +
                            "or frozen parameters on its way.");
  }
}

}  // namespace fovea
