#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/loop.h"
#include "modules/transformer/multi_head.h"
#include "tests/conformance/site_run.h"
#include "tests/support/model_run.h"

// The pattern adaptive_span: soft masks whose span a site learns.
namespace fovea {
namespace {

using conformance::cotangents_of;
using conformance::normals;
using conformance::rng_of;
using conformance::SiteCase;
using conformance::SiteRun;
using Reals = std::vector<Real>;

const std::string kSpan = "site/pattern/span";

Real logit(double share) { return static_cast<Real>(std::log(share / (1 - share))); }

double mask_of(double distance, double span, double ramp) {
  return std::min(std::max((ramp + span - distance) / ramp, 0.0), 1.0);
}

/// What a dense softmax over masked scores reads. Scores [rows, items]; a row's query is `row % queries`.
Reals expected_weights(const Reals& scores, const SiteCase& site, double span, double ramp, bool is_causal) {
  Reals weights;
  const Extent items = site.items;
  for (Extent row = 0; row < site.batch * site.queries; ++row) {
    const Extent query = row % site.queries;
    std::vector<double> mass;
    double sum = 0;
    for (Extent n = 0; n < items; ++n) {
      const double score = static_cast<double>(scores[row * items + n]);
      const double mask = is_causal && n > query ? 0 : mask_of(static_cast<double>(std::abs(n - query)), span, ramp);
      mass.push_back(mask * std::exp(score));
      sum += mass.back();
    }
    for (const double one : mass) weights.push_back(static_cast<Real>(sum == 0 ? 0 : one / sum));
  }
  return weights;
}

/// The weights of a site as [rows, items].
Reals dense_weights(const SiteRun& run, Extent items) {
  const Reals weights = run.reals("weights");
  const std::vector<Index> kept = run.indices("kept");
  Reals dense(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::size_t row = i / static_cast<std::size_t>(items);
    if (kept[i] >= 0) dense[row * static_cast<std::size_t>(items) + static_cast<std::size_t>(kept[i])] = weights[i];
  }
  return dense;
}

}  // namespace

TEST_CASE(
    "adaptive_span gives what a dense softmax over masked scores gives, also causally and for queries behind the items") {
  const double limit = sizeof(Real) == 8 ? 1e-12 : 1e-5;
  for (const bool is_causal : {false, true}) {
    for (const double share : {0.02, 0.31, 0.5, 0.97}) {
      CAPTURE(is_causal);
      CAPTURE(share);
      const SiteCase site{
          .text = std::string("dot | ") + (is_causal ? "causal & " : "") + "adaptive_span(1, ramp=2.5, most=7)",
          .queries = 16,
          .items = 6};
      SiteRun run(site);
      run.parameters.at(kSpan)[0] = logit(share);
      run.forward();
      const Reals expected = expected_weights(run.reals("scores"), site, 7 * share, 2.5, is_causal);
      const Reals weights = dense_weights(run, site.items);
      for (std::size_t i = 0; i < weights.size(); ++i) CHECK(std::abs(weights[i] - expected[i]) < limit);
      std::size_t pairs = 0;
      for (const Index count : run.indices("count")) pairs += static_cast<std::size_t>(count);
      CHECK(pairs ==
            static_cast<std::size_t>(std::count_if(expected.begin(), expected.end(), [](Real w) { return w > 0; })));
    }
  }
}

TEST_CASE("the span starts at the option") {
  Builder builder;
  const Value x = builder.parameter("x", {1, 12, 4}, Init::normal(1));
  const auto scope = builder.scope("site");
  Site site(builder, "dot | adaptive_span(3, ramp=1, most=8)", 4, 4);
  builder.output("count", site.attend({x, site.prepare_keys(x), x, {}}).count);
  test::ModelRun run(builder.freeze());
  run.run({});
  CHECK(run.output("count").index()[0] == 4);  // distances 0 .. 3, and none on the ramp (3, 4)
  CHECK(run.output("count").index()[6] == 7);
}

TEST_CASE("work follows the span, in forward and backward") {
  const SiteCase site{.text = "dot | causal & adaptive_span(1, ramp=2, most=40)", .batch = 1, .queries = 50, .items = 50};
  SiteRun run(site);
  std::uint64_t previous = 0;
  for (const double span : {0.5, 3.5, 20.5}) {
    run.parameters.at(kSpan)[0] = logit(span / 40);
    run.forward();
    run.backward({{"read", normals(250, rng_of(1))}});
    const Counters done = run.execution->take_counters().at("site");
    std::uint64_t pairs = 0;
    for (Extent m = 0; m < 50; ++m)
      pairs += static_cast<std::uint64_t>(std::min<double>(static_cast<double>(m) + 1, span + 2.5));
    CHECK(done.gathered_rows == pairs);
    CHECK(done.gathered_rows_backward == pairs);
    CHECK(pairs > previous);
    previous = pairs;
  }
}

TEST_CASE("a union can be crossed with adaptive_span, not joined to it") {
  SiteRun crossed({.text = "dot | (window(1) + global(1)) & adaptive_span(2, ramp=2, most=9)", .queries = 8, .items = 8});
  SiteRun wide({.text = "dot | adaptive_span(2, ramp=2, most=9)", .queries = 8, .items = 8});
  for (SiteRun* run : {&crossed, &wide}) {
    run->parameters.at(kSpan)[0] = logit(2.5 / 9);
    run->forward();
  }
  const std::vector<Index> kept = crossed.indices("kept");
  CHECK(std::vector<Index>(kept.begin() + 3 * 8, kept.begin() + 3 * 8 + 5) == std::vector<Index>{0, 2, 3, 4, -1});
  // In proportion to the same masked scores.
  const Reals some = dense_weights(crossed, 8), all = dense_weights(wide, 8);
  CHECK(some[24] / some[26] == doctest::Approx(all[24] / all[26]).epsilon(1e-5));
  for (const char* text :
       {"dot | adaptive_span + window(1)", "dot | dense + adaptive_span", "dot | adaptive_span + adaptive_span"}) {
    CAPTURE(text);
    CHECK_THROWS_WITH_AS(SiteRun({.text = text}), doctest::Contains("in all parts of a union or in none"), Error);
  }
  CHECK_THROWS_WITH_AS(SiteRun({.text = "dot | adaptive_span(8, most=8)"}),
                       doctest::Contains("span is 8 and most is 8; lower span or raise most"), Error);
}

TEST_CASE("a penalty pulls on the span once per batch, whatever the shards, the loop and the attentions of a site") {
  const auto gradient = [](const std::string& options, const OpContext& context) {
    SiteRun run({.text = "dot | adaptive_span(1, ramp=2, most=8" + options + ")"});
    run.parameters.at(kSpan)[0] = logit(0.25);
    run.forward(context);
    run.backward(cotangents_of(run), context);
    return static_cast<double>(run.gradients.at(kSpan)[0]);
  };
  const double limit = sizeof(Real) == 8 ? 1e-12 : 1e-5;
  const double plain = gradient("", {});
  CHECK(std::abs(gradient(", penalty=0.5", {}) - plain - 0.5 * 8 * 0.25 * 0.75) < limit);
  CHECK(gradient(", penalty=0.5", {.first_row = 4}) == plain);

  Builder builder;
  const Value x = builder.input("x", {{3, 1, 4, 2}, Kind::kReal});
  const Value y = builder.input("y", {{1, 4, 2}, Kind::kReal});
  const auto scope = builder.scope("site");
  Site site(builder, "dot | adaptive_span(2, ramp=2, most=8, penalty=0.5)", 2, 2);
  const Value keys = site.prepare_keys(y);
  LoopBuilder loop(builder, "steps");
  const Value query = loop.stacked("query", x);
  const Value read = loop.carried("read", y);
  loop.next(read, site.attend({query, keys, read, {}}).read);
  const Value last = loop.final("read", read);
  loop.finish();
  builder.output("read", site.attend({last, keys, last, {}}).read);
  test::ModelRun run(builder.freeze());
  const Reals items = normals(24, rng_of(2));
  run.bind("x", items.data());
  run.bind("y", items.data());
  run.run({{"read", 1}});
  const auto all = static_cast<double>(run.gradient(kSpan).real()[0]);
  run.context.first_row = 1;  // as in another shard
  run.run({{"read", 1}});
  CHECK(std::abs(all - static_cast<double>(run.gradient(kSpan).real()[0]) - 0.5 * 2 * 0.75) < limit);
}

TEST_CASE("every head learns its own span, with an exact gradient") {
  Builder builder;
  const Value x = builder.parameter("x", {2, 7, 6}, Init::normal(1));
  MultiHeadAttention attention(builder, "self", {6, 6},
                               {.heads = 3, .site = "scaled_dot | causal & adaptive_span(1.4, ramp=3, most=5)"});
  builder.output("y", attention.attend({.queries = x}).y);
  test::ModelRun run(builder.freeze());
  run.set("self/head_1/pattern/span", {logit(0.05)});
  run.set("self/head_3/pattern/span", {logit(0.93)});
  run.run({{"y", 3}});
  const auto counters = run.execution().take_counters();
  CHECK(counters.at("self/head_1").gathered_rows < counters.at("self/head_2").gathered_rows);
  CHECK(counters.at("self/head_2").gathered_rows < counters.at("self/head_3").gathered_rows);
  CHECK(run.gradient_error({{"y", 3}}) < test::kGradientLimit);
}

TEST_CASE("a span grows if the wanted item is beyond it, and shrinks if that item is near") {
  for (const Extent wanted : {0, 5}) {
    CAPTURE(wanted);
    SiteRun run({.text = "dot | causal & adaptive_span(3, ramp=3, most=12)",
                 .batch = 1,
                 .queries = 12,
                 .items = 12,
                 .value_width = 1});
    std::fill(run.inputs["keys"].begin(), run.inputs["keys"].end(), Real(0));  // all scores equal
    run.parameters.at(kSpan)[0] = logit(0.25);
    for (int step = 0; step < 100; ++step) {
      run.forward();
      const Reals weights = run.reals("weights");
      const std::vector<Index> kept = run.indices("kept");
      Reals cotangent(weights.size());
      for (std::size_t i = 0; i < weights.size(); ++i) {
        if (kept[i] >= 0 && static_cast<Extent>(i / 12) - kept[i] == wanted)
          cotangent[i] = -1;  // the weight that should rise
      }
      run.backward({{"weights", cotangent}});
      run.parameters.at(kSpan)[0] -= Real(0.1) * run.gradients.at(kSpan)[0];
    }
    const double span = 12 / (1 + std::exp(-static_cast<double>(run.parameters.at(kSpan)[0])));
    CHECK((wanted == 5 ? span > 3.5 : span < 1));
  }
}

#if defined(FOVEA_F64)

TEST_CASE("the gradients of spans, queries and keys agree with central differences through a site") {
  const double h = 1e-6;
  for (const char* text : {"scaled_dot | adaptive_span(1, ramp=2, most=6)",
                           "scaled_dot | causal & adaptive_span(1, ramp=3, most=4) | entmax(1.3)",
                           "scaled_dot | (window(1) + global(1)) & adaptive_span(1, ramp=3, most=4) | sparsemax(2)",
                           "scaled_dot | adaptive_span(1, ramp=3, most=8) & adaptive_span(1, ramp=4, most=5)",
                           "scaled_dot | adaptive_span(1, ramp=2, most=3) | entmax(1.4, learn_alpha=true)",
                           "scaled_dot | adaptive_span(1, ramp=2, most=6) | soft_to_hard(0.4)",
                           "scaled_dot | adaptive_span(1, ramp=40, most=6) | top_k(4)"}) {
    CAPTURE(text);
    SiteRun run({.text = text, .queries = 6, .mask = {2, 6}});
    run.mask[4] = 0;
    for (auto& [path, values] : run.parameters) {
      if (path.ends_with("/span")) values[0] = logit(0.27);
    }
    run.forward();
    auto cotangents = cotangents_of(run);
    cotangents.erase("log_prob");
    run.backward(cotangents);
    const auto cost = [&] {
      run.forward();
      double sum = 0;
      for (const auto& [name, cotangent] : cotangents) sum += conformance::inner_product(cotangent, run.reals(name));
      return sum;
    };
    const auto check = [&](Reals& values, const Reals& gradient) {
      for (std::size_t i = 0; i < values.size(); ++i) {
        const Real kept = values[i];
        values[i] = kept + h;
        const double up = cost();
        values[i] = kept - h;
        const double down = cost();
        values[i] = kept;
        CHECK(std::abs(gradient[i] - (up - down) / (2 * h)) < 1e-7);
      }
    };
    for (auto& parameter : run.parameters) {
      CAPTURE(parameter.first);
      CHECK(run.gradients.at(parameter.first)[0] != 0);
      check(parameter.second, run.gradients.at(parameter.first));
    }
    for (const char* name : {"queries", "keys"}) check(run.inputs.at(name), run.gradients.at(name));
  }
}

#endif

}  // namespace fovea
