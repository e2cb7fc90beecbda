#include "framework/statistics/holm.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/core/options.h"

namespace fovea {

std::vector<std::optional<double>> holm(std::span<const std::optional<double>> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!p_values[i]) continue;
    if (!(*p_values[i] >= 0 && *p_values[i] <= 1)) {
      throw Error("statistics", "a p-value lies between 0 and 1; " + number_text(*p_values[i]) +
                                    " came; give a comparison without a test no p-value.");
    }
    order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return *p_values[a] < *p_values[b]; });
  std::vector<std::optional<double>> adjusted(p_values.size());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double p = static_cast<double>(order.size() - rank) * *p_values[order[rank]];
    largest = std::max(largest, std::min(1.0, p));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace fovea
