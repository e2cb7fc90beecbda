#include "framework/train/schedule.h"

#include <algorithm>

namespace fovea {

void Schedule::fields(Options&) {}

template <>
Registry<Schedule>& Registry<Schedule>::instance() {
  static Registry registry;
  return registry;
}

ScheduleProduct::ScheduleProduct(std::string_view text) {
  // Options hold no '*', so every one separates two factors.
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t star = std::min(text.find('*', begin), text.size());
    const Call call = parse_call(text.substr(begin, star - begin));
    factors_.push_back(Registry<Schedule>::instance().make(call.name));
    Options options;
    factors_.back()->fields(options);
    try {
      apply(call, options);
    } catch (const Error& error) {
      throw error.at("schedule " + call.name);
    }
    text_ += (text_.empty() ? "" : " * ") + canonical(call.name, options);
    begin = star + 1;
  }
}

double ScheduleProduct::factor(Extent step, Extent steps) const {
  double product = 1;
  for (const auto& schedule : factors_) product *= schedule->factor(step, steps);
  return product;
}

bool ScheduleProduct::needs_metric() const {
  for (const auto& schedule : factors_) {
    if (schedule->needs_metric()) return true;
  }
  return false;
}

void ScheduleProduct::observe(double metric) {
  for (const auto& schedule : factors_) schedule->observe(metric);
}

std::vector<std::span<double>> ScheduleProduct::state() {
  std::vector<std::span<double>> state;
  for (const auto& schedule : factors_) state.push_back(schedule->state());
  return state;
}

std::string ScheduleProduct::text() const { return text_; }

}  // namespace fovea
