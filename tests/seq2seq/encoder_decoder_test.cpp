#include "modules/seq2seq/encoder_decoder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "tests/pointer/evaluated.h"
#include "tests/support/model_run.h"

namespace {

using namespace fovea;
using test::Data;
using test::Evaluated;
using test::Feeds;

constexpr double kClose = sizeof(Real) == 8 ? 1e-10 : 2e-4;

EncoderDecoderOptions small(const std::string& site = "additive(width=3) | dense | softmax | none") {
  EncoderDecoderOptions options{.source_words = 6, .encoder_hidden = 2};
  options.decoder = {.words = 4, .outputs = 3, .embedding = 2, .hidden = 3, .site = site};
  return options;
}

/// Two rows of words, of lengths 4 and 2, padded to `length`.
Feeds feeds_of(Extent length) {
  std::vector<Index> source(static_cast<std::size_t>(2 * length), 0);
  const std::vector<Index> words{1, 5, 2, 4, 3, 1};
  std::copy_n(words.begin(), 4, source.begin());
  std::copy_n(words.begin() + 4, 2, source.begin() + length);
  return {{"source", Data::index({2, length}, source)}, {"targets", Data::index({2, 3}, {0, 3, 1, 2, 2, 0})}};
}

std::shared_ptr<const Graph> graph_of(const EncoderDecoderOptions& options, Mode mode, const Feeds& feeds) {
  Builder b("model", mode);
  InputTypes types;
  for (const auto& [name, data] : feeds) types[name] = data.type;
  encoder_decoder(b, types, options);
  return b.freeze();
}

Feeds without_targets(Feeds feeds) {
  feeds.erase("targets");
  return feeds;
}

/// A network with large random parameters, so that its choices are far from uniform.
struct Network {
  EncoderDecoderOptions options;
  Feeds feeds;
  std::shared_ptr<const Graph> teaching;
  ParameterStore store;

  explicit Network(const EncoderDecoderOptions& o, Extent length = 4)
      : options(o), feeds(feeds_of(length)), teaching(graph_of(o, Mode::kTrain, feeds)), store(*teaching) {
    store.initialise(11);
    for (Real& value : store.values()) value *= 3;
  }
  Evaluated decode(const Feeds& with) { return {graph_of(options, Mode::kEvaluate, with), without_targets(with), store}; }
};

test::ModelRun bound(const EncoderDecoderOptions& options, const Feeds& feeds) {
  test::ModelRun run(graph_of(options, Mode::kTrain, feeds));
  for (const auto& [name, data] : feeds) run.bind(name, data.data());
  return run;
}

}  // namespace

TEST_CASE("what follows the end of a row changes nothing that is written") {
  Network network(small());
  const Evaluated shorter = network.decode(feeds_of(4));
  const Evaluated longer = network.decode(feeds_of(9));
  CHECK(shorter.indices("answers") == longer.indices("answers"));
  for (std::size_t b = 0; b < 2; ++b) {
    CHECK(std::abs(static_cast<double>(shorter.reals("log_prob")[b] - longer.reals("log_prob")[b])) < kClose);
  }
}

namespace {

/// An encoder of two rows with the lengths 2 and 0; `padding` stands in all items behind them.
test::ModelRun encoder_of(Real padding) {
  Builder b;
  const Value words = b.constant("words", {2, 3, 1}, std::vector<Real>{Real(0.5), -1, padding, padding, padding, padding});
  const Value mask = b.constant("mask", {2, 3}, std::vector<Index>{1, 1, 0, 0, 0, 0});
  const Value x = multiply(words, b.parameter("scale", {1}));
  const seq2seq::Memory memory = bidirectional_encoder(b, "encoder", x, mask, 2);
  b.output("summary", memory.summary);
  b.output("items", memory.items);
  test::ModelRun run(b.freeze());
  run.set("scale", {1});
  for (const std::string name : {"encoder/forward", "encoder/reverse"}) {
    run.set(name + "/bias_ih", {Real(0.3), Real(-0.2), Real(0.4), Real(0.1), Real(0.7), Real(-0.6)});
  }
  return run;
}

std::vector<Real> reals_of(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

}  // namespace

TEST_CASE("the summary of a row without words is the state of no step, whatever stands in the padding") {
  test::ModelRun small = encoder_of(0);
  test::ModelRun large = encoder_of(1000);
  small.run({{"summary", 1}});
  large.run({{"summary", 1}});
  const std::vector<Real> summary = reals_of(small.output("summary"));
  CHECK(summary[0] != 0);
  CHECK(std::vector<Real>(summary.begin() + 2, summary.end()) == std::vector<Real>{0, 0});
  CHECK(reals_of(large.output("summary")) == summary);
  // The gradient of what the padding is multiplied by would grow with it.
  CHECK(reals_of(large.gradient("scale")) == reals_of(small.gradient("scale")));
  CHECK(encoder_of(Real(0.7)).gradient_error({{"summary", 1}}) < test::kGradientLimit);
}

TEST_CASE("what an encoder-decoder writes for a row without words does not follow the vector of the padding") {
  Network network(small());
  std::fill_n(network.feeds["source"].indices.begin() + 4, 4, Index{0});  // the second row
  const Evaluated before = network.decode(network.feeds);
  const std::vector<Real> cost = Evaluated(network.teaching, network.feeds, network.store).reals("cost");
  std::fill_n(network.store.view("embedding/weight").real(), 2, Real(7));
  const Evaluated after = network.decode(network.feeds);
  CHECK(after.reals("log_prob") == before.reals("log_prob"));
  CHECK(after.indices("answers") == before.indices("answers"));
  CHECK(Evaluated(network.teaching, network.feeds, network.store).reals("cost") == cost);
}

TEST_CASE("greedy decoding agrees with teacher forcing on its own words") {
  for (const char* site : {"additive | dense | softmax | none", "dot | dense | top_k(2) | none"}) {
    EncoderDecoderOptions options = small(site);
    options.decoder.hidden = 4;  // dot: as wide as the memory
    Network network(options);
    const Evaluated decoded = network.decode(network.feeds);
    network.feeds["targets"].indices = decoded.indices("answers");
    const Evaluated taught(network.teaching, network.feeds, network.store);
    CHECK(taught.reals("metric/sequence_accuracy") == std::vector<Real>{1, 1});
    for (std::size_t b = 0; b < 2; ++b) {
      CHECK(std::abs(static_cast<double>(taught.reals("cost")[b] * 3 + decoded.reals("log_prob")[b])) < kClose);
    }
  }
}

TEST_CASE("the gradient of an encoder-decoder agrees with central differences, also with an entropy bonus") {
  for (const char* entropy : {"0", "0.5"}) {
    EncoderDecoderOptions options = small();
    options.decoder.entropy = entropy;
    const Feeds feeds = feeds_of(4);
    CHECK(bound(options, feeds).gradient_error({{"cost", 3}}) < test::kGradientLimit);
  }
}

TEST_CASE("the entropy bonus lowers the cost by the entropy of uniform scores") {
  EncoderDecoderOptions options = small();
  const Feeds feeds = feeds_of(4);
  std::vector<Real> costs;
  for (const char* entropy : {"0", "1"}) {
    options.decoder.entropy = entropy;
    test::ModelRun run = bound(options, feeds);
    run.set("decoder/attention/v", {0, 0, 0});
    run.run({});
    costs.insert(costs.end(), run.output("cost").real(), run.output("cost").real() + 2);
  }
  CHECK(std::abs(static_cast<double>(costs[0] - costs[2]) - std::log(4.0)) < kClose);
  CHECK(std::abs(static_cast<double>(costs[1] - costs[3]) - std::log(2.0)) < kClose);
}

TEST_CASE("every site trains in the loop, and its choices are published for every step") {
  for (const char* site : {"additive(width=3) | dense | argmax | straight_through", "bilinear | dense | sample | reinforce",
                           "additive(width=3) | dense | top_k(2) | none"}) {
    CAPTURE(site);
    const Feeds feeds = feeds_of(4);
    test::ModelRun run = bound(small(site), feeds);
    const auto graph = graph_of(small(site), Mode::kEvaluate, feeds);
    REQUIRE(graph->sites().size() == 1);
    CHECK(graph->sites()[0].path == "decoder/steps/attention");
    CHECK(graph->sites()[0].is_stacked);
    const std::vector<Real> advantages{1, -1};
    const std::vector<std::span<const Real>> slots{advantages};
    run.context.advantages = slots;
    run.run({{"cost", 3}});
    const std::string scorer = std::string(site).starts_with("bilinear") ? "weight" : "weight_query";
    const Tensor gradient = run.gradient("decoder/attention/" + scorer);
    CHECK(std::any_of(gradient.real(), gradient.real() + gradient.size(), [](Real g) { return g != 0; }));
  }
}

TEST_CASE("an encoder-decoder without sizes or targets is an error that names them") {
  EncoderDecoderOptions options = small();
  options.decoder.words = 0;
  CHECK_THROWS_WITH_AS(graph_of(options, Mode::kTrain, feeds_of(4)), doctest::Contains("'words'"), Error);
  CHECK_THROWS_WITH_AS(graph_of(small(), Mode::kTrain, without_targets(feeds_of(4))), doctest::Contains("'targets'"), Error);
}
