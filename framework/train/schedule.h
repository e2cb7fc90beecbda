#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/registry.h"

namespace fovea {

/// A factor of the learning rate for every step.
///
/// A plugin ended by FOVEA_SCHEDULE("name", Class, R"doc(docstring)doc").
class Schedule {
 public:
  static constexpr const char* kKind = "schedule";

  virtual ~Schedule() = default;
  virtual void fields(Options& options);
  /// The factor of step `step`, the first being 0, of a run of `steps`.
  virtual double factor(Extent step, Extent steps) const = 0;
  /// True: `observe` must be called, so the run needs evaluations while it trains.
  virtual bool needs_metric() const { return false; }
  /// The main metric of an evaluation on the validation split; higher is better.
  virtual void observe(double) {}
  /// What a checkpoint keeps; the same length always.
  virtual std::span<double> state() { return {}; }
};

template <>
Registry<Schedule>& Registry<Schedule>::instance();

/// A product of schedules, from text: "warmup(100) * cosine(final=0.1)".
///
/// Errors    unknown schedules and options; an empty factor.
class ScheduleProduct {
 public:
  explicit ScheduleProduct(std::string_view text);

  double factor(Extent step, Extent steps) const;
  bool needs_metric() const;
  void observe(double metric);
  std::vector<std::span<double>> state();
  std::string text() const;  // canonical, with every option spelled out

 private:
  std::vector<std::unique_ptr<Schedule>> factors_;
  std::string text_;
};

}  // namespace fovea

#define FOVEA_SCHEDULE(name, Class, doc) FOVEA_REGISTER(::fovea::Schedule, name, Class, doc)
