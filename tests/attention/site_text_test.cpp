#include <doctest/doctest.h>

#include "framework/attention/pattern_text.h"
#include "framework/attention/site/site.h"
#include "framework/core/error.h"

namespace fovea {
namespace {

std::vector<Index> items_seen(const std::string& text, Extent query, Extent items) {
  return items_in(candidates_of(*parse_pattern(text).pattern, query, items, items));
}

class Every final : public Pattern {
 public:
  void fields(Options& options) override { options.add("step", step_, "every step-th item, >= 1", {.low = 1}); }
  void candidates(Extent /*query*/, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, items, out, step_);
  }

 private:
  Extent step_ = 2;
};

FOVEA_PATTERN("test_every", Every, R"doc(Every step-th item, for tests.

Solves    candidates = {0, step, 2 step, ...}.)doc");

}  // namespace

TEST_CASE("a site's text is canonical, with defaults for what is missing at the end") {
  CHECK(SiteText::parse("scaled_dot").text() ==
        "scaled_dot(temperature=1, learn_temperature=false) | dense | softmax(temperature=1) | none");
  CHECK(SiteText::parse(" dot|causal |top_k( 3 )| straight_through(0.5) ").text() ==
        "dot(temperature=1, learn_temperature=false) | causal | top_k(k=3) | straight_through(temperature=0.5, "
        "candidates=all)");
  const std::string text = SiteText::parse("cosine(epsilon=1e-6, sharpness=2) | dense & (causal + dense)").text();
  CHECK(text ==
        "cosine(sharpness=2, epsilon=1e-06, temperature=1, learn_temperature=false) | dense & (causal + dense) | "
        "softmax(temperature=1) | none");
  CHECK(SiteText::parse(text).text() == text);
}

TEST_CASE("a malformed site's text names the part") {
  CHECK_THROWS_WITH_AS(SiteText::parse("dot | | softmax"), doctest::Contains("the pattern of 'dot | | softmax' is empty"),
                       Error);
  CHECK_THROWS_WITH_AS(SiteText::parse(""), doctest::Contains("the scorer of '' is empty"), Error);
  CHECK_THROWS_WITH_AS(SiteText::parse("dot|dense|softmax|none|more"), doctest::Contains("has more parts"), Error);
}

TEST_CASE("patterns join by union and intersection, which binds tighter") {
  using Items = std::vector<Index>;
  CHECK(items_seen("causal & test_every", 4, 8) == Items{0, 2, 4});
  CHECK(items_seen("causal + test_every(3)", 1, 8) == Items{0, 1, 3, 6});
  CHECK(items_seen("test_every(4) + causal & test_every", 3, 8) == Items{0, 2, 4});
  CHECK(items_seen("(test_every(4) + causal) & test_every(3)", 3, 8) == Items{0, 3});
  CHECK(parse_pattern("(causal&test_every(step=3)) +dense").text == "causal & test_every(step=3) + dense");
  CHECK(parse_pattern("causal + dense").pattern->is_dense());
  CHECK_FALSE(parse_pattern("causal + dense").pattern->is_causal());
  CHECK(parse_pattern("causal & dense").pattern->is_causal());
}

TEST_CASE("a malformed pattern names the column, an unknown one the nearest") {
  CHECK_THROWS_WITH_AS(parse_pattern("causal &"), doctest::Contains("expected the name of a pattern at column 9"), Error);
  CHECK_THROWS_WITH_AS(parse_pattern("(causal + dense"), doctest::Contains("expected ')' at column 16"), Error);
  CHECK_THROWS_WITH_AS(parse_pattern("causal dense"), doctest::Contains("expected '+', '&' or the end at column 8"), Error);
  CHECK_THROWS_WITH_AS(parse_pattern("test_every(3"), doctest::Contains("')' was expected"), Error);
  CHECK_THROWS_WITH_AS(parse_pattern("casual"), doctest::Contains("Did you mean 'causal'?"), Error);
  CHECK_THROWS_WITH_AS(parse_pattern("test_every(stride=3)"), doctest::Contains("no 'stride'; known: step"), Error);
}

TEST_CASE("a site that cannot train names its place, the reason and what would work") {
  const auto build = [](const std::string& text, Mode mode) {
    Builder builder("model", mode);
    const auto outer = builder.scope("decoder");
    const auto inner = builder.scope("pointer");
    Site site(builder, text, 4, 4);
  };
  const auto train = [&](const std::string& text) { build(text, Mode::kTrain); };
  CHECK_THROWS_WITH_AS(
      train("dot | dense | argmax"),
      doctest::Contains("[decoder/pointer] selector 'argmax' has no derivative and the estimator is 'none'; "
                        "use one of: "),
      Error);
  CHECK_THROWS_WITH_AS(train("dot | dense | argmax"), doctest::Contains("straight_through. (built at site_text_test.cpp:"),
                       Error);
  CHECK_THROWS_WITH_AS(train("dot | dense | sample"), doctest::Contains("use one of: arm, disarm, exact, "), Error);
  CHECK_THROWS_WITH_AS(
      train("dot | dense | softmax | reinforce"),
      doctest::Contains("estimator 'reinforce' needs a selector that samples and the selector is 'softmax'; "
                        "use one of: none, "),
      Error);
  CHECK_THROWS_WITH_AS(
      train("dot | dense | top_k(1)"),
      doctest::Contains("selector 'top_k(1)' keeps one item, whose weight is always 1, so no gradient reaches "
                        "the scores, and the estimator is 'none'; use one of: "),
      Error);
  CHECK_THROWS_WITH_AS(train("dot | dense | sparsmax"),
                       doctest::Contains("[decoder/pointer/selector] no 'sparsmax'; known: argmax, "), Error);
  CHECK_NOTHROW(build("dot | dense | argmax", Mode::kEvaluate));
}

}  // namespace fovea
