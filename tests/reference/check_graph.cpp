#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "framework/core/error.h"
#include "framework/graph/plan.h"
#include "tests/reference/checks.h"

namespace fovea::reference {
namespace {

template <class T>
double error_of(std::span<const T> got, const Array& expected) {
  if (got.size() != expected.values.size()) return std::numeric_limits<double>::infinity();
  double largest = 1;
  for (const double value : expected.values) largest = std::max(largest, std::abs(value));
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double error = std::abs(static_cast<double>(got[i]) - expected.values[i]);
    worst = std::isnan(error) ? std::numeric_limits<double>::infinity() : std::max(worst, error);
  }
  return worst / largest;
}

void note(Outcome& outcome, const std::string& path, double error) {
  ++outcome.compared;
  if (error > outcome.error || outcome.where.empty()) {
    outcome.error = error;
    outcome.where = path;
  }
}

// The values and gradients of the inputs and parameters of a case.
struct Memory {
  std::map<std::string, std::vector<Real>> values;
  std::map<std::string, std::vector<Real>> gradients;
  std::map<std::string, std::vector<Index>> indices;

  explicit Memory(const Case& c) {
    for (const std::string& name : c.names("in")) {
      if (c.in(name).is_integer) {
        indices[name] = reference::indices(c.in(name));
      } else {
        values[name] = reals(c.in(name));
        gradients[name].assign(values[name].size(), 0);
      }
    }
  }
};

void set_cotangents(const Case& c, const Values& outputs, Execution& execution) {
  execution.clear_output_gradients();
  for (const auto& [name, value] : outputs) {
    if (value.type().kind != Kind::kReal) continue;
    const Tensor gradient = execution.output_gradient(name);
    if (c.has("cot/" + name)) {
      const std::vector<Real> cotangent = reals(c.array("cot/" + name));
      std::copy(cotangent.begin(), cotangent.end(), gradient.real());
    } else {
      std::fill_n(gradient.real(), gradient.size(), Real(1));
    }
  }
}

}  // namespace

std::string number_text(double value) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.17g", value);
  return text;
}

std::vector<Real> reals(const Array& array) {
  std::vector<Real> values;
  for (const double value : array.values) values.push_back(static_cast<Real>(value));
  return values;
}

std::vector<Index> indices(const Array& array) {
  std::vector<Index> values;
  for (const double value : array.values) values.push_back(static_cast<Index>(value));
  return values;
}

void Outcome::compare(const std::string& path, std::span<const Real> got, const Array& expected) {
  note(*this, path, error_of(got, expected));
}

void Outcome::compare(const std::string& path, std::span<const Index> got, const Array& expected) {
  note(*this, path, error_of(got, expected));
}

namespace {

void bind_inputs(Execution& execution, Memory& memory, const std::vector<std::string>& bound,
                 const std::vector<std::string>& wanted) {
  for (const std::string& name : bound) {
    const bool is_index = memory.indices.contains(name);
    execution.bind("in_" + name,
                   is_index ? static_cast<const void*>(memory.indices[name].data()) : memory.values[name].data());
  }
  for (const std::string& path : wanted) execution.want_input_gradient(path, memory.gradients[path.substr(3)].data());
}

void compare_outputs(const Case& c, const Values& outputs, const Execution& execution, Outcome& outcome) {
  for (const auto& [name, value] : outputs) {
    const Tensor got = execution.output(name);
    const auto size = static_cast<std::size_t>(got.size());
    const Array& expected = c.array("out/" + name);
    if (got.shape() != expected.shape) {
      throw Error(c.file, "out/" + name + " " + expected.shape.text() + " was expected; " + got.shape().text() + " came.");
    }
    if (got.type.kind == Kind::kIndex) {
      outcome.compare("out/" + name, std::span<const Index>(got.index(), size), expected);
    } else {
      outcome.compare("out/" + name, std::span<const Real>(got.real(), size), expected);
    }
  }
}

}  // namespace

void check_graph(const Case& c, const Build& build, Outcome& outcome) {
  Memory memory(c);
  Builder builder(c.name);
  Values in;
  for (const std::string& name : c.names("in")) {
    const Array& array = c.in(name);
    in[name] = builder.input("in_" + name, {array.shape, array.is_integer ? Kind::kIndex : Kind::kReal});
  }
  const Values outputs = build(builder, in, c);
  for (const auto& [name, value] : outputs) builder.output(name, value);
  const auto graph = builder.freeze();

  // An input that the graph does not use is one that `build` declared as a parameter of the same name.
  std::vector<std::string> bound;
  std::vector<std::string> wanted;
  for (const int id : graph->order()) {
    const Node& node = graph->node(id);
    if (node.kind != Node::Kind::kInput) continue;
    bound.push_back(node.path.substr(3));
    if (c.has("grad/" + bound.back())) wanted.push_back(node.path);
  }
  Execution execution(Plan::compile(graph, {}, Plan::Passes::kBackward, wanted), [&](const std::string& path) {
    if (!memory.values.contains(path)) throw Error(path, "a parameter named like an input of the case was expected.");
    return ParameterMemory{memory.values[path].data(), memory.gradients[path].data()};
  });
  bind_inputs(execution, memory, bound, wanted);

  const OpContext context;
  execution.forward(context);
  compare_outputs(c, outputs, execution, outcome);
  if (c.names("grad").empty()) return;
  set_cotangents(c, outputs, execution);
  execution.backward(context);
  for (const std::string& name : c.names("grad")) {
    outcome.compare("grad/" + name, std::span<const Real>(memory.gradients[name]), c.array("grad/" + name));
  }
}

}  // namespace fovea::reference
