#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "framework/graph/builder.h"
#include "framework/graph/plan.h"
#include "framework/train/parameter_store.h"

namespace fovea::test {

/// Values with a type: what a test feeds to a graph.
struct Data {
  Type type;
  std::vector<Real> reals;
  std::vector<Index> indices;

  static Data real(const Shape& shape, std::vector<Real> values) { return {{shape, Kind::kReal}, std::move(values), {}}; }
  static Data index(const Shape& shape, std::vector<Index> values) { return {{shape, Kind::kIndex}, {}, std::move(values)}; }
  const void* data() const { return type.kind == Kind::kReal ? static_cast<const void*>(reals.data()) : indices.data(); }
};

using Feeds = std::map<std::string, Data>;

/// A graph with its own memory, run on feeds.
class Evaluated {
 public:
  Evaluated(std::shared_ptr<const Graph> graph, const Feeds& feeds, ParameterStore& store, Real* gradients = nullptr,
            Plan::Passes passes = Plan::Passes::kForward)
      : execution_(Plan::compile(graph, types(feeds), passes), store.memory(gradients)) {
    for (const auto& [name, data] : feeds) execution_.bind(name, data.data());
    context_.mode = graph->mode();
    execution_.forward(context_);
  }

  std::vector<Real> reals(const std::string& output) const {
    const Tensor tensor = execution_.output(output);
    return {tensor.real(), tensor.real() + tensor.size()};
  }
  std::vector<Index> indices(const std::string& output) const {
    const Tensor tensor = execution_.output(output);
    return {tensor.index(), tensor.index() + tensor.size()};
  }
  Execution& execution() { return execution_; }
  const OpContext& context() const { return context_; }

 private:
  static std::map<std::string, Type> types(const Feeds& feeds) {
    std::map<std::string, Type> types;
    for (const auto& [name, data] : feeds) types[name] = data.type;
    return types;
  }

  Execution execution_;
  OpContext context_;
};

}  // namespace fovea::test
