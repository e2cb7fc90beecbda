#include "framework/train/site_map.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace fovea {
namespace {

/// Cells of a side, for each head.
Extent cells_of(Extent heads) {
  constexpr double kCells = 512;
  return std::max<Extent>(1, static_cast<Extent>(kCells / std::sqrt(static_cast<double>(heads))));
}

}  // namespace

void SiteMap::add(const Published& from, Extent row, Extent number) {
  heads_ = from.heads;
  knows_items_ = from.items > 0;
  items_ = std::max(items_, from.items);
  const Extent of_head = from.queries / heads_;
  queries_ = std::max(queries_, from.times * of_head);
  for (Extent time = 0; time < from.times; ++time) {
    for (Extent query = 0; query < from.queries; ++query) {
      const Extent place = (time * from.batch + row) * from.queries + query;
      const auto head = static_cast<Index>(query / of_head);
      const auto whole = static_cast<Index>(time * of_head + query % of_head);
      for (Extent k = 0; k < from.count.index()[place]; ++k) {
        const Index item = from.kept.index()[place * from.capacity + k];
        const Real weight = from.weights.real()[place * from.capacity + k];
        if (item >= 0 && weight != 0) add_entry({head, whole, item, weight}, number == 0);
      }
    }
  }
}

void SiteMap::add(const ToldSite& site) {
  heads_ = site.extents.heads;
  queries_ = site.extents.queries;
  items_ = site.extents.items;
  knows_items_ = true;
  for (const ToldRow& row : site.map) {
    stride_ = std::max(stride_, row.stands_for);
    const auto times = static_cast<Real>(row.stands_for);
    for (std::size_t k = 0; k < row.told.kept.size(); ++k) {
      const Real weight = times * row.told.weights[k];
      if (weight == 0) continue;
      add_entry({static_cast<Index>(row.head), static_cast<Index>(row.query), row.told.kept[k], weight}, true);
    }
  }
}

void SiteMap::add_entry(const Entry& entry, bool is_first) {
  items_ = std::max<Extent>(items_, entry.item + 1);
  const auto distance = static_cast<std::uint64_t>(std::abs(std::int64_t{entry.query} - entry.item));
  const auto bin = static_cast<std::size_t>(std::bit_width(distance));  // 0, 1, 2 to 3, 4 to 7
  mass_.resize(std::max(mass_.size(), bin + 1));
  mass_[bin] += static_cast<double>(entry.weight);
  if (is_first) first_.push_back(entry);
}

Array SiteMap::density() const {
  const Extent rows = std::min(queries_, cells_of(heads_));
  const Extent columns = std::min(items_, cells_of(heads_));
  std::vector<double> cells(static_cast<std::size_t>(heads_ * rows * columns));
  for (const Entry& entry : first_) {
    const Extent cell = (entry.head * rows + entry.query * rows / queries_) * columns + entry.item * columns / items_;
    cells[static_cast<std::size_t>(cell)] += static_cast<double>(entry.weight);
  }
  Array array{"density",
              {"head", "query_cell", "item_cell"},
              {heads_, rows, columns},
              std::vector<float>(cells.begin(), cells.end()),
              "1",
              "sum of the weights of the queries and items of a cell, of the first item of the sample"};
  array.counts = {{"queries", queries_}, {"items", items_}, {"query_stride", stride_}};
  return array;
}

void SiteMap::describe(SelectionSite& site) const {
  if (queries_ < 2 || items_ < 2) return;
  site.density = density();
  const double total = std::accumulate(mass_.begin(), mass_.end(), 0.0);
  // Of one sequence alone does a distance mean anything. Where the number of items is only seen, the last may be read by
  // none.
  const bool is_sequence = queries_ == items_ || (!knows_items_ && queries_ == items_ + 1);
  if (!is_sequence || total <= 0) return;
  site.mass_by_distance = mass_;
  for (double& mass : site.mass_by_distance) mass /= total;
}

}  // namespace fovea
