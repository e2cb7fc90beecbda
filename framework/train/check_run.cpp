#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/core/error.h"
#include "framework/train/evaluation.h"
#include "framework/train/run_config.h"
#include "framework/train/trainer.h"
#include "framework/train/training.h"

namespace fovea {

namespace {

/// The first site whose estimator does not give the exact gradient of the cost, as "path: estimator"; empty: none.
std::string inexact_site(const Graph& graph) {
  for (const SiteRecord& site : graph.sites()) {
    const std::size_t bar = site.text.rfind('|');
    const std::string estimator = bar == std::string::npos ? "none" : parse_call(site.text.substr(bar + 1)).name;
    if (estimator != "none") return "'" + estimator + "' at " + site.path;
  }
  return graph.estimators().empty() ? "" : "at " + graph.estimators().front().path;
}

/// The whole model on a few items: cost = sum over rows of cotangent * cost, at a random point.
class GradientCheck {
 public:
  explicit GradientCheck(const RunSpec& run) : run_(run), batch_(kRows) {
    const auto seed = static_cast<std::uint64_t>(run.train.seed);
    const auto task = make_task(run.task);
    fill_batch(*task, Split::kTrain, {seed, stream_of("gradient_check"), 0}, batch_);
    graph_ = build_graph(run.model, batch_.types(), Mode::kTrain, run.train);
    store_ = std::make_unique<ParameterStore>(*graph_);
    store_->initialise(seed);
    // Away from the values that layers start with: a bias of exactly 0 may sit on a kink.
    for (const ParameterStore::Entry& entry : store_->entries()) {
      for (Real& value : values_of(entry)) value += static_cast<Real>(0.05 * rng_.normal());
    }
    gradients_ = std::make_unique<GradientBlocks>(1, store_->size());
    shards_ = std::make_unique<Shards>(Shards::Config{graph_, store_.get(), gradients_.get(), kRows});
    for (double& cotangent : cotangents_) cotangent = rng_.normal();
  }

  std::string inexact() const { return inexact_site(*graph_); }

  void run(CheckReport& report) {
    backward();
    double largest = 0;
    for (const Real gradient : gradients_->total().first(store_->optimized()))
      largest = std::max(largest, std::abs(static_cast<double>(gradient)));
    for (const ParameterStore::Entry& entry : store_->entries()) {
      if (entry.sign_rate != nullptr) continue;  // its gradient is no derivative
      for (int sample = 0; sample < kEntries; ++sample) {
        const auto place = static_cast<std::size_t>(rng_.below(entry.shape.size()));
        const auto exact = static_cast<double>(gradients_->total()[entry.offset + place]);
        const double error = error_of(values_of(entry)[place], exact, largest);
        if (!(error <= report.gradient_error)) {
          report.gradient_error = error;
          report.worst_parameter = entry.path;
        }
      }
    }
    report.gradient_checked = true;
  }

 private:
  /// Where choices change within the step of a difference, it measures a jump of the cost: then those to one side, or of a
  /// smaller step, leave it out, and a wrong gradient stays wrong for all of them. NaN where the cost is.
  double error_of(Real& value, double exact, double largest) {
    double error = std::numeric_limits<double>::infinity();
    for (const double step : {1e-5, 1e-6}) {
      for (const Side side : {Side::kBoth, Side::kAbove, Side::kBelow}) {
        const double measured = difference(value, step, side);
        // Entries far below the largest gradient are lost in rounding; a share of it is the unit of their error.
        const double unit = std::max({std::abs(exact), std::abs(measured), 1e-3 * largest, 1e-12});
        const double now = std::abs(exact - measured) / unit;
        if (std::isnan(now)) return now;
        error = std::min(error, now);
        if (error <= kSmoothError) return error;
      }
    }
    return error;
  }

  std::span<Real> values_of(const ParameterStore::Entry& entry) {
    return store_->values().subspan(entry.offset, static_cast<std::size_t>(entry.shape.size()));
  }

  double cost() {
    Execution& execution = *shards_->bind(batch_).front().execution;
    execution.forward(context());
    const Tensor costs = execution.output("cost");
    double sum = 0;
    for (std::size_t row = 0; row < kRows; ++row) sum += cotangents_[row] * static_cast<double>(costs.real()[row]);
    return sum;
  }

  void backward() {
    cost();
    Execution& execution = *shards_->bind(batch_).front().execution;
    execution.clear_output_gradients();
    const Tensor cotangent = execution.output_gradient("cost");
    for (std::size_t row = 0; row < kRows; ++row) cotangent.real()[row] = static_cast<Real>(cotangents_[row]);
    execution.backward(context());
  }

  enum class Side : std::uint8_t { kBoth, kAbove, kBelow };

  /// Of second order, over a step that is this share of the value.
  double difference(Real& value, double share, Side side) {
    const Real kept = value;
    const double size = share * std::max(1.0, std::abs(static_cast<double>(kept)));
    const auto step = static_cast<Real>(side == Side::kBelow ? -size : size);
    const auto cost_at = [&](int steps) {
      value = kept + static_cast<Real>(steps) * step;
      return cost();
    };
    double slope = 0;
    if (side == Side::kBoth) {
      slope = (cost_at(1) - cost_at(-1)) / 2;
    } else {
      slope = 2 * cost_at(1) - cost_at(2) / 2 - 1.5 * cost_at(0);
    }
    value = kept;
    return slope / static_cast<double>(step);
  }

  OpContext context() const {
    OpContext context;
    context.seed = static_cast<std::uint64_t>(run_.train.seed);
    return context;
  }

  static constexpr Extent kRows = 3;
  static constexpr int kEntries = 8;            // of each parameter
  static constexpr double kSmoothError = 1e-6;  // of a difference within which nothing jumps
  const RunSpec& run_;
  Rng rng_{Rng::Key{.seed = 1, .stream = stream_of("gradient_check")}};
  Batch batch_;
  std::shared_ptr<const Graph> graph_;
  std::unique_ptr<ParameterStore> store_;
  std::unique_ptr<GradientBlocks> gradients_;
  std::unique_ptr<Shards> shards_;
  double cotangents_[kRows] = {};
};

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

}  // namespace

CheckReport check_run(const RunSpec& run) {
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
  for (int step = 0; step < 2; ++step) report.losses.push_back(training.step().loss);

  GradientCheck check(run);
  const std::string inexact = check.inexact();
  if (!inexact.empty()) {
    report.gradient_note = "the estimator " + inexact + " is not the derivative of the cost";
  } else if (sizeof(Real) < sizeof(double)) {
    report.gradient_note = "central differences need the float64 program";
  } else {
    check.run(report);
  }
  return report;
}

}  // namespace fovea
