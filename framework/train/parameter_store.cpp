#include "framework/train/parameter_store.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"
#include "framework/train/parameter_paths.h"

namespace fovea {

namespace {

constexpr Extent kTile = 8192;  // elements of one task
constexpr std::size_t kAlignedReals = Arena::kAlignment / sizeof(Real);

/// Calls visit(node) for every parameter of a graph, its loops included.
template <class Visit>
void visit_parameters(const Graph& graph, const Visit& visit) {
  for (const Node& node : graph.nodes()) {
    if (node.kind == Node::Kind::kParameter) visit(node);
    if (node.kind == Node::Kind::kLoop) visit_parameters(*node.loop->body, visit);
  }
}

/// Half width of the uniform distribution of Glorot and Bengio 2010: gain sqrt(6 / (fan_in + fan_out)). The last two axes
/// are the matrix, axes before them a stack of matrices; a vector is a matrix of one row.
double glorot_half_width(const Shape& shape, double gain) {
  double fan_in = 1;
  double fan_out = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    fan_out = axis == 0 ? 1 : fan_in;
    fan_in = static_cast<double>(shape[axis]);
  }
  return gain * std::sqrt(6.0 / std::max(1.0, fan_in + fan_out));
}

/// Draws in double, so that both precisions start from the same numbers.
void draw(const ParameterStore::Entry& entry, Rng rng, std::span<Real> out) {
  const double scale = entry.init.scale;
  switch (entry.init.kind) {
    case Init::Kind::kZero:
      for (Real& value : out) value = 0;
      return;
    case Init::Kind::kConstant:
      for (Real& value : out) value = static_cast<Real>(scale);
      return;
    case Init::Kind::kUniform:
      for (Real& value : out) value = static_cast<Real>(rng.uniform(-scale, scale));
      return;
    case Init::Kind::kNormal:
      for (Real& value : out) value = static_cast<Real>(scale * rng.normal());
      return;
    case Init::Kind::kGlorotUniform: {
      const double half_width = glorot_half_width(entry.shape, scale);
      for (Real& value : out) value = static_cast<Real>(rng.uniform(-half_width, half_width));
      return;
    }
    case Init::Kind::kValues: {
      if (entry.init.numbers->size() != out.size()) {
        throw Error(entry.path, "as many values as the parameter " + entry.shape.text() + " has were expected; " +
                                    std::to_string(entry.init.numbers->size()) + " came; give Init::values all of them.");
      }
      std::transform(entry.init.numbers->begin(), entry.init.numbers->end(), out.begin(),
                     [](double number) { return static_cast<Real>(number); });
      return;
    }
  }
}

const ParameterStore::Entry* find(const std::vector<ParameterStore::Entry>& entries, const std::string& path) {
  for (const auto& entry : entries) {
    if (entry.path == path) return &entry;
  }
  return nullptr;
}

}  // namespace

ParameterStore::ParameterStore(const Graph& graph) {
  visit_parameters(graph, [&](const Node& node) {
    const Shape& shape = node.outputs.front().shape;
    if (const Entry* known = find(entries_, node.path)) {
      if (known->shape == shape) return;
      throw Error("parameters", "'" + node.path + "' has the shape " + known->shape.text() + " and, built at " +
                                    node.at.text() + ", " + shape.text() + "; give the two parameters different names.");
    }
    entries_.push_back({node.path, shape, node.init, 0, node.sign_rate, node.is_frozen, 0});
  });
  place(Rule::kOptimizer);
  optimized_ = size_;
  place(Rule::kSign);
  place(Rule::kFrozen);
  arena_ = Arena(size_ * sizeof(Real));
}

ParameterStore::Rule ParameterStore::rule_of(const Entry& entry) {
  return entry.is_frozen ? Rule::kFrozen : entry.sign_rate != nullptr ? Rule::kSign : Rule::kOptimizer;
}

void ParameterStore::place(Rule rule) {
  for (Entry& entry : entries_) {
    if (rule_of(entry) != rule) continue;
    entry.offset = size_;
    const auto reals = static_cast<std::size_t>(entry.shape.size());
    size_ += (reals + kAlignedReals - 1) / kAlignedReals * kAlignedReals;
  }
}

void ParameterStore::step_signs(std::span<const Real> gradients) {
  for (const Entry& entry : entries_) {
    if (rule_of(entry) != Rule::kSign) continue;
    const auto rate = static_cast<Real>(*entry.sign_rate);
    for (std::size_t i = entry.offset; i < entry.offset + static_cast<std::size_t>(entry.shape.size()); ++i) {
      const Real sign = static_cast<Real>(gradients[i] > 0) - static_cast<Real>(gradients[i] < 0);
      values()[i] -= rate * sign;
    }
  }
}

void ParameterStore::set_decay(const PathNumbers& decay) {
  std::vector<std::string> paths;
  for (Entry& entry : entries_) {
    if (!entry.is_optimized()) continue;
    entry.decay = decay.at(entry.path);
    paths.push_back(entry.path);
  }
  expect_matched("parameter_decay", decay.unmatched(paths), paths);
}

void ParameterStore::decay(double learning_rate) {
  for (const Entry& entry : entries_) {
    if (entry.decay == 0) continue;
    const auto kept = static_cast<Real>(1 - learning_rate * entry.decay);
    const std::span<Real> all = values().subspan(entry.offset, static_cast<std::size_t>(entry.shape.size()));
    const auto tile = [&](Extent begin, Extent end, Extent) { cpu::scale(kept, all.subspan(begin, end - begin)); };
    cpu::parallel_tiles(entry.shape.size(), kTile, std::ref(tile));
  }
}

void ParameterStore::initialise(std::uint64_t seed) {
  for (const Entry& entry : entries_) {
    const Rng rng({.seed = seed, .stream = stream_of("parameter/" + entry.path)});
    draw(entry, rng, values().subspan(entry.offset, entry.shape.size()));
  }
}

const ParameterStore::Entry& ParameterStore::at(const std::string& path) const {
  if (const Entry* entry = find(entries_, path)) return *entry;
  std::vector<std::string> known;
  for (const Entry& entry : entries_) known.push_back(entry.path);
  throw Error("parameters", unknown_name(path, known));
}

std::size_t ParameterStore::count() const {
  std::size_t count = 0;
  for (const Entry& entry : entries_) count += static_cast<std::size_t>(entry.shape.size());
  return count;
}

std::span<Real> ParameterStore::values() { return {reinterpret_cast<Real*>(arena_.data()), size_}; }

std::span<const Real> ParameterStore::values() const { return {reinterpret_cast<const Real*>(arena_.data()), size_}; }

Tensor ParameterStore::view(const std::string& path) {
  const Entry& entry = at(path);
  return {values().data() + entry.offset, {entry.shape, Kind::kReal}};
}

void ParameterStore::check_covers(const Graph& graph) const {
  visit_parameters(graph, [&](const Node& node) {
    const Entry* entry = find(entries_, node.path);
    if (entry == nullptr) {
      throw Error(node.path, "the graph '" + graph.name() + "' has a parameter, built at " + node.at.text() +
                                 ", that was not trained; declare it in both modes of the model.");
    }
    const Shape& shape = node.outputs.front().shape;
    if (entry->shape != shape) {
      throw Error(node.path, "the trained parameter is " + entry->shape.text() + "; the graph '" + graph.name() +
                                 "' wants " + shape.text() + ", built at " + node.at.text() +
                                 "; do not let its shape depend on the batch or the mode.");
    }
  });
}

std::function<ParameterMemory(const std::string&)> ParameterStore::memory(Real* block) {
  return [this, block](const std::string& path) -> ParameterMemory {
    const Entry& entry = at(path);
    Real* const gradient = block == nullptr || entry.is_frozen ? nullptr : block + entry.offset;
    return {values().data() + entry.offset, gradient, ParameterMemory::Backward::kWrites};
  };
}

}  // namespace fovea
