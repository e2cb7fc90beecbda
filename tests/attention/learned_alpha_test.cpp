#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "modules/transformer/multi_head.h"
#include "tests/conformance/site_run.h"
#include "tests/support/model_run.h"

// entmax with an alpha that a site learns.
namespace fovea {
namespace {

using conformance::choose;
using conformance::Chosen;
using conformance::distinct_scores;
using conformance::normals;
using conformance::rng_of;
using conformance::selector_of;
using conformance::SiteRun;
using Reals = std::vector<Real>;

const std::string kAlpha = "site/selector/alpha";

double sigmoid(double a) { return 1 / (1 + std::exp(-a)); }
Real logit_of(double alpha) { return static_cast<Real>(std::log((alpha - 1) / (2 - alpha))); }

/// The weights of a choice at this parameter.
Reals weights_at(const Selector& selector, const Reals& scores, Real a) {
  Chosen chosen = choose(selector, scores, rng_of(0));
  chosen.parameters = {{a}};
  chosen.weights.resize(scores.size());
  chosen.kept.resize(scores.size());
  Choice choice = chosen.choice();
  selector.select(scores, rng_of(0), choice);
  chosen.count = choice.count;
  return chosen.dense(scores.size());
}

double largest_difference(const Reals& a, const Reals& b) {
  REQUIRE(a.size() == b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(static_cast<double>(a[i] - b[i])));
  return largest;
}

}  // namespace

TEST_CASE("a learned alpha starts at the option, and gives there what a fixed one gives") {
  const double limit = sizeof(Real) == 8 ? 1e-7 : 2e-6;
  for (const std::size_t items : {2, 7, 40}) {
    const Reals scores = distinct_scores(items, rng_of(1), 0.7);
    for (const char* alpha : {"1.5", "1.1", "1.9"}) {
      CAPTURE(alpha);
      const std::string options = std::string(alpha) + ", temperature=0.8";
      const Reals fixed = choose(*selector_of("entmax(" + options + ")"), scores, rng_of(0)).dense(items);
      const Reals learned =
          choose(*selector_of("entmax(" + options + ", learn_alpha=true)"), scores, rng_of(0)).dense(items);
      CHECK(largest_difference(fixed, learned) < limit);
    }
  }
}

TEST_CASE("a learned alpha is not below 1.01, where it keeps a gradient, nor above 2") {
  const auto learned = selector_of("entmax(learn_alpha=true)");
  const Reals scores = distinct_scores(6, rng_of(2));
  CHECK(weights_at(*learned, scores, -20) == choose(*selector_of("entmax(1.01)"), scores, rng_of(0)).dense(6));
  CHECK(largest_difference(weights_at(*learned, scores, 60), choose(*selector_of("sparsemax"), scores, rng_of(0)).dense(6)) <
        1e-5);

  Chosen chosen = choose(*learned, scores, rng_of(0));
  chosen.parameters = {{Real(-5)}};  // alpha = 1.0067
  Choice choice = chosen.choice();
  learned->select(scores, rng_of(0), choice);
  Real grad_alpha = 0;
  const Row wanted{&grad_alpha, 1};
  choice.grad_parameters = {&wanted, 1};
  const Reals cotangent = normals(6, rng_of(3));
  Reals grad(6);
  half_of<DifferentiableChoice>(*learned)->backward(scores, choice, cotangent, grad);
  const double h = sizeof(Real) == 8 ? 1e-4 : 1e-2;
  const Reals low = choose(*selector_of("entmax(1.01)"), scores, rng_of(0)).dense(6);
  const Reals high = choose(*selector_of("entmax(" + std::to_string(1.01 + h) + ")"), scores, rng_of(0)).dense(6);
  const double slope = (conformance::inner_product(cotangent, high) - conformance::inner_product(cotangent, low)) / h;
  const double sigmoid_slope = sigmoid(-5) * (1 - sigmoid(-5));
  CHECK(static_cast<double>(grad_alpha) / sigmoid_slope == doctest::Approx(slope).epsilon(sizeof(Real) == 8 ? 0.002 : 0.1));
}

TEST_CASE("an alpha that cannot be learned is an error that names what to do") {
  CHECK_THROWS_WITH_AS(
      SiteRun({.text = "dot | dense | entmax(2, learn_alpha=true)"}),
      doctest::Contains("entmax learns an alpha between 1 and 2; the start given is 2; give an alpha below 2"), Error);
  CHECK_THROWS_WITH_AS(SiteRun({.text = "dot | dense | entmax(1, learn_alpha=true)"}), doctest::Contains("1.01"), Error);
}

TEST_CASE("alpha is trained though the scores are not, and a row that is read is counted once") {
  Builder builder;
  const Value x = builder.input("x", {{2, 5, 3}, Kind::kReal});
  const Value values = builder.parameter("values", {2, 5, 3});
  Value read;
  {
    const auto scope = builder.scope("site");
    Site site(builder, "dot | dense | entmax(learn_alpha=true)", 3, 3);
    read = site.attend({x, site.prepare_keys(x), values, {}}).read;
  }
  builder.output("read", read);
  test::ModelRun run(builder.freeze());
  const Reals items = normals(30, rng_of(4));
  run.bind("x", items.data());
  run.run({{"read", 1}});
  CHECK(run.gradient(kAlpha).real()[0] != 0);
  const Counters done = run.execution().take_counters().at("site");
  CHECK(done.gathered_rows_backward == done.gathered_rows);
}

TEST_CASE("gradient descent moves alpha towards sparser weights where one item is wanted, and back where all are") {
  for (const bool wants_one : {true, false}) {
    CAPTURE(wants_one);
    SiteRun run({.text = "dot | dense | entmax(learn_alpha=true)", .batch = 4, .queries = 3, .items = 6});
    run.parameters.at(kAlpha)[0] = 0;
    double first = 0, last = 0;
    for (int step = 0; step < 60; ++step) {
      run.forward();
      const Reals weights = run.reals("weights");
      double squares = 0;  // the sum of squared weights: 1 for one item, 1 / 6 for equal weights
      Reals cotangent;
      for (const Real weight : weights) {
        squares += static_cast<double>(weight) * static_cast<double>(weight);
        cotangent.push_back((wants_one ? -2 : 2) * weight);
      }
      if (step == 0) first = squares;
      last = squares;
      run.backward({{"weights", cotangent}});
      run.parameters.at(kAlpha)[0] -= Real(0.5) * run.gradients.at(kAlpha)[0];
    }
    CHECK((run.parameters.at(kAlpha)[0] > 0.3) == wants_one);
    CHECK((run.parameters.at(kAlpha)[0] < -0.3) == !wants_one);
    CHECK((last > first) == wants_one);
  }
}

TEST_CASE("every head learns its own alpha") {
  Builder builder;
  const Value x = builder.parameter("x", {2, 5, 4}, Init::normal(1));
  MultiHeadAttention attention(builder, "self", {4, 4},
                               {.heads = 2, .site = "scaled_dot | causal | entmax(1.4, learn_alpha=true)"});
  builder.output("y", attention.attend({.queries = x}).y);
  test::ModelRun run(builder.freeze());
  run.run({{"y", 2}});
  const std::string paths[] = {"self/head_1/selector/alpha", "self/head_2/selector/alpha"};
  for (const std::string& path : paths)
    CHECK(1 + sigmoid(static_cast<double>(run.parameter(path).real()[0])) == doctest::Approx(1.4));
  CHECK(run.gradient(paths[0]).real()[0] != run.gradient(paths[1]).real()[0]);
  run.set(paths[0], {logit_of(1.1)});
  CHECK(run.gradient_error({{"y", 2}}) < test::kGradientLimit);
}

#if defined(FOVEA_F64)

TEST_CASE("the gradients of alpha, queries and keys agree with central differences through a site") {
  const double h = 1e-6;
  for (const char* text :
       {"scaled_dot | dense | entmax(learn_alpha=true)", "scaled_dot | causal | entmax(temperature=0.4, learn_alpha=true)",
        "scaled_dot | dense | entmax(temperature=3, learn_alpha=true)"}) {
    CAPTURE(text);
    for (const double alpha : {1.02, 1.2, 1.5, 1.75, 1.98}) {
      CAPTURE(alpha);
      SiteRun run({.text = text, .queries = 6, .mask = {2, 6}});
      run.mask[4] = 0;
      run.parameters.at(kAlpha)[0] = logit_of(alpha);
      run.forward();
      const auto cotangents = cotangents_of(run);
      run.backward(cotangents);
      const auto cost = [&] {
        run.forward();
        double sum = 0;
        for (const auto& [name, cotangent] : cotangents) sum += conformance::inner_product(cotangent, run.reals(name));
        return sum;
      };
      const auto check = [&](std::vector<Real>& values, const std::vector<Real>& gradient) {
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
      check(run.parameters.at(kAlpha), run.gradients.at(kAlpha));
      CHECK(run.gradients.at(kAlpha)[0] != 0);
      for (const char* name : {"queries", "keys"}) check(run.inputs.at(name), run.gradients.at(name));
    }
  }
}

#endif

}  // namespace fovea
