#include "framework/train/metric_means.h"

#include <algorithm>

namespace fovea {
namespace {

/// "N=5" before "N=10": by length, then by text.
bool comes_before(const std::string& a, const std::string& b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

}  // namespace

void MetricMeans::add(const Judgement& judgement) {
  for (const Judgement::Metric& metric : judgement.metrics) {
    Sums& sums = sums_of(metric.name);
    for (std::size_t row = 0; row < metric.rows.size(); ++row) {
      sums.all.add(metric.rows[row]);
      if (judgement.slices.empty()) continue;
      const std::size_t slice = slice_of(judgement.slices[row]);
      sums.by_slice.resize(std::max(sums.by_slice.size(), slice + 1));
      sums.by_slice[slice].add(metric.rows[row]);
    }
  }
}

std::vector<JournalValue> MetricMeans::values() const {
  std::vector<JournalValue> values;
  for (const Sums& sums : sums_) values.push_back({sums.metric, sums.all.total / sums.all.rows, ""});
  std::vector<std::size_t> order(slices_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return comes_before(slices_[a], slices_[b]); });
  for (const Sums& sums : sums_) {
    for (const std::size_t slice : order) {
      if (slice >= sums.by_slice.size() || sums.by_slice[slice].rows == 0) continue;
      values.push_back({sums.metric, sums.by_slice[slice].total / sums.by_slice[slice].rows, slices_[slice]});
    }
  }
  return values;
}

MetricMeans::Sums& MetricMeans::sums_of(const std::string& metric) {
  const auto found = std::find_if(sums_.begin(), sums_.end(), [&](const Sums& sums) { return sums.metric == metric; });
  if (found != sums_.end()) return *found;
  sums_.push_back({metric, {}, {}});
  return sums_.back();
}

std::size_t MetricMeans::slice_of(const std::string& name) {
  const auto found = std::find(slices_.begin(), slices_.end(), name);
  if (found != slices_.end()) return static_cast<std::size_t>(found - slices_.begin());
  slices_.push_back(name);
  return slices_.size() - 1;
}

}  // namespace fovea
