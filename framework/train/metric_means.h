#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "framework/results/journal.h"
#include "framework/task.h"

namespace fovea {

/// Means of metrics over the items of an evaluation, and over those of each slice, batch by batch.
class MetricMeans {
 public:
  void add(const Judgement& judgement);
  /// First of all items, then of the slices, "N=5" before "N=10".
  std::vector<JournalValue> values() const;

 private:
  struct Mean {
    double total = 0;
    double rows = 0;
    void add(double value) {
      total += value;
      rows += 1;
    }
  };
  struct Sums {
    std::string metric;
    Mean all;
    std::vector<Mean> by_slice;
  };

  Sums& sums_of(const std::string& metric);
  std::size_t slice_of(const std::string& name);

  std::vector<Sums> sums_;
  std::vector<std::string> slices_;
};

}  // namespace fovea
