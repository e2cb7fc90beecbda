#include "tests/memory/memn2n_toy.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace fovea {

using namespace memn2n_toy;
using testing::difference;

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

TEST_CASE("a map of the state belongs to no hop, to all or to each, whatever the tying") {
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
    const auto graph = Network{options}.build();
    for (const Node& node : graph->nodes()) {
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

TEST_CASE("gates of hops are separate, or one for all") {
  for (const auto& [gate, count] : {std::pair<const char*, int>{"hop", 3}, {"shared", 1}, {"none", 0}}) {
    MemN2NOptions options = plain(3);
    options.gate = gate;
    int found = 0;
    const auto graph = Network{options}.build();
    for (const Node& node : graph->nodes()) {
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

}  // namespace fovea
