#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "framework/attention/choose/choose_op.h"
#include "framework/attention/pattern_text.h"
#include "tests/conformance/site_run.h"
#include "tests/support/gradient_check.h"

// Work follows the choice: what was not kept is not read, in forward and in backward.
namespace fovea {
namespace {

using conformance::normals;
using conformance::rng_of;
using conformance::SiteCase;
using conformance::SiteRun;
using Reals = std::vector<Real>;

struct Way {
  std::string text;  // selector | estimator
  Extent kept;       // of a query
};
const Way kSparse[] = {{"top_k(8) | none", 8},
                       {"argmax | straight_through(candidates=kept)", 1},
                       {"top_k(3) | straight_through(candidates=kept)", 3},
                       {"sample | reinforce", 1},
                       {"gumbel_top_k(4) | reinforce", 4}};

Counters counters_of(const std::string& text, Extent queries, Extent items) {
  const SiteCase site{.text = "dot | dense | " + text, .batch = 1, .queries = queries, .items = items, .value_width = 2};
  SiteRun run(site);
  run.forward();
  run.backward({{"read", normals(static_cast<std::size_t>(2 * queries), rng_of(6))}});
  return run.execution->take_counters().at("site");
}

}  // namespace

TEST_CASE("a sparse choice gathers as many rows as it keeps, in forward and in backward, however many items there are") {
  for (const Way& way : kSparse) {
    for (const Extent items : {32, 1024, 16384}) {
      for (const Extent queries : {1, 16}) {
        CAPTURE(way.text);
        CAPTURE(items);
        CAPTURE(queries);
        const Counters counters = counters_of(way.text, queries, items);
        CHECK(counters.scored_pairs == static_cast<std::uint64_t>(queries * items));
        CHECK(counters.gathered_rows == static_cast<std::uint64_t>(queries * way.kept));
        CHECK(counters.gathered_rows_backward == static_cast<std::uint64_t>(queries * way.kept));
      }
    }
  }
  CHECK(counters_of("argmax | straight_through", 16, 1024).gathered_rows_backward == 16 * 1024);
}

TEST_CASE("values that were not kept are never read and have the gradient they had, in forward and in backward") {
  constexpr Extent kItems = 40;
  constexpr Extent kWidth = 3;
  const testing::Input scores = testing::random_input({1, 2, kItems}, 3, -3, 3);
  for (const Way& way : kSparse) {
    CAPTURE(way.text);
    const SiteText site = SiteText::parse("dot | dense | " + way.text);
    ChooseParts parts;
    parts.pattern = parse_pattern("dense").pattern;
    parts.selector = Registry<Selector>::instance().parse(site.selector).plugin;
    parts.estimator = Registry<Estimator>::instance().parse(site.estimator).plugin;
    parts.has_values = true;
    const auto op = std::make_shared<ChooseOp>(parts);
    testing::OpRunner runner(op, {scores, testing::random_input({1, kItems, kWidth}, 4)});
    runner.forward();
    const std::vector<Index> chosen = runner.index_output(ChooseOp::kKept);
    REQUIRE(chosen.size() == static_cast<std::size_t>(2 * way.kept));
    const auto is_kept = [&](std::size_t item) {
      return std::find(chosen.begin(), chosen.end(), static_cast<Index>(item)) != chosen.end();
    };
    Reals& values = runner.inputs()[1].reals;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!is_kept(i / kWidth)) values[i] = std::numeric_limits<Real>::quiet_NaN();
    }
    runner.forward();
    const auto is_finite = [](const Reals& all) {
      return std::all_of(all.begin(), all.end(), [](Real value) { return std::isfinite(value); });
    };
    CHECK(is_finite(runner.output(ChooseOp::kRead)));
    const auto places = static_cast<std::size_t>(2 * way.kept);
    runner.backward(~0U, {Reals(places), {}, {}, Reals(2), normals(2 * kWidth, rng_of(7))}, Real(0.5));
    CHECK(is_finite(runner.gradient(0)));
    const Reals grad_values = runner.gradient(1);
    for (std::size_t i = 0; i < grad_values.size(); ++i) CHECK((grad_values[i] != Real(0.5)) == is_kept(i / kWidth));
  }
}

}  // namespace fovea
