#include "tests/support/model_run.h"

#include <algorithm>
#include <cmath>

namespace fovea::test {
namespace {

std::vector<Real> drawn(std::uint32_t stream, Extent size, double scale) {
  std::vector<Real> values(static_cast<std::size_t>(size));
  Rng rng({.seed = 5, .stream = stream});
  rng.fill_normal(values);
  for (Real& value : values) value *= static_cast<Real>(scale);
  return values;
}

}  // namespace

bool equal_bits(const Tensor& a, const Tensor& b) { return a.type == b.type && std::memcmp(a.data, b.data, a.bytes()) == 0; }

ModelRun::ModelRun(std::shared_ptr<const Graph> graph, const std::map<std::string, Type>& inputs,
                   const std::vector<std::string>& wanted)
    : plan_(Plan::compile(graph, inputs, Plan::Passes::kBackward, wanted)) {
  for (const int id : graph->parameters()) {
    const Node& node = graph->node(id);
    const Shape shape = node.outputs[0].shape;
    Memory& memory = memory_[node.path];
    memory.shape = shape;
    memory.gradient.assign(static_cast<std::size_t>(shape.size()), 0);
    memory.values = drawn(stream_of(node.path), shape.size(), node.init.kind == Init::Kind::kNormal ? node.init.scale : 0.5);
    if (node.init.kind == Init::Kind::kConstant || node.init.kind == Init::Kind::kZero) {
      std::fill(memory.values.begin(), memory.values.end(), static_cast<Real>(node.init.scale));
    }
  }
  execution_ = std::make_unique<Execution>(plan_, [this](const std::string& path) {
    Memory& memory = memory_.at(path);
    return ParameterMemory{memory.values.data(), memory.gradient.data(), ParameterMemory::Backward::kWrites};
  });
}

void ModelRun::set(const std::string& parameter, const std::vector<Real>& values) {
  std::copy(values.begin(), values.end(), memory_.at(parameter).values.begin());
}

void ModelRun::run(const Cotangents& cotangents) {
  // Backward writes all of each gradient: what it leaves out stays NaN.
  for (auto& [path, memory] : memory_) std::fill(memory.gradient.begin(), memory.gradient.end(), Real(NAN));
  execution_->forward(context);
  execution_->clear_output_gradients();
  for (const auto& [name, stream] : cotangents) {
    const Tensor gradient = execution_->output_gradient(name);
    const std::vector<Real> values = drawn(stream, gradient.size(), 1);
    std::copy(values.begin(), values.end(), gradient.real());
  }
  execution_->backward(context);
}

Tensor ModelRun::parameter(const std::string& path) {
  Memory& memory = memory_.at(path);
  return {memory.values.data(), {memory.shape, Kind::kReal}};
}

Tensor ModelRun::gradient(const std::string& path) {
  Memory& memory = memory_.at(path);
  return {memory.gradient.data(), {memory.shape, Kind::kReal}};
}

double ModelRun::weighted_sum(const Cotangents& cotangents) {
  execution_->forward(context);
  double total = 0;
  for (const auto& [name, stream] : cotangents) {
    const Tensor output = execution_->output(name);
    const std::vector<Real> weights = drawn(stream, output.size(), 1);
    for (std::size_t i = 0; i < weights.size(); ++i)
      total += static_cast<double>(weights[i]) * static_cast<double>(output.real()[i]);
  }
  return total;
}

double ModelRun::gradient_error(const Cotangents& cotangents) {
  run(cotangents);
  const double step = sizeof(Real) == 8 ? 1e-5 : 1e-2;
  double worst = 0;
  for (auto& [path, memory] : memory_) {
    const std::vector<Real> analytic = memory.gradient;
    double largest = 1;
    for (const Real value : analytic) largest = std::max(largest, std::abs(static_cast<double>(value)));
    for (std::size_t i = 0; i < analytic.size(); ++i) {
      const Real kept = memory.values[i];
      memory.values[i] = static_cast<Real>(static_cast<double>(kept) + step);
      const double above = weighted_sum(cotangents);
      memory.values[i] = static_cast<Real>(static_cast<double>(kept) - step);
      const double below = weighted_sum(cotangents);
      memory.values[i] = kept;
      const double error = std::abs((above - below) / (2 * step) - static_cast<double>(analytic[i])) / largest;
      if (!(error <= worst)) worst = error;  // NaN counts as the worst
    }
  }
  return worst;
}

}  // namespace fovea::test
