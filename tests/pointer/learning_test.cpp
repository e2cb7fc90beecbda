#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "framework/train/optimizer.h"
#include "modules/pointer/pointer_network.h"
#include "tests/pointer/evaluated.h"

namespace {

using namespace fovea;
using test::Data;
using test::Evaluated;
using test::Feeds;

/// Rows of n random numbers with their ascending positions.
Feeds rows_to_sort(Extent batch, Extent n, std::uint32_t step) {
  Feeds feeds{{"items", Data::real({batch, n, 1}, std::vector<Real>(static_cast<std::size_t>(batch * n)))},
              {"targets", Data::index({batch, n}, std::vector<Index>(static_cast<std::size_t>(batch * n)))}};
  Rng rng({.seed = 5, .step = step});
  rng.fill_uniform(feeds["items"].reals);
  for (Extent b = 0; b < batch; ++b) {
    const Real* items = feeds["items"].reals.data() + b * n;
    const auto first = feeds["targets"].indices.begin() + b * n;
    std::iota(first, first + n, 0);
    std::sort(first, first + n, [items](Index i, Index j) { return items[i] < items[j]; });
  }
  return feeds;
}

std::shared_ptr<const Graph> graph_of(const PointerOptions& options, Mode mode, const Feeds& feeds) {
  Builder b("model", mode);
  pointer_network(b, {{"items", feeds.at("items").type}, {"targets", feeds.at("targets").type}}, options);
  return b.freeze();
}

/// sum of weight_b cost_b, and its gradient where a block for it is given.
double weighted_cost(std::shared_ptr<const Graph> graph, const Feeds& feeds, ParameterStore& store,
                     const std::vector<Real>& weights, std::vector<Real>* gradients = nullptr) {
  const auto passes = gradients != nullptr ? Plan::Passes::kBackward : Plan::Passes::kForward;
  Evaluated run(graph, feeds, store, gradients != nullptr ? gradients->data() : nullptr, passes);
  const auto costs = run.reals("cost");
  if (gradients != nullptr) {
    run.execution().clear_output_gradients();
    std::copy(weights.begin(), weights.end(), run.execution().output_gradient("cost").real());
    run.execution().backward(run.context());
  }
  double total = 0;
  for (std::size_t b = 0; b < costs.size(); ++b) total += static_cast<double>(weights[b] * costs[b]);
  return total;
}

}  // namespace

#if defined(FOVEA_F64)

TEST_CASE("the gradient of a whole pointer network agrees with differences") {
  for (const auto& encoder : {"set", "lstm"}) {
    PointerOptions options{.encoder = encoder, .hidden = 6, .item_layers = 2, .glimpses = 1, .tanh_clip = 4};
    const Feeds feeds = rows_to_sort(3, 4, 1);
    const auto graph = graph_of(options, Mode::kTrain, feeds);
    ParameterStore store(*graph);
    store.initialise(3);
    const std::vector<Real> weights{0.7, -1.3, 0.4};
    std::vector<Real> gradients(store.size(), 0);
    weighted_cost(graph, feeds, store, weights, &gradients);
    constexpr double kStep = 1e-5;
    for (const auto& entry : store.entries()) {
      const std::size_t place = entry.offset + static_cast<std::size_t>(entry.shape.size()) / 2;
      Real& value = store.values()[place];
      const Real kept = value;
      value = kept + kStep;
      const double above = weighted_cost(graph, feeds, store, weights);
      value = kept - kStep;
      const double below = weighted_cost(graph, feeds, store, weights);
      value = kept;
      INFO(entry.path);
      const double error = std::abs((above - below) / (2 * kStep) - gradients[place]);
      CHECK(error < 1e-7);
    }
  }
}

#endif

TEST_CASE("a pointer network learns to sort 5 numbers within 300 steps" * doctest::test_suite("learning")) {
  const PointerOptions options{.hidden = 32};
  const Feeds shape = rows_to_sort(32, 5, 0);
  const auto graph = graph_of(options, Mode::kTrain, shape);
  ParameterStore store(*graph);
  store.initialise(1);
  const auto adam = Registry<Optimizer>::instance().parse("adam").plugin;
  adam->prepare(store.size());
  const std::vector<Real> weights(32, Real(1) / 32);
  std::vector<Real> gradients(store.size());
  for (std::uint32_t step = 1; step <= 300; ++step) {
    std::fill(gradients.begin(), gradients.end(), Real(0));
    weighted_cost(graph, rows_to_sort(32, 5, step), store, weights, &gradients);
    adam->step(store.values(), gradients, 5e-3, step);
  }
  const Feeds unseen = rows_to_sort(200, 5, 1000);
  const auto pointers =
      Evaluated(graph_of(options, Mode::kEvaluate, unseen), {{"items", unseen.at("items")}}, store).indices("pointers");
  Extent right = 0;
  for (std::size_t b = 0; b < 1000; b += 5) {
    right += std::equal(&pointers[b], &pointers[b] + 5, &unseen.at("targets").indices[b]) ? 1 : 0;
  }
  CHECK(right > 180);
}
