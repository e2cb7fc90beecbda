#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "modules/routing/assign.h"
#include "tests/support/gradient_check.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

using test::ModelRun;
using Reals = std::vector<Real>;
using Indices = std::vector<Index>;

/// One batch element, distributed by a policy.
struct Shared {
  Indices wanted, kept, counts, dropped;
};

struct SharingInputs {
  Extent rows = 0;
  Extent experts = 0;
  Reals gates;
  Reals scores{};
  Reals bias{};
  Indices ids{};
  Mode mode = Mode::kTrain;
  std::uint32_t step = 0;
};

Shared shared(const std::string& text, const SharingInputs& in) {
  const auto policy = Registry<RoutingPolicy>::instance().parse(text).plugin;
  const Extent places = policy->places(in.experts, in.experts);
  const auto size = static_cast<std::size_t>(in.rows * places);
  Shared out{Indices(size, -1), Indices(size, -1), Indices(static_cast<std::size_t>(in.rows), 0),
             Indices(static_cast<std::size_t>(in.rows), 0)};
  Reals scratch(static_cast<std::size_t>(policy->scratch(in.rows, in.experts)), Real(-7));
  policy->assign({.rows = in.rows,
                  .experts = in.experts,
                  .places = places,
                  .gates = in.gates,
                  .scores = in.scores,
                  .bias = in.bias,
                  .ids = in.ids,
                  .rng = Rng({.seed = 1, .stream = 2, .step = in.step}),
                  .mode = in.mode,
                  .scratch = scratch,
                  .wanted = out.wanted,
                  .kept = out.kept,
                  .counts = out.counts,
                  .dropped = out.dropped});
  return out;
}

Indices load_of(const Shared& out, Extent experts) {
  Indices load(static_cast<std::size_t>(experts), 0);
  for (const Index expert : out.kept) {
    if (expert >= 0) ++load[expert];
  }
  return load;
}

// Rows 0, 1, 2 want expert 0, row 3 wants expert 1.
const SharingInputs kCrowd{4, 3, {0.6F, 0.3F, 0.1F, 0.5F, 0.2F, 0.3F, 0.7F, 0.2F, 0.1F, 0.1F, 0.8F, 0.1F}};

/// Gates of many rows, of which most prefer the first experts.
SharingInputs crowd(Extent rows, Extent experts) {
  SharingInputs in{rows, experts, {}};
  const auto drawn = testing::random_input({rows, experts}, 3, -1.5, 1.5);
  for (Extent row = 0; row < rows; ++row) {
    Reals own;
    for (Extent e = 0; e < experts; ++e) {
      own.push_back(drawn.reals[row * experts + e] - Real(0.5) * static_cast<Real>(e));
    }
    Real sum = 0;
    for (const Real score : own) sum += std::exp(score);
    for (const Real score : own) in.gates.push_back(std::exp(score) / sum);
    in.scores.insert(in.scores.end(), own.begin(), own.end());
  }
  return in;
}

}  // namespace

TEST_CASE("switch gives room for ceil(capacity M / E) rows in order, and drops the others") {
  const Shared out = shared("switch(capacity=1.5)", kCrowd);  // 1.5 * 4 / 3 = 2
  CHECK(out.wanted == Indices{0, 0, 0, 1});
  CHECK(out.kept == Indices{0, 0, -1, 1});
  CHECK(out.counts == Indices{1, 1, 0, 1});
  CHECK(out.dropped == Indices{0, 0, 1, 0});
  CHECK(shared("switch(capacity=1.51)", kCrowd).kept == Indices{0, 0, 0, 1});  // room for 3
}

TEST_CASE("switch with overflow sends rows to their next best expert with room, after all have tried their best") {
  // Room for 2: row 2 finds expert 0 full. Its next best is expert 1, which has one row.
  CHECK(shared("switch(capacity=1.5, over=overflow)", kCrowd).kept == Indices{0, 0, 1, 1});
  // Room for 2 (ceil(4 / 3)) and 1 (0.75 * 4 / 3): rows 1 and 2 wait until row 3 has expert 1; row 1 prefers expert 2.
  const Shared tight = shared("switch(capacity=0.75, over=overflow)", kCrowd);
  CHECK(tight.kept == Indices{0, 2, -1, 1});
  CHECK(tight.wanted == Indices{0, 0, 0, 1});
  CHECK(tight.dropped == Indices{0, 0, 1, 0});
}

TEST_CASE("switch has another capacity in evaluation where it is asked for") {
  SharingInputs in = kCrowd;
  in.mode = Mode::kEvaluate;
  CHECK(shared("switch(capacity=0.75, evaluation_capacity=3)", in).dropped == Indices{0, 0, 0, 0});
  CHECK(shared("switch(capacity=0.75)", in).dropped == Indices{0, 1, 1, 0});
}

TEST_CASE("top_2 fills first choices before second ones") {
  // First choices 0, 0, 0, 1; second ones 1, 2, 1, 0 (the lower of equals). Room for ceil(0.75 * 2 * 4 / 3) = 2.
  const Shared out = shared("top_2(capacity=0.75)", kCrowd);
  CHECK(out.wanted == Indices{0, 1, 0, 2, 0, 1, 1, 0});
  CHECK(out.kept == Indices{0, 1, 0, 2, -1, -1, 1, -1});
  CHECK(out.dropped == Indices{0, 0, 2, 1});
  CHECK(shared("top_2(capacity=0)", kCrowd).dropped == Indices{0, 0, 0, 0});
}

TEST_CASE("top_2 asks for the second expert by its share of the two gates") {
  // Shares of the second gates: 1/3, 3/8, 2/9, 1/9.
  CHECK(shared("top_2(second=threshold, threshold=0.3, capacity=0)", kCrowd).wanted == Indices{0, 1, 0, 2, 0, -1, 1, -1});
  SharingInputs in = kCrowd;
  in.mode = Mode::kEvaluate;  // those of a probability of at least a half
  CHECK(shared("top_2(second=random, capacity=0)", in).wanted == Indices{0, 1, 0, 2, 0, -1, 1, -1});
}

TEST_CASE("top_2 draws the second expert with twice its share as probability") {
  std::vector<double> seen(4, 0);
  SharingInputs in = kCrowd;
  const int draws = 4000;
  for (in.step = 0; in.step < draws; ++in.step) {
    const Shared out = shared("top_2(second=random, capacity=0)", in);
    for (std::size_t row = 0; row < 4; ++row) seen[row] += out.wanted[2 * row + 1] >= 0 ? 1.0 / draws : 0;
  }
  const std::vector<double> expected{2.0 / 3, 3.0 / 4, 4.0 / 9, 2.0 / 9};
  for (std::size_t row = 0; row < 4; ++row) CHECK(std::abs(seen[row] - expected[row]) < 0.035);  // 4.5 deviations
}

TEST_CASE("expert_choice gives every expert its best rows, and the same number to all") {
  // Room for 2 of 4: expert 0 takes rows 2 and 0, expert 1 rows 3 and 0, expert 2 rows 1 and, of equals, 0.
  const Shared out = shared("expert_choice(capacity=1.5)", kCrowd);
  CHECK(out.kept == Indices{0, 1, 2, 2, -1, -1, 0, -1, -1, 1, -1, -1});
  CHECK(out.counts == Indices{3, 1, 1, 1});
  const Shared equals = shared("expert_choice(capacity=1)", {4, 2, Reals(8, Real(0.5))});  // the lowest rows
  CHECK(equals.counts == Indices{2, 2, 0, 0});
  const Shared many = shared("expert_choice(capacity=2)", crowd(64, 8));
  CHECK(load_of(many, 8) == Indices(8, 16));
  for (std::size_t row = 0; row < 64; ++row) CHECK(many.dropped[row] == (many.counts[row] == 0 ? 1 : 0));
}

TEST_CASE("hash sends equal ids to equal experts, and spreads many") {
  SharingInputs in{6, 4, {}};
  in.ids = {5, 2, 5, -1, 9, 2};
  const Shared modulo = shared("hash(table=modulo)", in);
  CHECK(modulo.kept == Indices{1, 2, 1, -1, 1, 2});
  const Shared random = shared("hash", in);
  CHECK(random.kept[0] == random.kept[2]);
  CHECK(random.kept[1] == random.kept[5]);
  CHECK(random.counts == Indices{1, 1, 1, 0, 1, 1});
  in = {4000, 4, {}};
  in.ids.resize(4000);
  std::iota(in.ids.begin(), in.ids.end(), 0);
  for (const Index load : load_of(shared("hash", in), 4)) CHECK(std::abs(load - 1000) < 4.5 * std::sqrt(4000 * 3 / 16.0));
  CHECK(shared("hash(seed=1)", in).kept != shared("hash", in).kept);
}

TEST_CASE("bias decides what is chosen and leaves the order of equals") {
  SharingInputs in{2, 3, {0.5F, 0.3F, 0.2F, 0.2F, 0.4F, 0.4F}};
  in.bias = {0, 0, 0};
  CHECK(shared("bias(k=1)", in).kept == Indices{0, 1});
  in.bias = {-0.25F, 0, 0.2F};  // 0.25 0.3 0.4, -0.05 0.4 0.6
  CHECK(shared("bias(k=2)", in).kept == Indices{2, 1, 2, 1});
}

TEST_CASE("sinkhorn balances what best experts would not") {
  const SharingInputs in = crowd(96, 4);
  const Indices greedy = load_of(shared("switch(capacity=100)", in), 4);
  CHECK(*std::max_element(greedy.begin(), greedy.end()) > 36);  // of 24 on average
  const Indices planned = load_of(shared("sinkhorn(iterations=50, temperature=0.2)", in), 4);
  CHECK(*std::max_element(planned.begin(), planned.end()) <= 27);
  CHECK(load_of(shared("sinkhorn(assign=room)", in), 4) == Indices(4, 24));
  SharingInputs evaluated = in;
  evaluated.mode = Mode::kEvaluate;
  CHECK(load_of(shared("sinkhorn", evaluated), 4) == greedy);
  CHECK(load_of(shared("sinkhorn(evaluation=plan, assign=room)", evaluated), 4) == Indices(4, 24));
}

TEST_CASE("sinkhorn finds the plan of two rows and two experts") {
  // Both rows prefer expert 0, row 0 more so: scores 2 0 and 1 0. Balanced, row 0 gets it.
  const SharingInputs in{2, 2, {0.9F, 0.1F, 0.7F, 0.3F}, {2, 0, 1, 0}};
  CHECK(shared("sinkhorn", in).kept == Indices{0, 1});
}

TEST_CASE("no policy gives what the site does not offer, or anything twice, and all give nothing for a row without gates") {
  SharingInputs in = crowd(12, 5);
  for (std::size_t row = 0; row < 12; ++row) {
    in.gates[row * 5 + row % 5] = 0;
    if (row == 7) std::fill_n(in.gates.begin() + 35, 5, Real{0});
  }
  in.bias = Reals(5, 0);
  for (const char* text : {"site", "switch", "switch(over=overflow)", "top_2", "top_2(second=random)", "expert_choice",
                           "sinkhorn(k=2)", "sinkhorn(assign=room)", "bias(k=3)"}) {
    CAPTURE(text);
    const Shared out = shared(text, in);
    const std::size_t places = out.kept.size() / 12;
    for (std::size_t row = 0; row < 12; ++row) {
      std::vector<int> seen(5, 0);
      for (std::size_t k = 0; k < places; ++k) {
        const Index expert = out.kept[row * places + k];
        CHECK((expert >= 0) == (static_cast<Index>(k) < out.counts[row]));
        if (expert < 0) continue;
        CHECK(in.gates[row * 5 + static_cast<std::size_t>(expert)] > 0);
        CHECK(++seen[expert] == 1);
      }
    }
    CHECK(out.counts[7] == 0);
  }
}

TEST_CASE("room is the ceiling, also where a product is not quite whole") {
  CHECK(room_of(1.1, 1, 10, 1) == 11);
  CHECK(room_of(1.0, 1, 4, 3) == 2);
  CHECK(room_of(0.01, 1, 4, 3) == 1);
  CHECK(room_of(1.25, 2, 128, 8) == 40);
}

/// Shares out two rows among three experts in a wrong way.
class WrongPolicy final : public RoutingPolicy {
 public:
  WrongPolicy(Extent places, Index count, Index kept, Index wanted)
      : places_(places), count_(count), kept_(kept), wanted_(wanted) {}
  Extent places(Extent /*experts*/, Extent /*offered*/) const override { return places_; }
  void assign(const Assignment& run) const override {
    for (Index i = 0; i < count_; ++i) run.keep(1, kept_);
    if (count_ < 0) run.counts[1] = count_;
    if (count_ == 0) run.kept[0] = kept_;
    run.wanted_of(0, 1) = wanted_;
  }

 private:
  Extent places_;
  Index count_, kept_, wanted_;
};

TEST_CASE("what a policy says is checked before it is read") {
  const auto run = [](Extent places, Index count, Index kept, Index wanted) {
    Builder b;
    const Value gates = b.parameter("gates", {1, 2, 3});
    const auto policy = std::make_shared<WrongPolicy>(places, count, kept, wanted);
    b.output("kept", assign(policy, {.gates = gates}, {.experts = 3, .offered = 3}).kept);
    ModelRun(b.freeze()).run({});
  };
  CHECK_NOTHROW(run(2, 2, 2, -1));
  CHECK_THROWS_WITH_AS(run(0, 0, -1, 0), doctest::Contains("places: a number of places from 1 to 3 was expected; 0"), Error);
  CHECK_THROWS_WITH_AS(run(4, 0, -1, 0), doctest::Contains("a number of places from 1 to 3 was expected; 4 came"), Error);
  CHECK_THROWS_WITH_AS(run(2, 3, 1, 0), doctest::Contains("policy, assign: a count from 0 to 2 was expected; 3 came"),
                       Error);
  CHECK_THROWS_WITH_AS(run(2, -1, 1, 0), doctest::Contains("a count from 0 to 2 was expected; -1 came"), Error);
  CHECK_THROWS_WITH_AS(run(2, 1, 3, 0), doctest::Contains("`kept` from 0 to 2 was expected; 3 came"), Error);
  CHECK_THROWS_WITH_AS(run(2, 0, 1, 0), doctest::Contains("behind the count from -1 to -1 was expected; 1 came"), Error);
  CHECK_THROWS_WITH_AS(run(2, 1, 1, 3), doctest::Contains("`wanted` from -1 to 2 was expected; 3 came"), Error);
}

TEST_CASE("pick takes places along the last axis, and its gradient puts them back") {
  const auto x = testing::random_input({2, 3, 4}, 1);
  Builder b;
  const Value kept = b.input("kept", {{2, 3, 2}, Kind::kIndex});
  b.output("y", pick(b.parameter("x", {2, 3, 4}), kept));
  ModelRun run(b.freeze());
  const Indices places{0, 3, -1, 2, 1, 1, 3, 2, 0, -1, 2, 0};
  run.set("x", x.reals);
  run.bind("kept", places.data());
  run.run({{"y", 1}});
  for (std::size_t i = 0; i < 12; ++i) {
    const Index place = places[i];
    CHECK(run.output("y").real()[i] == (place < 0 ? 0 : x.reals[i / 2 * 4 + static_cast<std::size_t>(std::max(place, 0))]));
  }
  CHECK(run.gradient_error({{"y", 1}}) < test::kGradientLimit);
}

}  // namespace fovea
