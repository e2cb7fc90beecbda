#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "framework/train/optimizer.h"
#include "modules/pointer/decoder.h"
#include "modules/pointer/encoder.h"
#include "modules/pointer/pointer_network.h"
#include "tests/pointer/evaluated.h"

namespace {

using namespace fovea;
using test::Data;
using test::Evaluated;
using test::Feeds;

constexpr double kTolerance = sizeof(Real) == 8 ? 1e-10 : 2e-5;

/// Items [B, N, 1] at random, and any permutation as targets.
Feeds random_feeds(Extent batch, Extent items, std::uint64_t seed) {
  Feeds feeds{{"items", Data::real({batch, items, 1}, std::vector<Real>(static_cast<std::size_t>(batch * items)))},
              {"targets", Data::index({batch, items}, std::vector<Index>(static_cast<std::size_t>(batch * items)))}};
  Rng rng({.seed = seed});
  rng.fill_uniform(feeds["items"].reals);
  const std::span<Index> targets = feeds["targets"].indices;
  for (std::size_t b = 0; b < static_cast<std::size_t>(batch); ++b) {
    const auto row = targets.subspan(b * static_cast<std::size_t>(items), items);
    std::iota(row.begin(), row.end(), 0);
    rng.shuffle(row);
  }
  return feeds;
}

Feeds without_targets(Feeds feeds) {
  feeds.erase("targets");
  return feeds;
}

std::shared_ptr<const Graph> graph_of(const PointerOptions& options, Mode mode, const Feeds& feeds) {
  Builder b("model", mode);
  InputTypes types;
  for (const auto& [name, data] : feeds) types[name] = data.type;
  pointer_network(b, types, options);
  return b.freeze();
}

/// A network with large random parameters, so that its choices are far from uniform.
struct Network {
  PointerOptions options;
  Feeds feeds;
  std::shared_ptr<const Graph> teaching;
  ParameterStore store;

  Network(const PointerOptions& o, Extent batch, Extent items)
      : options(o), feeds(random_feeds(batch, items, 4)), teaching(graph_of(o, Mode::kTrain, feeds)), store(*teaching) {
    store.initialise(11);
    for (Real& value : store.values()) value *= 3;
  }
  Evaluated decode() { return {graph_of(options, Mode::kEvaluate, feeds), without_targets(feeds), store}; }
  Evaluated teach() { return {teaching, feeds, store}; }
};

PointerOptions small(const std::string& encoder) {
  PointerOptions options;
  options.encoder = encoder;
  options.hidden = 8;
  options.item_layers = encoder == "set" ? 2 : 0;
  options.glimpses = encoder == "set" ? 1 : 0;
  options.tanh_clip = encoder == "set" ? 5 : 0;
  return options;
}

std::vector<PointerOptions> both_encoders() { return {small("set"), small("lstm")}; }

/// The log-probability of targets by teacher forcing: -cost M for each row.
std::vector<double> forced_log_prob(Network& network) {
  const auto costs = network.teach().reals("cost");
  const auto outputs = static_cast<double>(network.feeds["targets"].type.shape[1]);
  std::vector<double> log_probs;
  for (const Real cost : costs) log_probs.push_back(-static_cast<double>(cost) * outputs);
  return log_probs;
}

}  // namespace

TEST_CASE("greedy decoding agrees with teacher forcing on its own choices") {
  for (const PointerOptions& options : both_encoders()) {
    Network network(options, 6, 7);
    const Evaluated decoded = network.decode();
    network.feeds["targets"].indices = decoded.indices("pointers");
    const Evaluated taught = network.teach();
    CHECK(taught.reals("metric/sequence_accuracy") == std::vector<Real>(6, Real(1)));
    const auto forced = forced_log_prob(network);
    const auto chosen = decoded.reals("log_prob");
    for (std::size_t b = 0; b < 6; ++b) CHECK(std::abs(forced[b] - static_cast<double>(chosen[b])) < kTolerance * 10);
  }
}

TEST_CASE("decoding points at every item once, also at a length that was never built") {
  for (PointerOptions options : both_encoders()) {
    for (const Extent beam : {1, 3}) {
      options.beam = beam;
      Network network(options, 3, 5);
      const auto graph = graph_of(options, Mode::kEvaluate, network.feeds);
      Evaluated decoded(graph, without_targets(random_feeds(3, 12, 8)), network.store);
      auto pointers = decoded.indices("pointers");
      for (auto row = pointers.begin(); row != pointers.end(); row += 12) {
        std::sort(row, row + 12);
        for (Index n = 0; n < 12; ++n) CHECK(row[n] == n);
      }
    }
  }
}

TEST_CASE("one beam decodes greedily") {
  const PointerOptions options = small("set");
  Network network(options, 5, 6);
  const Evaluated greedy = network.decode();
  Builder b("beam", Mode::kEvaluate);
  const Value items = b.input("items", network.feeds["items"].type);
  pointer::decode_with_beams(b, pointer::encode(b, items, options), options);
  const Evaluated beam(b.freeze(), without_targets(network.feeds), network.store);
  CHECK(beam.indices("pointers") == greedy.indices("pointers"));
  for (std::size_t row = 0; row < 5; ++row) {
    CHECK(std::abs(static_cast<double>(beam.reals("log_prob")[row] - greedy.reals("log_prob")[row])) < kTolerance);
  }
}

TEST_CASE("as many beams as there are sequences find the most probable one, never below the greedy one") {
  PointerOptions options = small("lstm");
  Network network(options, 4, 4);
  const Evaluated greedy = network.decode();
  network.options.beam = 24;
  const Evaluated beam = network.decode();
  std::vector<double> best(4, -1e30);
  std::vector<Index> order{0, 1, 2, 3};
  do {
    for (std::size_t b = 0; b < 4; ++b)
      std::copy(order.begin(), order.end(), network.feeds["targets"].indices.begin() + static_cast<std::ptrdiff_t>(4 * b));
    const auto log_probs = forced_log_prob(network);
    for (std::size_t b = 0; b < 4; ++b) best[b] = std::max(best[b], log_probs[b]);
  } while (std::next_permutation(order.begin(), order.end()));
  for (std::size_t b = 0; b < 4; ++b) {
    CHECK(std::abs(static_cast<double>(beam.reals("log_prob")[b]) - best[b]) < kTolerance * 10);
    CHECK(static_cast<double>(beam.reals("log_prob")[b] - greedy.reals("log_prob")[b]) > -kTolerance);
  }
}

TEST_CASE("the set encoder ignores the order of the items, the sequence encoder does not") {
  for (const PointerOptions& options : both_encoders()) {
    Network network(options, 2, 5);
    network.feeds["items"].reals = {Real(0.1), Real(0.2), Real(0.3), Real(0.4), Real(0.5),
                                    Real(0.5), Real(0.4), Real(0.3), Real(0.2), Real(0.1)};
    network.feeds["targets"].indices = {0, 1, 2, 3, 4, 4, 3, 2, 1, 0};
    const auto log_probs = forced_log_prob(network);
    const bool is_equal = std::abs(log_probs[0] - log_probs[1]) < kTolerance * 10;
    CHECK(is_equal == (options.encoder == "set"));
  }
}

TEST_CASE("a pointer network rejects what it cannot train, and says what to do") {
  const Feeds feeds = random_feeds(2, 3, 1);
  PointerOptions options;
  options.site = "additive | dense | argmax | straight_through";
  CHECK_THROWS_WITH_AS(graph_of(options, Mode::kTrain, feeds), doctest::Contains("selector 'softmax'"), Error);
  options = {};
  options.encoder = "lstn";
  CHECK_THROWS_WITH_AS(graph_of(options, Mode::kTrain, feeds), doctest::Contains("Did you mean 'lstm'"), Error);
  CHECK_THROWS_WITH_AS(graph_of({}, Mode::kTrain, without_targets(feeds)), doctest::Contains("'targets'"), Error);
}
