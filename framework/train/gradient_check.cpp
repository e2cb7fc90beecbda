#include "framework/train/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/train/slope_error.h"
#include "framework/train/training.h"

namespace fovea {
namespace {

constexpr int kEntries = 2;       // of a parameter
constexpr double kRoundings = 4;  // of a cost, each of half a unit in the last place

double size_of(std::span<const Real> values) {
  double squares = 0;
  for (const Real value : values) squares += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(squares);
}

}  // namespace

GradientCheck::GradientCheck(const RunSpec& run)
    : seed_(static_cast<std::uint64_t>(run.train.seed)),
      rng_(Rng::Key{.seed = 1, .stream = stream_of("gradient_check")}),
      batch_(kRows) {
  fill_batch(*make_task(run.task), Split::kTrain, {seed_, stream_of("gradient_check"), 0}, batch_);
  graph_ = build_graph(run.model, batch_.types(), Mode::kTrain, run.train);
  store_ = std::make_unique<ParameterStore>(*graph_);
  store_->initialise(seed_);
  // Away from the values that layers start with: a bias of exactly 0 may sit on a kink.
  for (const Entry& entry : store_->entries()) {
    for (Real& value : values_of(entry)) value += static_cast<Real>(0.05 * rng_.normal());
  }
  gradients_ = std::make_unique<GradientBlocks>(1, store_->size());
  shards_ = std::make_unique<Shards>(Shards::Config{graph_, store_.get(), gradients_.get(), kRows});
  for (double& cotangent : cotangents_) cotangent = rng_.normal();
}

std::string GradientCheck::inexact() const {
  for (const SiteRecord& site : graph_->sites()) {
    const std::size_t bar = site.text.rfind('|');
    const std::string estimator = bar == std::string::npos ? "none" : parse_call(site.text.substr(bar + 1)).name;
    if (estimator != "none") return "'" + estimator + "' at " + site.path;
  }
  return graph_->estimators().empty() ? "" : "at " + graph_->estimators().front().path;
}

GradientCheck::Result GradientCheck::run() {
  backward();
  for (const Entry& entry : store_->entries()) {
    if (entry.is_optimized()) check(entry);  // else it has no gradient, or one that is not a derivative
  }
  return result_;
}

void GradientCheck::check(const Entry& entry) {
  const std::span<const Real> gradients = gradients_of(entry);
  std::vector<Real> direction(gradients.size());
  const Real part = Real(1) / std::sqrt(static_cast<Real>(direction.size()));
  for (Real& share : direction) share = rng_.bits() % 2 == 0 ? part : -part;
  check_along(entry, 0, direction);

  std::vector<std::size_t> moved;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    if (gradients[i] != 0) moved.push_back(i);
  }
  for (int sample = 0; sample < kEntries; ++sample) {
    auto place = static_cast<std::size_t>(rng_.below(entry.shape.size()));
    if (sample % 2 == 1 && !moved.empty())
      place = moved[static_cast<std::size_t>(rng_.below(static_cast<Extent>(moved.size())))];
    const Real size = std::max(Real(1), std::abs(values_of(entry)[place]));
    check_along(entry, place, {&size, 1});
  }
}

// `direction`: of the entries from `begin` on.
void GradientCheck::check_along(const Entry& entry, std::size_t begin, std::span<const Real> direction) {
  const std::span<Real> values = values_of(entry).subspan(begin, direction.size());
  const std::span<const Real> gradients = gradients_of(entry).subspan(begin, direction.size());
  const std::vector<Real> kept(values.begin(), values.end());
  const auto cost_at = [&](double steps) {
    for (std::size_t i = 0; i < kept.size(); ++i) values[i] = kept[i] + static_cast<Real>(steps) * direction[i];
    return cost();
  };
  double stated = 0;
  for (std::size_t i = 0; i < kept.size(); ++i)
    stated += static_cast<double>(gradients[i]) * static_cast<double>(direction[i]);
  // Slopes far below the largest gradient are lost in rounding; a share of it is the unit of their error. So is what a slope
  // along a direction amounts to on average: by chance, its parts may have a sum of nearly 0.
  const double size = size_of(direction);
  const double usual = size_of(gradients) * size / std::sqrt(static_cast<double>(gradients.size()));
  const SlopePoint point{cost_, std::max({1e-3 * largest_ * size, usual, 1e-12}), rounding_};
  const std::optional<double> error = slope_error(cost_at, stated, point);
  std::copy(kept.begin(), kept.end(), values.begin());
  ++result_.slopes;
  if (!error) ++result_.jumps;
  if (!error || *error <= result_.error || std::isnan(result_.error)) return;
  result_.error = *error;
  result_.parameter = entry.path;
}

std::span<Real> GradientCheck::values_of(const Entry& entry) {
  return store_->values().subspan(entry.offset, static_cast<std::size_t>(entry.shape.size()));
}

std::span<const Real> GradientCheck::gradients_of(const Entry& entry) {
  return gradients_->total().subspan(entry.offset, static_cast<std::size_t>(entry.shape.size()));
}

double GradientCheck::cost() {
  OpContext context;
  context.seed = seed_;
  Execution& execution = *shards_->bind(batch_).front().execution;
  execution.forward(context);
  const Tensor costs = execution.output("cost");
  double sum = 0;
  for (std::size_t row = 0; row < kRows; ++row) sum += cotangents_[row] * static_cast<double>(costs.real()[row]);
  return sum;
}

void GradientCheck::backward() {
  cost_ = cost();
  OpContext context;
  context.seed = seed_;
  Execution& execution = *shards_->bind(batch_).front().execution;
  execution.clear_output_gradients();
  const Tensor cotangent = execution.output_gradient("cost");
  const Tensor costs = execution.output("cost");
  rounding_ = 0;
  for (std::size_t row = 0; row < kRows; ++row) {
    cotangent.real()[row] = static_cast<Real>(cotangents_[row]);
    rounding_ += std::abs(cotangents_[row] * static_cast<double>(costs.real()[row]));
  }
  rounding_ *= kRoundings * std::numeric_limits<Real>::epsilon() / 2;
  execution.backward(context);
  largest_ = 0;
  for (const Real gradient : gradients_->total().first(store_->optimized()))
    largest_ = std::max(largest_, std::abs(static_cast<double>(gradient)));
}

}  // namespace fovea
