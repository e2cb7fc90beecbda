#include "framework/train/study.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"

namespace fovea {
namespace {

StudySpec spec_of(const std::string& run_name) {
  const auto experiment = Registry<Experiment>::instance().make("soft_vs_hard");
  StudySpec spec;
  for (const RunSpec& run : experiment->runs()) {
    if (run.name == run_name) spec.run = run;
  }
  spec.run.train.batch = 4;
  spec.run.train.shard_rows = 2;
  spec.samples = 400;
  return spec;
}

const StudyRow& row(const StudyReport& report, const std::string& name) {
  for (const StudyRow& one : report.rows) {
    if (one.name == name) return one;
  }
  throw Error("test", "no row " + name);
}

}  // namespace

TEST_CASE("a study finds exact exact, score functions unbiased, and straight-through biased") {
  StudySpec spec = spec_of("sample");
  spec.candidates = {"exact", "reinforce(baseline=none)", "reinforce(baseline=leave_one_out, draws=4)", "straight_through",
                     "none"};
  std::size_t told = 0;
  const StudyReport report = run_study(spec, [&](std::size_t, std::size_t count, const std::string&) { told += count; });
  CHECK(told == 25);
  CHECK(report.site == "memory");
  CHECK(report.reference == "enumeration of all choices");
  const double rounding = sizeof(Real) == 8 ? 1e-12 : 1e-5;
  CHECK(row(report, "exact").bias < rounding);
  CHECK(row(report, "exact").variance < rounding);
  CHECK(row(report, "exact").rows_forward == 16);
  for (const char* name : {"reinforce(baseline=none)", "reinforce(baseline=leave_one_out, draws=4)"}) {
    CHECK(row(report, name).variance > 0.01);
    CHECK(row(report, name).bias < 2 * row(report, name).bias_error);
  }
  CHECK(row(report, "reinforce(baseline=leave_one_out, draws=4)").variance <
        row(report, "reinforce(baseline=none)").variance);
  CHECK(row(report, "reinforce(baseline=leave_one_out, draws=4)").rows_forward == 4);
  CHECK(row(report, "straight_through").bias > 2 * row(report, "straight_through").bias_error);
  CHECK(row(report, "none").problem.find("use one of: ") != std::string::npos);
}

TEST_CASE("a study of selectors sees that work follows the choice") {
  StudySpec spec = spec_of("soft");
  spec.part = StudySpec::Part::kSelector;
  spec.samples = 2;
  spec.candidates = {"softmax", "top_k(4)", "sample | reinforce"};
  const StudyReport report = run_study(spec, [](std::size_t, std::size_t, const std::string&) {});
  CHECK(report.reference == "the derivative of the cost");
  CHECK(row(report, "softmax").error == 0);
  CHECK(row(report, "softmax").rows_forward == 16);
  CHECK(row(report, "top_k(4)").rows_forward == 4);
  CHECK(row(report, "top_k(4)").rows_backward == 4);
  CHECK(row(report, "sample | reinforce").rows_forward == 1);
  CHECK(row(report, "sample | reinforce").rows_backward == 1);
}

TEST_CASE("a study compares the parameters that both models have, after an estimator has learned its own") {
  StudySpec spec = spec_of("sample");
  spec.run.train.learning_rate = 0.02;
  spec.candidates = {"reinforce(baseline=none)", "reinforce(baseline=critic)"};
  const auto ignore = [](std::size_t, std::size_t, const std::string&) {};
  const StudyReport report = run_study(spec, ignore);
  const StudyRow& critic = row(report, "reinforce(baseline=critic)");
  CHECK(critic.problem.empty());
  CHECK(critic.bias < 2 * critic.bias_error);
  CHECK(critic.variance < 0.6 * row(report, "reinforce(baseline=none)").variance);
  spec.learning = 0;  // the critic says 0
  const StudyReport early = run_study(spec, ignore);
  CHECK(row(early, "reinforce(baseline=critic)").variance ==
        doctest::Approx(row(early, "reinforce(baseline=none)").variance).epsilon(1e-4));
}

TEST_CASE("a study names the sites that exist") {
  StudySpec spec = spec_of("soft");
  spec.site = "memroy";
  CHECK_THROWS_WITH_AS(run_study(spec, [](std::size_t, std::size_t, const std::string&) {}), doctest::Contains("memory"),
                       Error);
}

}  // namespace fovea
