#include "framework/train/site_map.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <numeric>

namespace fovea {

void SiteMap::add(const Published& from, Extent row, Extent number) {
  heads_ = from.heads;
  const Extent queries = from.times * from.queries / heads_;
  queries_ = std::max(queries_, queries);
  for (Extent time = 0; time < from.times; ++time) {
    for (Extent query = 0; query < from.queries; ++query) {
      const Extent place = (time * from.batch + row) * from.queries + query;
      const Extent whole = time * from.queries + query;
      for (Extent k = 0; k < from.count.index()[place]; ++k) {
        const Index item = from.kept.index()[place * from.capacity + k];
        const auto weight = static_cast<double>(from.weights.real()[place * from.capacity + k]);
        if (item >= 0 && weight != 0) add_entry({whole / queries, whole % queries, item, weight}, number == 0);
      }
    }
  }
}

void SiteMap::add_entry(const Entry& entry, bool is_first) {
  items_ = std::max(items_, entry.item + 1);
  const auto distance = static_cast<std::uint64_t>(std::abs(entry.query - entry.item));
  const auto bin = static_cast<std::size_t>(std::bit_width(distance));  // 0, 1, 2 to 3, 4 to 7
  mass_.resize(std::max(mass_.size(), bin + 1));
  mass_[bin] += entry.weight;
  if (is_first) first_.push_back(entry);
}

void SiteMap::describe(SelectionSite& site) const {
  if (queries_ < 2 || items_ < 2) return;
  const Extent rows = std::min(queries_, kCells);
  const Extent columns = std::min(items_, kCells);
  std::vector<double> cells(static_cast<std::size_t>(heads_ * rows * columns));
  for (const Entry& entry : first_) {
    const Extent cell = (entry.head * rows + entry.query * rows / queries_) * columns + entry.item * columns / items_;
    cells[static_cast<std::size_t>(cell)] += entry.weight;
  }
  site.density = {"density",
                  {"head", "query_cell", "item_cell"},
                  {heads_, rows, columns},
                  std::vector<float>(cells.begin(), cells.end()),
                  "1",
                  "sum of the weights of the queries and items of a cell, of the first item of the sample"};
  const double total = std::accumulate(mass_.begin(), mass_.end(), 0.0);
  // Of one sequence alone does a distance mean anything; the last item may be read by none.
  const bool is_sequence = queries_ == items_ || queries_ == items_ + 1;
  if (!is_sequence || total <= 0) return;
  site.mass_by_distance = mass_;
  for (double& mass : site.mass_by_distance) mass /= total;
}

}  // namespace fovea
