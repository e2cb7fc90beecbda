#include <doctest/doctest.h>

#include <cmath>

#include "framework/anneal/annealing.h"
#include "framework/core/error.h"
#include "tests/conformance/site_run.h"

// The selector soft_to_hard: examples that a reader can verify, and mix while it is annealed.
namespace fovea {
namespace {

using conformance::choose;
using conformance::Chosen;
using conformance::normals;
using conformance::rng_of;
using conformance::selector_of;
using conformance::SiteRun;
using Reals = std::vector<Real>;

constexpr double kLimit = sizeof(Real) == 8 ? 1e-12 : 1e-6;

void check_near(const Reals& a, const Reals& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i])) < kLimit);
}

}  // namespace

TEST_CASE("soft_to_hard mixes softmax with the best item, the lowest of equal ones") {
  const Reals scores{0, std::log(Real(3)), std::log(Real(3)), 0};  // softmax: 1/8, 3/8, 3/8, 1/8
  check_near(choose(*selector_of("soft_to_hard(0.2)"), scores, rng_of(0)).weights,
             {Real(0.1), Real(0.5), Real(0.3), Real(0.1)});
  check_near(choose(*selector_of("soft_to_hard(0)"), scores, rng_of(0)).weights,
             choose(*selector_of("softmax"), scores, rng_of(0)).weights);
  const Chosen hard = choose(*selector_of("soft_to_hard(1)"), scores, rng_of(0));
  CHECK(hard.kept == std::vector<Index>{1});
  CHECK(hard.weights == Reals{1});
  // Twice as sharp: 1/20, 9/20, 9/20, 1/20.
  check_near(choose(*selector_of("soft_to_hard(0.5, temperature=0.5)"), scores, rng_of(0)).weights,
             {Real(0.025), Real(0.725), Real(0.225), Real(0.025)});
}

TEST_CASE("the gradient of soft_to_hard is that of softmax times the share of the soft part") {
  const Reals scores{Real(0.3), Real(-0.2), Real(0.9)};
  const Reals cotangent{Real(1.5), -2, Real(0.5)};
  Reals soft(3), mixed(3), hard(3);
  half_of<DifferentiableChoice>(*selector_of("softmax(0.7)"))
      ->backward(scores, choose(*selector_of("softmax(0.7)"), scores, rng_of(0)).choice(), cotangent, soft);
  for (const auto& [text, grad] :
       {std::pair{"soft_to_hard(0.25, temperature=0.7)", &mixed}, std::pair{"soft_to_hard(1, temperature=0.7)", &hard}}) {
    half_of<DifferentiableChoice>(*selector_of(text))
        ->backward(scores, choose(*selector_of(text), scores, rng_of(0)).choice(), cotangent, *grad);
  }
  for (Real& slope : soft) slope *= Real(0.75);
  check_near(mixed, soft);
  CHECK(hard == Reals{0, 0, 0});
}

TEST_CASE("a fully hard choice without an estimator is an error that names those that train it") {
  CHECK_THROWS_WITH_AS(SiteRun({.text = "dot | dense | soft_to_hard(1)"}),
                       doctest::Contains("keeps one item, whose weight is always 1, so no gradient reaches the scores"),
                       Error);
  CHECK_THROWS_WITH_AS(SiteRun({.text = "dot | dense | soft_to_hard(1)"}), doctest::Contains("use one of: "), Error);
  CHECK_THROWS_WITH_AS(SiteRun({.text = "dot | dense | soft_to_hard(1)"}), doctest::Contains("straight_through"), Error);
  CHECK_NOTHROW(SiteRun({.text = "dot | dense | soft_to_hard(1) | straight_through"}));
  CHECK_NOTHROW(SiteRun({.text = "dot | dense | soft_to_hard(0.99)"}));
  CHECK_NOTHROW(SiteRun({.text = "dot | dense | soft_to_hard(1)", .mode = Mode::kEvaluate}));
}

TEST_CASE("an annealed mix ends with one item, and work follows") {
  SiteRun run({.text = "dot | dense | soft_to_hard(mix=linear(from=0, to=1)) | straight_through(candidates=kept)"});
  REQUIRE(run.graph->annealed().size() == 1);
  Annealed& mix = *run.graph->annealed()[0].number;
  CHECK(run.graph->annealed()[0].path == "site/mix");
  for (const Extent step : {0, 5, 10}) {
    CAPTURE(step);
    mix.set(step, 10);
    run.forward();
    run.backward({{"read", normals(30, rng_of(1))}});
    const Counters done = run.execution->take_counters().at("site");
    const std::uint64_t expected = step == 10 ? 6 : 36;  // 2 x 3 rows, 6 items
    CHECK(done.gathered_rows == expected);
    CHECK(done.gathered_rows_backward == expected);
    const Reals weights = run.reals("weights");
    const auto best = *std::max_element(weights.begin(), weights.begin() + 6);
    if (step == 10) CHECK(best == 1);
    if (step == 5) CHECK((best > 0.5 && best < 1));
    CHECK(run.gradients.at("keys") != Reals(run.gradients.at("keys").size(), 0));
  }
}

}  // namespace fovea
