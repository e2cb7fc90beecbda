#include <algorithm>

#include "framework/core/error.h"
#include "framework/ops/thorough.h"
#include "framework/train/evaluation.h"
#include "framework/train/gradient_check.h"
#include "framework/train/run_config.h"
#include "framework/train/trainer.h"
#include "framework/train/training.h"

namespace fovea {

namespace {

/// Compiles every evaluation and runs it on its first items.
void check_evaluations(const RunSpec& run, ParameterStore& parameters) {
  std::vector<Evaluation::Config> configs{{"validation", run.task, Split::kValidation, 2}};
  for (const ExtraEvaluation& extra : run.evaluations) configs.push_back({extra.name, extra.task, Split::kTest, 2});
  for (const Evaluation::Config& config : configs) {
    try {
      Evaluation(config, run, parameters).run([](double) { return true; });
    } catch (const Error& error) {
      throw error.at(config.name);
    }
  }
}

/// Paths of the parameters that have not changed, but may.
std::vector<std::string> unmoved(const ParameterStore& parameters, const std::vector<Real>& before) {
  std::vector<std::string> paths;
  for (const ParameterStore::Entry& entry : parameters.entries()) {
    if (entry.is_frozen) continue;
    const auto begin = parameters.values().begin() + static_cast<std::ptrdiff_t>(entry.offset);
    if (std::equal(begin, begin + entry.shape.size(), before.begin() + static_cast<std::ptrdiff_t>(entry.offset))) {
      paths.push_back(entry.path);
    }
  }
  return paths;
}

}  // namespace

CheckReport check_run(const RunSpec& run) {
  const Thorough thorough;
  CheckReport report;
  Training training(run);
  check_settings(run, training);
  const Plan& plan = training.plan();
  report.plan = plan.describe();
  report.parameters = training.parameters().count();
  report.parameter_bytes = training.parameters().size() * sizeof(Real);
  report.arena_bytes = plan.arena_bytes();
  report.unshared_bytes = plan.unshared_bytes();
  const double shards =
      static_cast<double>(run.train.batch) / static_cast<double>(std::min(run.train.batch, run.train.shard_rows));
  report.multiply_adds = plan.multiply_adds() * shards;
  check_evaluations(run, training.parameters());
  const std::vector<Real> before(training.parameters().values().begin(), training.parameters().values().end());
  for (int step = 0; step < 2; ++step) report.losses.push_back(training.step().loss);
  report.unmoved = unmoved(training.parameters(), before);

  GradientCheck check(run);
  const std::string inexact = check.inexact();
  if (!inexact.empty()) {
    report.gradient_note = "the estimator " + inexact + " is not the derivative of the cost";
  } else if (sizeof(Real) < sizeof(double)) {
    report.gradient_note = "central differences need the float64 program";
  } else {
    const GradientCheck::Result result = check.run();
    report.gradient_error = result.error;
    report.worst_parameter = result.parameter;
    report.gradient_checked = result.jumps < result.slopes;
    if (result.jumps > 0) {
      report.gradient_note = std::to_string(result.jumps) + " of " + std::to_string(result.slopes) +
                             " slopes cannot be measured: the cost jumps however small the step is, as where a choice is "
                             "between equals";
    }
  }
  return report;
}

}  // namespace fovea
