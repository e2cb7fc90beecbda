// The other side of numpy_weights.py and torch_weights.py.
//
//     weights print FILE     a line of JSON for each array of a file
//     weights write DIR      models with drawn weights: NAME.safetensors and, with inputs and outputs, NAME.npz
//     weights compare DIR    reads such files and says how far our outputs are from theirs
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <exception>

#include "framework/core/error.h"
#include "framework/exchange/named_arrays.h"
#include "framework/exchange/npz.h"
#include "framework/exchange/safetensors.h"
#include "framework/files/atomic_file.h"
#include "framework/results/json.h"
#include "modules/memory/stories/memn2n.h"
#include "modules/recurrent/gru.h"
#include "modules/recurrent/lstm.h"
#include "modules/transformer/transformer.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

struct Input {
  Shape shape;
  Extent bound = 0;  // of whole numbers; 0: reals
};

/// A model at the size of a toy.
struct Model {
  std::string name;
  std::map<std::string, Input> inputs;
  void (*build)(Builder&, const std::map<std::string, Value>& in);
};

void build_lstm(Builder& b, const std::map<std::string, Value>& in) {
  const auto scope = b.scope("encoder");
  const LstmStates states = Lstm(b, "lstm", 4, 6).run(in.at("x"));
  b.output("y", states.states);
  b.output("h", states.hidden);
  b.output("c", states.cell);
}

void build_gru(Builder& b, const std::map<std::string, Value>& in) {
  const auto scope = b.scope("encoder");
  const GruStates states = Gru(b, "gru", 4, 6).run(in.at("x"));
  b.output("y", states.states);
  b.output("h", states.hidden);
}

void build_block(Builder& b, const std::map<std::string, Value>& in) {
  TransformerOptions options;
  options.heads = 2;
  options.hidden = 10;
  options.dropout = 0;
  b.output("y", encoder_block(b, "block", in.at("x"), in.at("mask"), options));
}

void build_memn2n(Builder& b, const std::map<std::string, Value>& in) {
  MemN2NOptions options;
  options.words = 11;
  options.width = 6;
  options.slots = 7;
  options.hops = 3;
  const auto scope = b.scope("reader");
  b.output("scores", MemN2N(b, options)(in.at("story"), in.at("question")).scores);
}

const std::vector<Model>& models() {
  static const std::vector<Model> all{
      {"lstm", {{"x", {{5, 3, 4}}}}, build_lstm},
      {"gru", {{"x", {{5, 3, 4}}}}, build_gru},
      {"block", {{"x", {{3, 5, 8}}}, {"mask", {{3, 5}, 2}}}, build_block},
      {"memn2n", {{"story", {{3, 5, 4}, 11}}, {"question", {{3, 3}, 11}}}, build_memn2n},
  };
  return all;
}

std::vector<Extent> extents_of(const Shape& shape) {
  std::vector<Extent> extents;
  extents.reserve(static_cast<std::size_t>(shape.rank()));
  for (int axis = 0; axis < shape.rank(); ++axis) extents.push_back(shape[axis]);
  return extents;
}

NamedArray array_of(const std::string& name, const Tensor& tensor) {
  return {name, extents_of(tensor.shape()), kPrecision, {tensor.real(), tensor.real() + tensor.size()}};
}

/// A model, its weights and its inputs.
class Trial {
 public:
  explicit Trial(const Model& model) : model_(model), graph_(build()), run_(graph_) {}

  std::vector<std::string> parameters() const {
    std::vector<std::string> paths;
    for (const int id : graph_->parameters()) paths.push_back(graph_->node(id).path);
    return paths;
  }
  void set_input(const std::string& name, const std::vector<double>& values) {
    if (model_.inputs.at(name).bound > 0) {
      indices_[name].assign(values.begin(), values.end());
      run_.bind(name, indices_[name].data());
    } else {
      reals_[name].assign(values.begin(), values.end());
      run_.bind(name, reals_[name].data());
    }
  }
  void set_parameter(const NamedArray& array) {
    if (extents_of(run_.parameter(array.name).shape()) != array.shape) throw Error(array.name, "another shape came.");
    run_.set(array.name, {array.values.begin(), array.values.end()});
  }
  std::vector<NamedArray> outputs() {
    run_.execution().forward(run_.context);
    std::vector<NamedArray> arrays;
    for (const auto& [name, slot] : graph_->outputs()) arrays.push_back(array_of("out/" + name, run_.output(name)));
    return arrays;
  }
  Shape shape_of(const std::string& parameter) { return run_.parameter(parameter).shape(); }

 private:
  std::shared_ptr<const Graph> build() const {
    Builder b(model_.name);
    std::map<std::string, Value> in;
    for (const auto& [name, input] : model_.inputs) {
      in[name] = b.input(name, {input.shape, input.bound > 0 ? Kind::kIndex : Kind::kReal});
    }
    model_.build(b, in);
    return b.freeze();
  }

  const Model& model_;
  std::shared_ptr<const Graph> graph_;
  test::ModelRun run_;
  std::map<std::string, std::vector<Real>> reals_;
  std::map<std::string, std::vector<Index>> indices_;
};

/// Normal numbers in this precision, or whole ones below the bound; of a mask, the first of each row is 1.
NamedArray drawn(const std::string& name, const Shape& shape, Extent bound, double scale) {
  NamedArray array{name, extents_of(shape), kPrecision, std::vector<double>(static_cast<std::size_t>(shape.size()))};
  Rng rng({.seed = 3, .stream = stream_of(name)});
  for (double& value : array.values) {
    value = bound > 0 ? static_cast<double>(rng.below(bound)) : static_cast<double>(static_cast<Real>(scale * rng.normal()));
  }
  if (bound == 2) {
    for (Extent row = 0; row < shape.rows(); ++row) array.values[static_cast<std::size_t>(row * shape.last())] = 1;
  }
  return array;
}

void write_file(const fs::path& path, const std::string& bytes) { write_output(path, std::as_bytes(std::span(bytes))); }

void write_models(const fs::path& directory) {
  for (const Model& model : models()) {
    Trial trial(model);
    std::vector<NamedArray> weights;
    for (const std::string& path : trial.parameters()) {
      weights.push_back(drawn(path, trial.shape_of(path), 0, 0.5));  // biases too
      trial.set_parameter(weights.back());
    }
    std::vector<NamedArray> arrays;
    for (const auto& [name, input] : model.inputs) {
      arrays.push_back(drawn("in/" + name, input.shape, input.bound, 1));
      trial.set_input(name, arrays.back().values);
    }
    for (NamedArray& output : trial.outputs()) arrays.push_back(std::move(output));
    write_file(directory / (model.name + ".safetensors"), safetensors_bytes(weights, {}));
    write_file(directory / (model.name + ".npz"), npz_bytes(arrays, {}));
  }
}

/// The largest difference, relative to the largest magnitude (at least 1).
double error_of(const NamedArray& ours, const NamedArray& theirs) {
  if (ours.shape != theirs.shape) throw Error(theirs.name, "another shape came.");
  double largest = 1;
  double worst = 0;
  for (std::size_t i = 0; i < ours.values.size(); ++i) {
    const double error = std::abs(ours.values[i] - theirs.values[i]);
    largest = std::max(largest, std::abs(theirs.values[i]));
    worst = std::isnan(error) ? HUGE_VAL : std::max(worst, error);
  }
  return worst / largest;
}

void compare_models(const fs::path& directory) {
  for (const Model& model : models()) {
    Trial trial(model);
    const std::vector<NamedArray> weights = read_named_arrays(directory / (model.name + ".safetensors"));
    if (weights.size() != trial.parameters().size()) throw Error(model.name, "another number of parameters came.");
    for (const NamedArray& array : weights) trial.set_parameter(array);
    std::map<std::string, NamedArray> outputs;
    for (NamedArray& array : read_named_arrays(directory / (model.name + ".npz"))) {
      if (array.name.starts_with("in/")) trial.set_input(array.name.substr(3), array.values);
      outputs[array.name] = std::move(array);
    }
    for (const NamedArray& output : trial.outputs()) {
      fmt::print("{} {} {:.3e}\n", model.name, output.name, error_of(output, outputs.at(output.name)));
    }
  }
}

void print(const fs::path& path) {
  for (const NamedArray& array : read_named_arrays(path)) {
    Json::Array values;
    for (const double value : array.values) values.emplace_back(fmt::format("{:a}", value));
    Json::Array shape(array.shape.begin(), array.shape.end());
    fmt::print(
        "{}\n",
        json_line(Json::Object{
            {"name", array.name}, {"dtype", array.dtype}, {"shape", std::move(shape)}, {"values", std::move(values)}}));
  }
}

}  // namespace
}  // namespace fovea

int main(int count, char** arguments) {
  const std::string what = count == 3 ? arguments[1] : "";
  try {
    if (what == "print") {
      fovea::print(arguments[2]);
    } else if (what == "write") {
      fovea::write_models(arguments[2]);
    } else if (what == "compare") {
      fovea::compare_models(arguments[2]);
    } else {
      std::fputs("usage: weights print FILE | write DIRECTORY | compare DIRECTORY\n", stderr);
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
