#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/train/study.h"

// The experiment k_subset_gradients: estimates compared with the gradient by enumeration of the 252 sets.
namespace fovea {
namespace {

constexpr double kRounding = sizeof(Real) == 8 ? 1e-12 : 1e-5;

StudySpec spec_of(const std::string& cost, const std::string& run) {
  const auto experiment = Registry<Experiment>::instance().parse("k_subset_gradients(cost=" + cost + ")").plugin;
  StudySpec spec;
  for (const RunSpec& one : experiment->runs()) {
    if (one.name == run) spec.run = one;
  }
  REQUIRE(spec.run.name == run);
  spec.samples = 2000;
  return spec;
}

StudyRow row_of(StudySpec spec, const std::string& candidate) {
  spec.candidates = {candidate};
  const StudyReport report = run_study(spec, [](std::size_t, std::size_t, const std::string&) {});
  CHECK(report.reference == "enumeration of all choices");
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].problem == "");
  return report.rows[0];
}

}  // namespace

TEST_CASE("k_subset_marginals has the exact gradient of a cost that is linear in the set, without bias or variance") {
  StudySpec spec = spec_of("linear", "sampled");
  spec.part = StudySpec::Part::kSelector;
  spec.samples = 3;
  for (const char* candidate : {"k_subset_marginals(5)", "k_subset(5) | simple", "k_subset(5) | exact"}) {
    CAPTURE(candidate);
    const StudyRow row = row_of(spec, candidate);
    CHECK(row.bias < kRounding);
    CHECK(row.variance < kRounding);
    CHECK(row.cosine == doctest::Approx(1));
  }
}

TEST_CASE("the gradient of the mean distance is that of the linear cost, since z^2 = z for every set") {
  const StudySpec spec = spec_of("quadratic", "sampled");
  const StudyRow exact = row_of(spec, "exact");
  CHECK(exact.draws == 252);
  CHECK(exact.bias < kRounding);
  CHECK(exact.variance < kRounding);
  CHECK(exact.loss == doctest::Approx(row_of(spec_of("linear", "sampled"), "exact").loss));
}

TEST_CASE("of the estimates of a set, score functions are unbiased and simple has the least error") {
  const StudySpec spec = spec_of("quadratic", "sampled");
  const StudyRow simple = row_of(spec, "simple");
  CHECK(simple.bias > 4 * simple.bias_error);
  for (const char* candidate :
       {"reinforce(baseline=none)", "reinforce", "reinforce(baseline=leave_one_out, draws=4)", "unordered_set(draws=4)"}) {
    CAPTURE(candidate);
    const StudyRow row = row_of(spec, candidate);
    CHECK(row.bias < 2 * row.bias_error);
    CHECK(row.error > simple.error);
  }
  for (const char* candidate : {"straight_through", "implicit_mle(temperature=3)", "perturb_and_select(deviation=1.5)"}) {
    CAPTURE(candidate);
    const StudyRow row = row_of(spec, candidate);
    CHECK(row.bias > 2 * row.bias_error);
    CHECK(row.error > simple.error);
    CHECK(row.cosine < simple.cosine);
  }
}

TEST_CASE("the run marginals is written with the linear cost, and every other run with the one asked for") {
  const auto experiment = Registry<Experiment>::instance().make("k_subset_gradients");
  CHECK(experiment->runs().size() == 10);
  StudySpec spec = spec_of("quadratic", "marginals");
  spec.part = StudySpec::Part::kSelector;
  spec.samples = 1;
  spec.candidates = {"k_subset_marginals(5)"};
  const StudyReport report = run_study(spec, [](std::size_t, std::size_t, const std::string&) {});
  CHECK(report.rows[0].loss == doctest::Approx(row_of(spec_of("linear", "sampled"), "exact").loss));
}

}  // namespace fovea
