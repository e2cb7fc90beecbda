#include "framework/graph/builder.h"

#include <cstring>
#include <utility>

#include "framework/core/error.h"
#include "framework/graph/builder_state.h"
#include "framework/graph/check.h"
#include "framework/ops/loss.h"

namespace fovea {
namespace {

// "a parameter has this one already (model.cpp:21)": inputs, parameters and ops share one set of paths.
std::string taken_by(const Graph& graph, const std::string& path) {
  for (const Node& node : graph.nodes()) {
    if (node.path != path) continue;
    const bool is_input = node.kind == Node::Kind::kInput;
    const std::string what = is_input ? "an input" : node.kind == Node::Kind::kParameter ? "a parameter" : "another node";
    return what + " has this one already" + (node.at.line == 0 ? "" : " (" + node.at.text() + ")");
  }
  return "this one is taken";
}

}  // namespace

std::string Builder::State::unique_path(const std::string& name) {
  const std::string plain = path_of(name);
  std::string path = plain;
  for (int number = 2; !paths.insert(path).second; ++number) path = plain + "_" + std::to_string(number);
  return path;
}

Value Builder::State::append(Builder& builder, Node node) {
  if (is_frozen) {
    throw fovea::graph::error_at(node,
                                 "a graph under construction was expected; a frozen one came; build it before `freeze`.");
  }
  const int id = static_cast<int>(graph->nodes_.size());
  graph->nodes_.push_back(std::move(node));
  return {&builder, {id, 0}};
}

const Type& Value::type() const {
  if (is_empty()) throw Error("graph", "a value was expected; an empty one came; build it before it is used.");
  return builder_->state_->graph->type(slot_);
}

Builder::Builder(std::string name, Mode mode) : state_(std::make_unique<State>()) {
  state_->graph->name_ = std::move(name);
  state_->graph->mode_ = mode;
}

Builder::Builder(Builder& outer, std::string name) : Builder(name, outer.mode()) {
  state_->outer = &outer;
  state_->scope = std::move(name);
  state_->wishes = outer.wishes();
}

Builder::~Builder() = default;

bool Builder::is_within(const Builder& other) const {
  const Builder* builder = this;
  while (builder != nullptr && builder != &other) builder = builder->state_->outer;
  return builder != nullptr;
}

Mode Builder::mode() const { return state_->graph->mode_; }
const Builder::Wishes& Builder::wishes() const { return state_->wishes; }
void Builder::set_wishes(Wishes wishes) { state_->wishes = std::move(wishes); }
std::string Builder::path() const { return state_->scope; }

Value Builder::input(const std::string& name, const Type& type, At at) {
  Node node;
  node.kind = Node::Kind::kInput;
  node.path = state_->path_of(name);
  node.at = state_->line_of(at);
  node.outputs = {type};
  if (!state_->paths.insert(node.path).second) {
    throw graph::error_at(node, "an input of a new name was expected; " + taken_by(*state_->graph, node.path) +
                                    "; share the value of one input, or rename one of the two.");
  }
  return state_->append(*this, std::move(node));
}

// Parameters live outside of loops: one value for all steps, its gradient summed over them.
Value Builder::outside_loops(const std::function<Value(Builder&)>& make, At at) {
  if (state_->outer == nullptr) return make(*this);
  Builder& outer = *state_->outer;
  const std::string kept = std::exchange(outer.state_->scope, state_->scope);
  const Value value = outer.outside_loops(make, at);
  outer.state_->scope = kept;
  return import(value, at);
}

Value Builder::State::parameter(Builder& builder, const std::string& name, const Type& type, At at) {
  Node node;
  node.kind = Node::Kind::kParameter;
  node.path = path_of(name);
  node.at = line_of(at);
  node.outputs = {type};
  node.is_frozen = wishes.frozen.match(node.path);
  if (!paths.insert(node.path).second) {
    throw fovea::graph::error_at(node, "a parameter of a new path was expected; " + taken_by(*graph, node.path) +
                                           "; open a scope, rename one of the two, or share the value.");
  }
  return append(builder, std::move(node));
}

Value Builder::parameter(const std::string& name, const Shape& shape, Init init, At at) {
  const auto make = [&](Builder& root) {
    const Value value = root.state_->parameter(root, name, {shape, Kind::kReal}, at);
    Node& node = root.state_->graph->nodes_.back();
    node.init = std::move(init);
    const double rate = root.mode() == Mode::kTrain ? root.wishes().dropout.at(node.path) : 0;
    return rate > 0 ? root.add(make_parameter_dropout(rate), {value}, name + "/dropped", at) : value;
  };
  return outside_loops(make, at);
}

Value Builder::sign_parameter(const std::string& name, const Shape& shape, std::shared_ptr<const double> rate, Init init,
                              At at) {
  const auto make = [&](Builder& root) {
    const Value value = root.state_->parameter(root, name, {shape, Kind::kReal}, at);
    Node& node = root.state_->graph->nodes_.back();
    node.init = std::move(init);
    node.sign_rate = std::move(rate);
    return value;
  };
  return outside_loops(make, at);
}

namespace {

template <class T>
Node constant_node(std::string path, const Shape& shape, const std::vector<T>& values, Kind kind, At at) {
  Node node;
  node.kind = Node::Kind::kConstant;
  node.path = std::move(path);
  node.at = at;
  node.outputs = {{shape, kind}};
  if (static_cast<Extent>(values.size()) != shape.size()) {
    throw graph::error_at(node, "a constant " + shape.text() + " has " + std::to_string(shape.size()) + " values; " +
                                    std::to_string(values.size()) + " came; give that many.");
  }
  node.constant.resize(values.size() * sizeof(T));
  if (!values.empty()) std::memcpy(node.constant.data(), values.data(), node.constant.size());
  return node;
}

}  // namespace

Value Builder::constant(const std::string& name, const Shape& shape, const std::vector<Real>& values, At at) {
  return state_->append(*this, constant_node(state_->unique_path(name), shape, values, Kind::kReal, state_->line_of(at)));
}

Value Builder::constant(const std::string& name, const Shape& shape, const std::vector<Index>& values, At at) {
  return state_->append(*this, constant_node(state_->unique_path(name), shape, values, Kind::kIndex, state_->line_of(at)));
}

Value Builder::import(Value value, At asked) {
  const At at = state_->line_of(asked);
  if (value.is_empty()) throw at.error(path(), "a value was expected; an empty one came");
  if (&value.builder() == this) return value;
  if (state_->outer == nullptr) {
    throw at.error(path(),
                   "a value of this graph was expected; one of another graph (or of a loop's body) came; take it out "
                   "of the loop with `last` or `stack`");
  }
  const Value outer = state_->outer->import(value, at);
  const auto key = std::make_pair(outer.slot().node, outer.slot().output);
  const auto found = state_->imported.find(key);
  if (found != state_->imported.end()) return found->second;
  Node node;
  node.kind = Node::Kind::kInput;
  node.path = state_->unique_path("shared_" + std::to_string(state_->shared.size()));
  node.at = state_->line_of(at);
  node.outputs = {outer.type()};
  const Value inner = state_->append(*this, std::move(node));
  state_->imported.emplace(key, inner);
  state_->shared.emplace_back(inner.slot(), outer);
  return inner;
}

std::vector<Value> Builder::add_all(std::shared_ptr<const Op> op, const std::vector<Value>& inputs, const std::string& name,
                                    At at) {
  if (op == nullptr) throw state_->line_of(at).error(path(), "an op was expected; none came; make it first");
  Node node;
  node.kind = Node::Kind::kOp;
  node.path = state_->unique_path(name.empty() ? std::string(op->name()) : name);
  node.at = state_->line_of(at);
  std::vector<Type> types;
  for (const Value& input : inputs) {
    const Value value = import(input, at);
    node.inputs.push_back(value.slot());
    types.push_back(value.type());
  }
  node.outputs = graph::inferred(node, *op, types);
  node.op = std::move(op);
  const int outputs = static_cast<int>(node.outputs.size());
  const Value first = state_->append(*this, std::move(node));
  std::vector<Value> values;
  values.reserve(static_cast<std::size_t>(outputs));
  for (int i = 0; i < outputs; ++i) values.emplace_back(this, Slot{first.slot().node, i});
  return values;
}

Value Builder::add(std::shared_ptr<const Op> op, const std::vector<Value>& inputs, const std::string& name, At at) {
  return add_all(std::move(op), inputs, name, at).front();
}

void Builder::output(const std::string& name, Value value, At at) {
  if (state_->graph->has_output(name)) {
    throw at.error(name, "an output of a new name was expected; this name is taken; rename it");
  }
  state_->graph->outputs_.push_back({name, import(value, at).slot()});
}

std::vector<std::pair<std::string, Value>> Builder::outputs() {
  std::vector<std::pair<std::string, Value>> values;
  for (const NamedSlot& output : state_->graph->outputs_) values.emplace_back(output.name, Value(this, output.slot));
  return values;
}

void Builder::replace_output(const std::string& name, Value value, At at) {
  for (NamedSlot& output : state_->graph->outputs_) {
    if (output.name == name) output.slot = import(value, at).slot();
  }
  if (!state_->graph->has_output(name)) output(name, value, at);
}

Builder::Scope::Scope(Builder& builder, const std::string& name) : builder_(builder), length_(builder.state_->scope.size()) {
  builder_.state_->scope = builder_.state_->path_of(name);
}

Builder::Scope::~Scope() { builder_.state_->scope.resize(length_); }

Builder::BuiltAt::BuiltAt(Builder& builder, At at) : builder_(builder), is_outermost_(builder.state_->built_at.line == 0) {
  if (is_outermost_) builder_.state_->built_at = at;
}

Builder::BuiltAt::~BuiltAt() {
  if (is_outermost_) builder_.state_->built_at = {};
}

void Builder::register_site(const std::string& text, const SiteValues& values) {
  const auto slot_of = [this](const Value& value) { return value.is_empty() ? Slot{} : import(value, At::here()).slot(); };
  SiteRecord record;
  record.path = path();
  record.text = text;
  record.scores = slot_of(values.scores);
  record.kept = slot_of(values.kept);
  record.weights = slot_of(values.weights);
  record.count = slot_of(values.count);
  record.log_prob = slot_of(values.log_prob);
  record.right = slot_of(values.right);
  record.dropped = slot_of(values.dropped);
  record.items = slot_of(values.items);
  record.queries = slot_of(values.queries);
  record.heads = values.heads;
  state_->graph->sites_.push_back(std::move(record));
}

Graph& Builder::whole_graph() {
  Builder* root = this;
  while (root->state_->outer != nullptr) root = root->state_->outer;
  return *root->state_->graph;
}

int Builder::register_estimator(std::shared_ptr<Estimator> estimator) {
  std::vector<EstimatorSlot>& estimators = whole_graph().estimators_;
  estimators.push_back({path(), std::move(estimator)});
  return static_cast<int>(estimators.size()) - 1;
}

void Builder::set_draws(int estimator, Extent draws) { whole_graph().estimators_[estimator].draws = draws; }

void Builder::register_annealed(std::shared_ptr<Annealed> number, const std::string& name) {
  whole_graph().annealed_.push_back({state_->path_of(name), std::move(number)});
}

bool Builder::is_loop_body() const { return state_->outer != nullptr; }

void Builder::replace_sites(SiteTexts texts) { state_->site_texts = std::move(texts); }

std::string Builder::site_text(std::string_view text) const {
  const Builder* root = this;
  while (root->state_->outer != nullptr) root = root->state_->outer;
  return root->state_->site_texts ? root->state_->site_texts(path(), text) : std::string(text);
}

}  // namespace fovea
