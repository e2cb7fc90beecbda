#include "modules/seq2seq/choice_decoder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "tests/pointer/evaluated.h"
#include "tests/support/model_run.h"

namespace {

using namespace fovea;
using seq2seq::ChoiceDecoderOptions;
using test::Data;
using test::Evaluated;
using test::Feeds;

constexpr double kClose = sizeof(Real) == 8 ? 1e-10 : 2e-4;
constexpr Extent kItems = 4;

ChoiceDecoderOptions small(const std::string& attention = "marginal",
                           const std::string& site = "bilinear | dense | softmax | none") {
  return {.words = 5, .outputs = 3, .embedding = 2, .hidden = 3, .site = site, .attention = attention};
}

struct Way {
  const char* attention;
  const char* site;
};

/// Two rows of four items, of which `mask` says what is there.
Feeds feeds_of(const std::vector<Index>& mask = {1, 1, 1, 1, 1, 1, 0, 0}) {
  const std::vector<Real> items{Real(0.3), -1,         2,         Real(0.7), Real(-0.4), Real(1.1), Real(-2),  Real(0.2),
                                Real(1.5), Real(-0.6), Real(0.9), Real(0.1), Real(-1.2), 1,         Real(0.8), Real(-0.5)};
  return {{"items", Data::real({2, kItems, 2}, items)},
          {"mask", Data::index({2, kItems}, mask)},
          {"targets", Data::index({2, 3}, {0, 3, 1, 4, 2, -1})}};
}

std::shared_ptr<const Graph> graph_of(const ChoiceDecoderOptions& options, Mode mode, const Feeds& feeds) {
  Builder b("model", mode);
  const Value items = b.input("items", feeds.at("items").type);
  const Value mask = b.input("mask", feeds.at("mask").type);
  const seq2seq::Memory memory{.items = items, .mask = mask, .summary = mean(items, 1)};
  if (mode == Mode::kTrain) {
    teach_choices(b, memory, b.input("targets", feeds.at("targets").type), options);
  } else {
    decode_choices(b, memory, options);
  }
  return b.freeze();
}

/// A decoder with large random parameters, so that its choices are far from uniform.
struct Network {
  ChoiceDecoderOptions options;
  Feeds feeds = feeds_of();
  std::shared_ptr<const Graph> teaching;
  ParameterStore store;

  explicit Network(const ChoiceDecoderOptions& o)
      : options(o), teaching(graph_of(o, Mode::kTrain, feeds)), store(*teaching) {
    store.initialise(11);
    for (Real& value : store.values()) value *= 3;
  }
  Evaluated taught(const Feeds& with) { return {teaching, with, store}; }
  Evaluated decoded() {
    Feeds with = feeds;
    with.erase("targets");
    return {graph_of(options, Mode::kEvaluate, feeds), with, store};
  }
  std::vector<Real> costs() { return taught(feeds).reals("cost"); }
};

test::ModelRun bound(const ChoiceDecoderOptions& options, const Feeds& feeds) {
  test::ModelRun run(graph_of(options, Mode::kTrain, feeds));
  for (const auto& [name, data] : feeds) run.bind(name, data.data());
  return run;
}

/// What each word of the first row costs where one item alone may be seen: [3, kItems]. The words before it are given, so
/// that the costs of the words up to each of them are measured.
std::vector<double> costs_by_item(Network& network) {
  std::vector<double> costs(3 * kItems);
  for (std::size_t n = 0; n < kItems; ++n) {
    Feeds feeds = network.feeds;
    feeds["mask"].indices.assign(2 * kItems, 0);
    feeds["mask"].indices[n] = 1;
    double before = 0;
    for (std::size_t m = 0; m < 3; ++m) {
      feeds["targets"].indices = network.feeds["targets"].indices;
      for (std::size_t later = m + 1; later < 3; ++later) feeds["targets"].indices[later] = -1;
      const double until = 3 * static_cast<double>(network.taught(feeds).reals("cost")[0]);
      costs[m * kItems + n] = until - before;
      before = until;
    }
  }
  return costs;
}

/// A network in which all four items of both rows are equally probable.
Network undecided(const std::string& attention, const std::string& site) {
  Network network(small(attention, site));
  const Tensor weight = network.store.view("decoder/attention/weight");
  std::fill_n(weight.real(), weight.size(), Real(0));
  network.feeds["mask"].indices.assign(2 * kItems, 1);
  return network;
}

}  // namespace

TEST_CASE("a marginal decoder costs minus the log of the sum over all alignments") {
  Network network = undecided("marginal", "bilinear | dense | softmax | none");
  const std::vector<double> costs = costs_by_item(network);
  double sum = 0;
  for (std::size_t a = 0; a < kItems; ++a) {
    for (std::size_t b = 0; b < kItems; ++b) {
      for (std::size_t c = 0; c < kItems; ++c) {
        sum += std::exp(-costs[a] - costs[kItems + b] - costs[2 * kItems + c]) / (kItems * kItems * kItems);
      }
    }
  }
  CHECK(std::abs(3 * static_cast<double>(network.costs()[0]) + std::log(sum)) < kClose);
}

TEST_CASE("draws of every item, by the estimator exact, cost the mean over items") {
  Network network = undecided("draws", "bilinear | dense | sample | exact");
  Network same = undecided("marginal", "bilinear | dense | softmax | none");
  const std::vector<double> costs = costs_by_item(same);
  double mean = 0;
  for (const double cost : costs) mean += cost / kItems;
  CHECK(std::abs(3 * static_cast<double>(network.costs()[0]) - mean) < kClose);
}

TEST_CASE("a marginal over the best items is the marginal over all where all are best") {
  Network whole(small("marginal", "bilinear | dense | softmax | none"));
  Network kept(small("marginal", "bilinear | dense | top_k(4) | none"));
  const std::vector<Real> wanted = whole.costs();
  const std::vector<Real> found = kept.costs();
  for (std::size_t b = 0; b < 2; ++b) CHECK(std::abs(static_cast<double>(found[b] - wanted[b])) < kClose);
  test::ModelRun one = bound(whole.options, whole.feeds);
  test::ModelRun other = bound(kept.options, kept.feeds);
  for (test::ModelRun* run : {&one, &other}) run->run({{"cost", 3}});
  for (const char* path : {"decoder/attention/weight", "decoder/items/weight", "decoder/gru/weight_hh"}) {
    const Tensor a = one.gradient(path);
    const Tensor b = other.gradient(path);
    for (Extent i = 0; i < a.size(); ++i) CHECK(std::abs(static_cast<double>(a.real()[i] - b.real()[i])) < kClose);
  }
}

TEST_CASE("the gradient of a choice decoder agrees with central differences") {
  for (const Way& way : std::vector<Way>{{"read", "additive(width=3) | dense | softmax | none"},
                                         {"marginal", "additive(width=3) | dense | softmax | none"},
                                         {"marginal", "bilinear | dense | sparsemax | none"},
                                         {"marginal", "bilinear | dense | softmax(temperature=2) | none"},
                                         {"draws", "bilinear | dense | sample | exact"}}) {
    CAPTURE(way.attention);
    CAPTURE(way.site);
    CHECK(bound(small(way.attention, way.site), feeds_of()).gradient_error({{"cost", 3}}) < test::kGradientLimit);
  }
}

TEST_CASE("greedy decoding by choices agrees with teacher forcing on its own words") {
  for (const Way& way : std::vector<Way>{{"read", "bilinear | dense | softmax | none"},
                                         {"read", "bilinear | dense | top_k(2) | none"},
                                         {"marginal", "bilinear | dense | softmax | none"},
                                         {"marginal", "bilinear | dense | sparsemax | none"}}) {
    CAPTURE(way.attention);
    CAPTURE(way.site);
    Network network(small(way.attention, way.site));
    const Evaluated decoded = network.decoded();
    network.feeds["targets"].indices = decoded.indices("answers");
    const std::vector<Real> costs = network.costs();
    for (std::size_t b = 0; b < 2; ++b) {
      CHECK(std::abs(static_cast<double>(costs[b] * 3 + decoded.reals("log_prob")[b])) < kClose);
    }
  }
}

TEST_CASE("what is masked changes nothing that a choice decoder writes") {
  for (const char* attention : {"read", "marginal", "draws"}) {
    const bool draws = std::string(attention) == "draws";
    Network network(small(
        attention, draws ? "bilinear | dense | sample | unordered_set(draws=2)" : "bilinear | dense | softmax | none"));
    // The summary stays the same: what the masked items of the second row add up to is as before.
    const auto change = [&](Real by) {
      network.feeds["items"].reals[12] += by;
      network.feeds["items"].reals[14] -= by;
    };
    const Evaluated before = network.decoded();
    const std::vector<Real> costs = network.costs();
    change(8);
    const Evaluated after = network.decoded();
    CAPTURE(attention);
    CHECK(after.indices("answers") == before.indices("answers"));
    CHECK(std::abs(static_cast<double>(network.costs()[1] - costs[1])) < kClose);
    CHECK(std::abs(static_cast<double>(after.reals("log_prob")[1] - before.reals("log_prob")[1])) < kClose);
  }
}

TEST_CASE("every way of attention publishes its choices for every step, and moves its scorer") {
  for (const Way& way : std::vector<Way>{{"read", "bilinear | dense | argmax | straight_through"},
                                         {"read", "bilinear | dense | sample | reinforce"},
                                         {"marginal", "bilinear | dense | softmax | none"},
                                         {"draws", "bilinear | dense | sample | unordered_set(draws=2)"},
                                         {"draws", "bilinear | dense | sample | reinforce(baseline=leave_one_out)"}}) {
    CAPTURE(way.site);
    const Feeds feeds = feeds_of();
    for (const Mode mode : {Mode::kTrain, Mode::kEvaluate}) {
      const auto graph = graph_of(small(way.attention, way.site), mode, feeds);
      REQUIRE(graph->sites().size() == 1);
      CHECK(graph->sites()[0].path == "decoder/steps/attention");
      CHECK(graph->sites()[0].is_stacked == (mode == Mode::kEvaluate));
    }
    test::ModelRun run = bound(small(way.attention, way.site), feeds);
    const std::vector<Real> advantages{1, -1};
    const std::vector<std::span<const Real>> slots{advantages};
    run.context.advantages = slots;
    run.run({{"cost", 3}});
    const Tensor gradient = run.gradient("decoder/attention/weight");
    CHECK(std::any_of(gradient.real(), gradient.real() + gradient.size(), [](Real g) { return g != 0; }));
  }
}

TEST_CASE("a choice decoder refuses sites that do not fit its way of attention") {
  const auto build = [](const char* attention, const char* site) {
    graph_of(small(attention, site), Mode::kTrain, feeds_of());
  };
  CHECK_THROWS_WITH_AS(build("read", "bilinear | causal | softmax | none"), doctest::Contains("use dense"), Error);
  CHECK_THROWS_WITH_AS(build("marginal", "bilinear | dense | sample | reinforce"), doctest::Contains("use none"), Error);
  CHECK_THROWS_WITH_AS(build("marginal", "bilinear | dense | argmax | none"), doctest::Contains("argmax"), Error);
  CHECK_THROWS_WITH_AS(build("draws", "bilinear | dense | softmax | none"), doctest::Contains("several draws"), Error);
  CHECK_THROWS_WITH_AS(build("draws", "bilinear | dense | sample | reinforce"), doctest::Contains("several draws"), Error);
  CHECK_THROWS_WITH_AS(build("both", "bilinear | dense | softmax | none"), doctest::Contains("'both'"), Error);
  ChoiceDecoderOptions options = small();
  options.words = 0;
  CHECK_THROWS_WITH_AS(graph_of(options, Mode::kTrain, feeds_of()), doctest::Contains("'words'"), Error);
}
