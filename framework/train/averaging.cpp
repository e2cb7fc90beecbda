#include "framework/train/averaging.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "framework/core/error.h"
#include "framework/core/options.h"
#include "framework/cpu/parallel.h"

namespace fovea {

/// How much of the mean each step is.
class Averaging::Rule {
 public:
  virtual ~Rule() = default;
  virtual void fields(Options& options) = 0;
  /// The first step, >= 1, of a run of `steps` whose parameters count.
  virtual Extent first(Extent steps) const = 0;
  /// The share of the parameters after `step` >= first in the mean, in [0, 1]; 0: they do not count.
  virtual double share(Extent step, Extent steps) const = 0;
};

namespace {

constexpr const char* kWhere = "average";
constexpr Extent kTile = 16384;  // elements of one task

class MovingAverage final : public Averaging::Rule {
 public:
  void fields(Options& options) override {
    options.add("decay", decay_, "factor of the weight of a step for each step that follows it, in [0, 1)",
                {.low = 0, .high = 0.9999999});
  }
  Extent first(Extent /*steps*/) const override { return 1; }
  double share(Extent step, Extent /*steps*/) const override {
    return (1 - decay_) / (1 - std::pow(decay_, static_cast<double>(step)));
  }

 private:
  double decay_ = 0.999;
};

class PlainAverage final : public Averaging::Rule {
 public:
  void fields(Options& options) override {
    options.add("from", from_, "share of the steps after which the mean begins, in [0, 1]", {.low = 0, .high = 1});
    options.add("every", every_, "steps from one that counts to the next, >= 1", {.low = 1});
  }
  Extent first(Extent steps) const override {
    constexpr double kRounding = 1e-9;  // 0.1 of 30 steps are 3, and not the fourth
    return std::max<Extent>(1, static_cast<Extent>(std::ceil(from_ * static_cast<double>(steps) - kRounding)));
  }
  double share(Extent step, Extent steps) const override {
    const Extent since = step - first(steps);
    const Extent count = since / every_ + 1;
    return since % every_ == 0 ? 1 / static_cast<double>(count) : 0;
  }

 private:
  double from_ = 0.75;
  Extent every_ = 1;
};

std::unique_ptr<Averaging::Rule> rule_of(const Call& call) {
  if (call.name == "ema") return std::make_unique<MovingAverage>();
  if (call.name == "swa") return std::make_unique<PlainAverage>();
  const std::vector<std::string> known{"ema", "none", "swa"};
  if (call.name != "none") throw Error(kWhere, unknown_name(call.name, known));
  return nullptr;
}

template <class Body>
void in_tiles(std::size_t size, const Body& body) {
  const auto tile = [&](Extent begin, Extent end, Extent) { body(begin, end); };
  cpu::parallel_tiles(static_cast<Extent>(size), kTile, std::ref(tile));
}

}  // namespace

Averaging::Averaging(std::string_view text, std::size_t size, Extent steps) : steps_(steps) {
  const Call call = parse_call(text);
  Options options;
  rule_ = rule_of(call);
  if (rule_ != nullptr) rule_->fields(options);
  try {
    apply(call, options);
  } catch (const Error& error) {
    throw error.at(std::string(kWhere) + " " + call.name);
  }
  text_ = canonical(call.name, options);
  if (rule_ != nullptr) mean_.assign(size, 0);
}

Averaging::~Averaging() = default;

bool Averaging::has_begun(Extent step) const { return rule_ != nullptr && step >= rule_->first(steps_); }

void Averaging::add(std::span<const Real> values, Extent step) {
  if (!has_begun(step)) return;
  const double share = rule_->share(step, steps_);
  if (share == 0) return;
  if (share == 1) return set(values);
  in_tiles(mean_.size(), [&](Extent begin, Extent end) {
    const Real* const value = values.data();
    double* const mean = mean_.data();
#pragma omp simd
    for (Extent i = begin; i < end; ++i) mean[i] += share * (static_cast<double>(value[i]) - mean[i]);
  });
}

void Averaging::set(std::span<const Real> values) { std::copy(values.begin(), values.end(), mean_.begin()); }

Averaging::Shown::Shown(const Averaging& averaging, std::span<Real> values, Extent step) : values_(values) {
  if (!averaging.has_begun(step)) return;
  kept_.assign(values.begin(), values.end());
  in_tiles(values.size(), [&](Extent begin, Extent end) {
    for (Extent i = begin; i < end; ++i) values[i] = static_cast<Real>(averaging.mean_[i]);
  });
}

Averaging::Shown::~Shown() {
  if (!kept_.empty()) std::copy(kept_.begin(), kept_.end(), values_.begin());
}

}  // namespace fovea
