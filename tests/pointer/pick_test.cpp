#include <doctest/doctest.h>

#include <cmath>

#include "modules/pointer/beam.h"
#include "modules/pointer/pick.h"
#include "tests/pointer/evaluated.h"

namespace {

using namespace fovea;
using test::Data;
using test::Evaluated;
using test::Feeds;

/// Freezes a graph without parameters and runs it.
Evaluated run(Builder& b, const Feeds& feeds) {
  const auto graph = b.freeze();
  ParameterStore store(*graph);
  return {graph, feeds, store};
}

Value input(Builder& b, const Feeds& feeds, const std::string& name) { return b.input(name, feeds.at(name).type); }

}  // namespace

TEST_CASE("a pick takes the best allowed item, ties to the lowest position, and masks it from then on") {
  const Feeds feeds{{"scores", Data::real({2, 1, 4}, {5, 1, 3, 3, -1, -1, -2, -9})},
                    {"mask", Data::index({2, 4}, {0, 1, 1, 1, 1, 1, 1, 1})}};
  Builder b("pick", Mode::kEvaluate);
  const auto picked = pointer::pick_item(input(b, feeds, "scores"), input(b, feeds, "mask"), pointer::Use::kOnce);
  b.output("chosen", picked.chosen);
  b.output("log_prob", picked.log_prob);
  b.output("remaining", picked.remaining);
  const Evaluated out = run(b, feeds);
  CHECK(out.indices("chosen") == std::vector<Index>{2, 0});
  CHECK(out.indices("remaining") == std::vector<Index>{0, 1, 0, 1, 0, 1, 1, 1});
  CHECK(out.reals("log_prob")[0] == doctest::Approx(-std::log(2 + std::exp(-2.0))));
}

TEST_CASE("a pick from a row with nothing allowed gives -1") {
  const Feeds feeds{{"scores", Data::real({1, 3}, {1, 2, 3})}, {"mask", Data::index({1, 3}, {0, 0, 0})}};
  Builder b("pick", Mode::kEvaluate);
  const auto picked = pointer::pick_item(input(b, feeds, "scores"), input(b, feeds, "mask"), pointer::Use::kOnce);
  b.output("chosen", picked.chosen);
  b.output("log_prob", picked.log_prob);
  const Evaluated out = run(b, feeds);
  CHECK(out.indices("chosen") == std::vector<Index>{-1});
  CHECK(out.reals("log_prob") == std::vector<Real>{0});
}

TEST_CASE("an item is free until the step after it was the target") {
  const Feeds feeds{{"targets", Data::index({1, 3}, {2, 0, 1})}, {"items", Data::real({1, 3, 1}, {1, 2, 3})}};
  Builder b("free", Mode::kEvaluate);
  b.output("mask", pointer::free_before(input(b, feeds, "targets"), input(b, feeds, "items"), pointer::Use::kOnce));
  CHECK(run(b, feeds).indices("mask") == std::vector<Index>{1, 1, 1, 1, 1, 0, 0, 1, 0});
}

TEST_CASE("teacher inputs are the start, then the items of the targets except the last") {
  const Feeds feeds{{"items", Data::real({2, 2, 1}, {10, 11, 20, 21})},
                    {"start", Data::real({1}, {7})},
                    {"targets", Data::index({2, 2}, {1, 0, 0, 1})}};
  Builder b("teacher", Mode::kEvaluate);
  b.output("inputs",
           pointer::teacher_inputs(input(b, feeds, "items"), input(b, feeds, "start"), input(b, feeds, "targets")));
  CHECK(run(b, feeds).reals("inputs") == std::vector<Real>{7, 7, 11, 20});
}

TEST_CASE("pointing accuracy counts the best allowed items, and whole rows") {
  const Feeds feeds{{"scores", Data::real({2, 2, 2}, {9, 1, 9, 1, 1, 9, 9, 1})},
                    {"mask", Data::index({2, 2, 2}, {1, 1, 0, 1, 1, 1, 1, 1})},
                    {"targets", Data::index({2, 2}, {0, 1, 1, 1})}};
  Builder b("accuracy", Mode::kEvaluate);
  const auto accuracy =
      pointer::pointing_accuracy(input(b, feeds, "scores"), input(b, feeds, "mask"), input(b, feeds, "targets"));
  b.output("sequence", accuracy.sequence);
  b.output("element", accuracy.element);
  const Evaluated out = run(b, feeds);
  CHECK(out.reals("sequence") == std::vector<Real>{1, 0});
  CHECK(out.reals("element") == std::vector<Real>{1, Real(0.5)});
}

TEST_CASE("a beam step keeps the best continuations of all live beams, best first") {
  const Feeds feeds{{"scores", Data::real({1, 2, 2}, {0, 0, 3, 0})},
                    {"mask", Data::index({1, 2, 2}, {1, 1, 1, 1})},
                    {"totals", Data::real({1, 2}, {-1, Real(-1.2)})}};
  Builder b("beam", Mode::kEvaluate);
  const auto next = pointer::beam_expand(input(b, feeds, "scores"), input(b, feeds, "mask"), input(b, feeds, "totals"),
                                         pointer::Use::kOnce);
  b.output("parent", next.parent);
  b.output("item", next.item);
  b.output("totals", next.totals);
  b.output("remaining", next.remaining);
  const Evaluated out = run(b, feeds);
  // Beam 1, item 0: -1.2 - log(1 + e^-3) = -1.249; beam 0, either item: -1 - log 2 = -1.693, the tie to item 0.
  CHECK(out.indices("parent") == std::vector<Index>{1, 0});
  CHECK(out.indices("item") == std::vector<Index>{0, 0});
  CHECK(out.reals("totals")[0] == doctest::Approx(-1.2 - std::log1p(std::exp(-3.0))));
  CHECK(out.reals("totals")[1] == doctest::Approx(-1 - std::log(2.0)));
  CHECK(out.indices("remaining") == std::vector<Index>{0, 1, 0, 1});
}

TEST_CASE("backtracking follows the parents of the best beam") {
  const Feeds feeds{{"parents", Data::index({3, 1, 2}, {0, 0, 1, 0, 1, 0})},
                    {"items", Data::index({3, 1, 2}, {4, 5, 6, 7, 8, 9})}};
  Builder b("backtrack", Mode::kEvaluate);
  b.output("pointers", pointer::beam_backtrack(input(b, feeds, "parents"), input(b, feeds, "items")));
  // Step 2: beam 0 has item 8 and parent 1; step 1: beam 1 has item 7 and parent 0; step 0: beam 0 has item 4.
  CHECK(run(b, feeds).indices("pointers") == std::vector<Index>{4, 7, 8});
}
