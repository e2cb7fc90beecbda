#include <doctest/doctest.h>

#include "framework/attention/scorer.h"
#include "tests/conformance/site_run.h"

namespace fovea::conformance {
namespace {

std::vector<std::string> scorer_texts() {
  return texts_of<Scorer>({"additive(width=3)", "cosine(sharpness=2.5)", "mlp(width=3, layers=2, activation=gelu)",
                           "dot(temperature=0.5)", "cosine(temperature=0.2, learn_temperature=true)"});
}

/// True where the scorer takes queries and keys of different widths.
bool takes_unequal_widths(const std::string& text) {
  Builder builder;
  try {
    Registry<Scorer>::instance().parse(text).plugin->declare(builder, 3, 4);
  } catch (const Error&) {
    return false;
  }
  return true;
}

}  // namespace

TEST_CASE("every scorer gives finite scores [B, M, N], also where every size is 1") {
  for (const std::string& text : scorer_texts()) {
    CAPTURE(text);
    for (const Extent size : {1, 4}) {
      SiteRun run(
          {.text = text, .batch = size, .queries = size + 1, .items = 2 * size - 1, .query_width = size, .key_width = size});
      run.forward();
      CHECK(run.shape("scores") == Shape{size, size + 1, 2 * size - 1});
      for (const Real score : run.reals("scores")) CHECK(std::isfinite(score));
    }
  }
}

TEST_CASE("every scorer either takes unequal widths or names them in its error") {
  for (const std::string& text : scorer_texts()) {
    CAPTURE(text);
    if (takes_unequal_widths(text)) {
      SiteRun run({.text = text, .query_width = 3, .key_width = 7});
      run.forward();
      CHECK(run.shape("scores") == Shape{2, 3, 6});
    } else {
      const char* fact = subject() ? "7" : "queries have 3 and keys 7; project one of them or use bilinear";
      CHECK_THROWS_WITH_AS(SiteRun({.text = text, .query_width = 3, .key_width = 7}), doctest::Contains(fact), Error);
    }
  }
}

TEST_CASE("every scorer gives the same scores in evaluation, where keys may be prepared further") {
  for (const std::string& text : scorer_texts()) {
    CAPTURE(text);
    SiteCase site;
    site.text = text;
    SiteRun trained(site);
    site.mode = Mode::kEvaluate;
    SiteRun evaluated(site);
    evaluated.parameters = trained.parameters;
    trained.forward();
    evaluated.forward();
    const std::vector<Real> expected = trained.reals("scores");
    const std::vector<Real> scores = evaluated.reals("scores");
    for (std::size_t i = 0; i < scores.size(); ++i) CHECK(scores[i] == doctest::Approx(expected[i]).epsilon(1e-5));
  }
}

TEST_CASE("a score depends on its own query and key only") {
  for (const std::string& text : scorer_texts()) {
    CAPTURE(text);
    SiteRun run({.text = text});
    run.forward();
    std::vector<Real> before = run.reals("scores");
    run.inputs["queries"][4] += 1;       // batch element 0, query 1
    run.inputs["keys"][2 * 4 + 1] += 1;  // batch element 0, item 2
    run.forward();
    const std::vector<Real> after = run.reals("scores");
    const bool reads_keys = text != "location";  // it reads places, whatever is there
    for (std::size_t i = 0; i < after.size(); ++i) {
      const bool is_touched = i < 18 && (i / 6 == 1 || (reads_keys && i % 6 == 2));
      if (subject() && is_touched) continue;  // what it reads is not known
      CHECK((before[i] == after[i]) == !is_touched);
    }
    CHECK(before != after);
  }
}

#if defined(FOVEA_F64)

TEST_CASE("every scorer has the gradients of inputs and parameters that central differences give") {
  const double h = 1e-5;
  for (const std::string& text : scorer_texts()) {
    SiteRun run({.text = text, .query_width = 4, .key_width = takes_unequal_widths(text) ? 5 : 4, .value_width = 0});
    const std::vector<Real> cotangent = normals(2 * 3 * 6, rng_of(50));
    run.forward();
    run.backward({{"scores", cotangent}});
    auto all = run.gradients;
    const auto check = [&](const std::string& name, std::vector<Real>& values) {
      CAPTURE(text);
      CAPTURE(name);
      for (std::size_t i = 0; i < values.size(); ++i) {
        const Real kept = values[i];
        values[i] = kept + h;
        run.forward();
        const double above = inner_product(run.reals("scores"), cotangent);
        values[i] = kept - h;
        run.forward();
        CHECK(std::abs(all[name][i] - (above - inner_product(run.reals("scores"), cotangent)) / (2 * h)) < 1e-6);
        values[i] = kept;
      }
    };
    for (auto& [name, values] : run.inputs) check(name, values);
    for (auto& [name, values] : run.parameters) check(name, values);
  }
}

#endif

}  // namespace fovea::conformance
