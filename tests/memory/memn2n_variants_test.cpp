#include <doctest/doctest.h>

#include <cmath>
#include <functional>

#include "modules/memory/memn2n.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using testing::difference;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

constexpr Extent kWords = 5;
constexpr Extent kWidth = 3;
constexpr Extent kSlots = 4;

// One story of three sentences of two words, the last one empty where word 0 is no word, and a question of one word.
const Indices kStory{1, 2, 3, 0, 0, 0};
const Indices kQuestion{4};

MemN2NOptions plain(Extent hops = 1) {
  MemN2NOptions options;
  options.words = kWords;
  options.width = kWidth;
  options.slots = kSlots;
  options.hops = hops;
  options.encoding = "bag_of_words";
  return options;
}

struct Network {
  MemN2NOptions options;
  Indices mask{};

  std::shared_ptr<const Graph> build() const {
    Builder b;
    MemN2N network(b, options);
    const Value story = b.input("story", {{1, 3, 2}, Kind::kIndex});
    const Value question = b.input("question", {{1, 1}, Kind::kIndex});
    const Value allowed = mask.empty() ? Value() : b.input("mask", {{1, 3}, Kind::kIndex});
    b.output("scores", network(story, question, allowed).scores);
    return b.freeze();
  }
};

// Rows of a table [rows, kWidth], all different.
Reals table(std::uint32_t seed, Extent rows) {
  Reals values(static_cast<std::size_t>(rows * kWidth));
  Rng({.seed = seed}).fill_normal(values);
  return values;
}

class Run {
 public:
  explicit Run(Network network, const Indices& story = kStory) : network_(std::move(network)), run_(network_.build()) {
    story_ = story;
    run_.bind("story", story_.data());
    run_.bind("question", kQuestion.data());
    if (!network_.mask.empty()) run_.bind("mask", network_.mask.data());
    const bool has_time = network_.options.time != "none";
    for (Extent k = 0; k <= network_.options.hops; ++k) {
      const std::string number = std::to_string(k);
      run_.set("embedding_" + number, table(static_cast<std::uint32_t>(k) + 1, kWords));
      if (has_time) run_.set("temporal_" + number, table(static_cast<std::uint32_t>(k) + 11, kSlots));
    }
  }

  ModelRun& model() { return run_; }
  Reals scores() {
    run_.run({{"scores", 1}});
    const Tensor out = run_.output("scores");
    return {out.real(), out.real() + out.size()};
  }

 private:
  Network network_;
  Indices story_;
  ModelRun run_;
};

Reals row(const Reals& values, Index number) {
  const auto begin = values.begin() + number * static_cast<Index>(kWidth);
  return {begin, begin + kWidth};
}

Reals plus(Reals a, const Reals& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

Real product(const Reals& a, const Reals& b) {
  Real sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Sentence i of kStory by the tables of number k, as a bag of words without time.
Reals sentence(std::uint32_t k, std::size_t i) {
  const Reals words = table(k + 1, kWords);
  return plus(row(words, kStory[2 * i]), row(words, kStory[2 * i + 1]));
}

Reals answers(const Reals& state) {
  Reals scores;
  for (Index word = 0; word < kWords; ++word) scores.push_back(product(state, row(table(2, kWords), word)));
  return scores;
}

// By hand, for one hop without time: weights of the three sentences from their scores, and the next state.
Reals expected(const std::function<Reals(const Reals&)>& weigh,
               const std::function<Reals(const Reals&, const Reals&)>& next) {
  const Reals state = row(table(1, kWords), kQuestion[0]);
  Reals scores;
  for (std::size_t i = 0; i < 3; ++i) scores.push_back(product(state, sentence(0, i)));
  const Reals weights = weigh(scores);
  Reals read(kWidth, 0);
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t d = 0; d < kWidth; ++d) read[d] += weights[i] * sentence(1, i)[d];
  }
  return answers(next(state, read));
}

Reals softmax_of(const Reals& scores) {
  Reals weights;
  Real total = 0;
  for (const Real score : scores) total += weights.emplace_back(std::exp(score));
  for (Real& weight : weights) weight /= total;
  return weights;
}

Reals identity(const Reals& scores) { return scores; }

MemN2NOptions timeless() {
  MemN2NOptions options = plain();
  options.time = "none";
  return options;
}

constexpr double kLimit = 10 * testing::kValueLimit;

}  // namespace

TEST_CASE("without time a memory network reads sentences by their words alone") {
  CHECK(difference(Run({timeless()}).scores(), expected(softmax_of, plus)) < kLimit);
}

TEST_CASE("layer-wise tying carries the state through a matrix") {
  MemN2NOptions options = timeless();
  options.tying = "layer_wise";
  Run run({options});
  run.model().set("embedding_question", table(1, kWords));
  run.model().set("embedding_answer", table(2, kWords));
  run.model().set("state", {2, 0, 0, 0, 2, 0, 0, 0, 2});
  const auto next = [](const Reals& state, const Reals& read) { return plus(plus(state, state), read); };
  CHECK(difference(run.scores(), expected(softmax_of, next)) < kLimit);
}

TEST_CASE("a map of the state is of no hop, of all or of each, whatever the tying") {
  const auto doubled = [](const Reals& state, const Reals& read) { return plus(plus(state, state), read); };
  MemN2NOptions options = timeless();
  for (const auto& [map, name] : {std::pair<const char*, const char*>{"shared", "state"}, {"hop", "state_0"}}) {
    options.state_map = map;
    Run run({options});
    run.model().set(name, {2, 0, 0, 0, 2, 0, 0, 0, 2});
    CHECK(difference(run.scores(), expected(softmax_of, doubled)) < kLimit);
  }
  options = plain(3);
  options.tying = "layer_wise";
  for (const auto& [map, count] : {std::pair<const char*, int>{"tied", 1}, {"none", 0}, {"shared", 1}, {"hop", 3}}) {
    options.state_map = map;
    int found = 0;
    for (const Node& node : Network{options}.build()->nodes()) {
      if (node.kind == Node::Kind::kParameter && node.path.find("state") == 0) ++found;
    }
    CHECK(found == count);
  }
}

TEST_CASE("the state of each hop goes through the map of that hop") {
  MemN2NOptions options = plain(2);
  options.state_map = "hop";
  Run run({options});
  run.model().set("state_0", {2, 0, 0, 0, 2, 0, 0, 0, 2});
  run.model().set("state_1", {1, 0, 0, 0, 1, 0, 0, 0, 1});
  const Reals before = run.scores();
  run.model().set("state_1", {0, 1, 0, 0, 0, 1, 1, 0, 0});
  CHECK(difference(run.scores(), before) > kLimit);
}

TEST_CASE("the encoding is by position where it is asked for") {
  MemN2NOptions options = timeless();
  const Indices swapped{2, 1, 3, 0, 0, 0};
  CHECK(difference(Run({options}, swapped).scores(), Run({options}).scores()) < kLimit);
  options.encoding = "position";
  CHECK(difference(Run({options}, swapped).scores(), Run({options}).scores()) > kLimit);
}

TEST_CASE("a linear start reads with scores in the place of weights, as far as it goes") {
  MemN2NOptions options = timeless();
  options.linear_start = "1";
  CHECK(difference(Run({options}).scores(), expected(identity, plus)) < kLimit);
  options.linear_start = "0.25";
  const auto mixed = [](const Reals& scores) {
    Reals weights = softmax_of(scores);
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = Real(0.75) * weights[i] + Real(0.25) * scores[i];
    return weights;
  };
  CHECK(difference(Run({options}).scores(), expected(mixed, plus)) < kLimit);
}

TEST_CASE("a linear start that is over has no effect, to the bit") {
  MemN2NOptions options = plain(3);
  const Reals without = Run({options}).scores();
  options.linear_start = "plateau(from=0, to=0)";
  CHECK(Run({options}).scores() == without);
}

TEST_CASE("a linear start does not read what is masked") {
  MemN2NOptions options = plain(2);
  options.linear_start = "1";
  const Network network{options, {1, 0, 1}};
  CHECK(Run(network, {1, 2, 4, 4, 0, 0}).scores() == Run(network).scores());
  CHECK(Run(network, {1, 2, 3, 0, 4, 4}).scores() != Run(network).scores());
}

TEST_CASE("a gate says how much of what is read replaces the state") {
  for (const char* gate : {"hop", "shared"}) {
    MemN2NOptions options = timeless();
    options.gate = gate;
    const std::string name = options.gate == "hop" ? "gate_0" : "gate";
    Run run({options});
    run.model().set(name + "/weight", Reals(kWidth * kWidth, 0));
    for (const Real bias : {Real(-60), Real(0), Real(60)}) {
      run.model().set(name + "/bias", Reals(kWidth, bias));
      const auto gated = [bias](const Reals& state, const Reals& read) {
        const Real t = 1 / (1 + std::exp(-bias));
        Reals next;
        for (std::size_t d = 0; d < kWidth; ++d) next.push_back(t * read[d] + (1 - t) * state[d]);
        return next;
      };
      CHECK(difference(run.scores(), expected(softmax_of, gated)) < kLimit);
    }
  }
}

TEST_CASE("gates of hops are apart, or one") {
  for (const auto& [gate, count] : {std::pair<const char*, int>{"hop", 3}, {"shared", 1}, {"none", 0}}) {
    MemN2NOptions options = plain(3);
    options.gate = gate;
    int found = 0;
    for (const Node& node : Network{options}.build()->nodes()) {
      if (node.kind == Node::Kind::kParameter && node.path.find("gate") == 0 && node.path.ends_with("/weight")) ++found;
    }
    CHECK(found == count);
  }
}

TEST_CASE("a nonlinear network rectifies the first half of the units, rounded up") {
  MemN2NOptions options = timeless();
  options.nonlinear = true;
  const auto rectified = [](const Reals& state, const Reals& read) {
    Reals next = plus(state, read);
    for (std::size_t d = 0; d < 2; ++d) next[d] = std::max(next[d], Real(0));
    return next;
  };
  CHECK(difference(Run({options}).scores(), expected(softmax_of, rectified)) < kLimit);
  CHECK(difference(Run({options}).scores(), Run({timeless()}).scores()) > kLimit);
}

TEST_CASE("the null word is zero everywhere and learns nothing") {
  MemN2NOptions options = plain(2);
  options.null_word = true;
  Run run({options});
  CHECK(run.scores()[0] == 0);
  for (const char* name : {"embedding_0", "embedding_1", "embedding_2"}) {
    const Tensor gradient = run.model().gradient(name);
    const Reals values{gradient.real(), gradient.real() + gradient.size()};
    CHECK(row(values, 0) == Reals(kWidth, 0));
    CHECK(row(values, 1) != Reals(kWidth, 0));
  }
  // The empty sentence has no time either: the place of its slot is of no sentence.
  const Tensor gradient = run.model().gradient("temporal_1");
  const Reals times{gradient.real(), gradient.real() + gradient.size()};
  CHECK(row(times, 1) != Reals(kWidth, 0));
  CHECK(row(times, 2) == Reals(kWidth, 0));
}

TEST_CASE("with ages it does not matter how many empty sentences stand behind a story") {
  MemN2NOptions options = plain(2);
  options.null_word = true;
  options.time = "age";
  CHECK(difference(Run({options}, {0, 0, 1, 2, 3, 0}).scores(), Run({options}, {1, 2, 3, 0, 0, 0}).scores()) < kLimit);
  CHECK(difference(Run({options}, {3, 0, 1, 2, 0, 0}).scores(), Run({options}, {1, 2, 3, 0, 0, 0}).scores()) > kLimit);
  options.time = "slot";
  CHECK(difference(Run({options}, {0, 0, 1, 2, 3, 0}).scores(), Run({options}, {1, 2, 3, 0, 0, 0}).scores()) > kLimit);
}

TEST_CASE("noise in time is for training") {
  MemN2NOptions options = plain(2);
  const Reals without = Run({options}).scores();
  options.time_noise = 1;
  Run run({options});
  run.model().context.mode = Mode::kEvaluate;
  CHECK(run.scores() == without);
  run.model().context.mode = Mode::kTrain;
  int changed = 0;
  for (std::uint32_t step = 0; step < 20; ++step) {
    run.model().context.step = step;
    changed += run.scores() == without ? 0 : 1;
  }
  CHECK(changed > 5);
}

TEST_CASE("every variant has the gradients that central differences give") {
  std::vector<MemN2NOptions> variants(8, plain(2));
  variants[0].time = "none";
  variants[1].time = "age";
  variants[1].null_word = true;
  variants[1].time_noise = 0.5;
  variants[2].linear_start = "0.5";
  variants[3].gate = "hop";
  variants[4].gate = "shared";
  variants[4].nonlinear = true;
  variants[5].linear_start = "1";
  variants[6].reads = 2;
  variants[6].combine = "mlp";
  variants[7].state_map = "hop";
  variants[7].gate = "hop";
  variants[7].nonlinear = true;
  for (MemN2NOptions& options : variants) {
    for (const char* tying : {"adjacent", "layer_wise"}) {
      options.tying = tying;
      const Network network{options};
      ModelRun run(network.build());
      run.bind("story", kStory.data());
      run.bind("question", kQuestion.data());
      CAPTURE(&options - variants.data());
      CAPTURE(tying);
      CHECK(run.gradient_error({{"scores", 3}}) < test::kGradientLimit);
    }
  }
}

}  // namespace fovea
