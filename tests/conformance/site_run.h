#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "framework/attention/pattern.h"
#include "framework/attention/scorer.h"
#include "framework/attention/site/site.h"
#include "framework/graph/functions.h"
#include "framework/graph/plan.h"
#include "tests/conformance/chosen.h"

// For the tests of sites: one site as a whole graph, with its memory and random inputs.
namespace fovea::conformance {

struct SiteCase {
  std::string text;
  Extent batch = 2;
  Extent queries = 3;
  Extent items = 6;
  Extent query_width = 4;
  Extent key_width = 4;
  Extent value_width = 5;
  Shape mask = {};  // rank 0: no mask
  Mode mode = Mode::kTrain;
  bool has_bias = false;  // an input [batch, queries, items], 0 unless it is set
};

class SiteRun {
 public:
  explicit SiteRun(const SiteCase& site) {
    Builder builder("model", site.mode);
    const Value queries = input(builder, "queries", {site.batch, site.queries, site.query_width});
    const Value keys = input(builder, "keys", {site.batch, site.items, site.key_width});
    const Value values =
        site.value_width == 0 ? Value() : input(builder, "values", {site.batch, site.items, site.value_width});
    Value mask_value;
    if (site.mask.rank() > 0) {
      mask.assign(static_cast<std::size_t>(site.mask.size()), 1);
      mask_value = builder.input("mask", {site.mask, Kind::kIndex});
    }
    Value bias_value;
    if (site.has_bias) {
      const Shape shape{site.batch, site.queries, site.items};
      bias.assign(static_cast<std::size_t>(shape.size()), 0);
      bias_value = builder.input("bias", {shape, Kind::kReal});
    }
    const auto scope = builder.scope("site");
    Site made(builder, site.text, site.query_width, site.key_width);
    const Attended out = made.attend({queries, made.prepare_keys(keys), values, mask_value, bias_value});
    builder.output("scores", out.scores);
    builder.output("weights", out.weights);
    builder.output("kept", out.kept);
    builder.output("count", out.count);
    builder.output("log_prob", out.log_prob);
    if (!values.is_empty()) builder.output("read", out.read);
    compile(builder.freeze());
  }

  void forward(const OpContext& context = {.seed = 5}) {
    for (auto& [name, data] : inputs) execution->bind(name, data.data());
    if (!mask.empty()) execution->bind("mask", mask.data());
    if (!bias.empty()) execution->bind("bias", bias.data());
    execution->forward(context);
  }

  /// Backward of sum(cotangent * output), where gradients start at what `inputs` and `parameters` hold in `gradients`.
  void backward(const std::map<std::string, std::vector<Real>>& cotangents, const OpContext& context = {.seed = 5}) {
    for (auto& [name, gradient] : gradients) std::fill(gradient.begin(), gradient.end(), Real{0});
    execution->clear_output_gradients();
    for (const auto& [name, cotangent] : cotangents) {
      std::copy(cotangent.begin(), cotangent.end(), execution->output_gradient(name).real());
    }
    execution->backward(context);
  }

  std::vector<Real> reals(const std::string& output) const {
    const Tensor tensor = execution->output(output);
    return {tensor.real(), tensor.real() + tensor.size()};
  }
  std::vector<Index> indices(const std::string& output) const {
    const Tensor tensor = execution->output(output);
    return {tensor.index(), tensor.index() + tensor.size()};
  }
  const Shape& shape(const std::string& output) const { return graph->type(graph->output(output)).shape; }

  std::map<std::string, std::vector<Real>> inputs;
  std::map<std::string, std::vector<Real>> parameters;
  std::map<std::string, std::vector<Real>> gradients;  // of both, by name or path
  std::vector<Index> mask;
  std::vector<Real> bias;
  std::shared_ptr<const Graph> graph;
  std::unique_ptr<Execution> execution;

 private:
  Value input(Builder& builder, const std::string& name, const Shape& shape) {
    inputs[name] = normals(static_cast<std::size_t>(shape.size()), rng_of(static_cast<std::uint32_t>(inputs.size()), 40));
    return builder.input(name, {shape, Kind::kReal});
  }

  void compile(std::shared_ptr<const Graph> frozen) {
    graph = std::move(frozen);
    std::vector<std::string> wanted;
    for (const auto& [name, values] : inputs) wanted.push_back(name);
    const bool trains = graph->mode() == Mode::kTrain;
    const auto plan = Plan::compile(graph, {}, trains ? Plan::Passes::kBackward : Plan::Passes::kForward,
                                    trains ? wanted : std::vector<std::string>{});
    for (const int id : graph->parameters()) {
      const Node& node = graph->node(id);
      const auto size = static_cast<std::size_t>(node.outputs[0].shape.size());
      parameters[node.path] = normals(size, rng_of(stream_of(node.path), 41));
      gradients[node.path].resize(size);
    }
    execution = std::make_unique<Execution>(plan, [this](const std::string& path) {
      return ParameterMemory{parameters.at(path).data(), gradients.at(path).data()};
    });
    for (const std::string& name : wanted) {
      gradients[name].resize(inputs[name].size());
      if (trains) execution->want_input_gradient(name, gradients[name].data());
    }
  }
};

/// A selector with the first estimator that trains it at any site.
inline std::string with_fitting_estimator(const std::string& selector) {
  for (const std::string& estimator : partners_of<Estimator>()) {
    const auto made = Registry<Estimator>::instance().parse(estimator).plugin;
    const Estimator::Traits traits = EstimatorParts(*made).traits;
    if (traits.needs_one_choice || traits.needs_two_items) continue;
    if (misfit(*selector_of(selector), selector, *made, estimator).empty()) return selector + " | " + estimator;
  }
  return selector;
}

/// Patterns and combinations of them, for sites.
inline std::vector<std::string> site_pattern_partners() {
  return partners_of<Pattern>({"causal & dense", "content_top_k(2)", "causal & content_top_k(2)",
                               "window(0) + content_top_k(1) & causal + hash_buckets(3, 1)",
                               "content_top_k(4) & hash_buckets(2)", "hash_buckets(1) & (window(2) + global(1))",
                               "content_clusters(2, most=3) & causal", "causal & adaptive_span(ramp=2, most=6, span=1)"});
}

/// A random cotangent for all that a site with values gives.
inline std::map<std::string, std::vector<Real>> cotangents_of(const SiteRun& run) {
  std::map<std::string, std::vector<Real>> cotangents;
  for (const char* name : {"weights", "log_prob", "read"}) {
    cotangents[name] = normals(static_cast<std::size_t>(run.shape(name).size()), rng_of(stream_of(name)));
  }
  return cotangents;
}

inline double inner_product(const std::vector<Real>& a, const std::vector<Real>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace fovea::conformance
