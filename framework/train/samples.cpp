#include "framework/train/samples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "framework/train/published.h"
#include "framework/train/site_map.h"

namespace fovea {

namespace {

constexpr std::int64_t kMostEntries = std::int64_t{1} << 20U;

/// The rows of one site, every `stride`-th query of each item.
class SiteSample {
 public:
  SiteSample(const SiteRecord& record, Extent stride) : stride_(stride) {
    site_.path = record.path;
    site_.text = record.text;
    site_.heads = record.heads;
    site_.query_stride = stride;
    site_.offsets = {0};
  }

  void add_item(const Published& from, Extent row, Extent item) {
    for (Extent time = 0; time < from.times; ++time) {
      for (Extent query = 0; query < from.queries; ++query) {
        const Extent place = (time * from.batch + row) * from.queries + query;
        const Extent whole = time * from.queries + query;
        if (whole % stride_ != 0) {
          site_.entries_cut += from.count.index()[place];
          continue;
        }
        site_.item.push_back(item);
        site_.query.push_back(whole);
        if (from.right) site_.right.push_back(from.right.index()[place]);
        add_choice(from, place);
      }
    }
    map_.add(from, row, items_++);
  }

  SelectionSite finish() {
    map_.describe(site_);
    return std::move(site_);
  }

 private:
  void add_choice(const Published& from, Extent row) {
    double entropy = 0;
    for (Extent k = 0; k < from.count.index()[row]; ++k) {
      const Index kept = from.kept.index()[row * from.capacity + k];
      const auto weight = static_cast<double>(from.weights.real()[row * from.capacity + k]);
      site_.kept.push_back(kept);
      site_.weights.push_back(weight);
      if (weight > 0) entropy -= weight * std::log(weight);
    }
    site_.offsets.push_back(static_cast<std::int64_t>(site_.kept.size()));
    site_.entropy.push_back(entropy);
    site_.log_probability.push_back(from.log_prob ? static_cast<double>(from.log_prob.real()[row])
                                                  : std::numeric_limits<double>::quiet_NaN());
  }

  SelectionSite site_;
  SiteMap map_;
  Extent stride_;
  Extent items_ = 0;
};

/// Calls visit(published, row, item) for each of the first `rows` items.
template <class Visit>
void each_item(const SiteRecord& record, std::span<const Shard> shards, Extent rows, Visit visit) {
  for (const Shard& shard : shards) {
    const Published published(record, *shard.execution);
    for (Extent row = 0; row < shard.rows && shard.first_row + row < rows; ++row) {
      visit(published, row, shard.first_row + row);
    }
  }
}

/// What a site keeps for one item.
std::int64_t entries_of(const Published& from, Extent row) {
  std::int64_t entries = 0;
  for (Extent time = 0; time < from.times; ++time) {
    const Index* counts = from.count.index() + (time * from.batch + row) * from.queries;
    entries += std::accumulate(counts, counts + from.queries, std::int64_t{0});
  }
  return entries;
}

}  // namespace

std::vector<SelectionSite> sampled_selections(const Graph& graph, std::span<const Shard> shards, Extent rows) {
  std::vector<SelectionSite> sites;
  for (const SiteRecord& record : graph.sites()) {
    if (!is_published(record)) continue;
    std::int64_t entries = 0;
    each_item(record, shards, rows, [&](const Published& from, Extent row, Extent) { entries += entries_of(from, row); });
    SiteSample sample(record, std::max<Extent>(1, (entries + kMostEntries - 1) / kMostEntries));
    each_item(record, shards, rows,
              [&](const Published& from, Extent row, Extent item) { sample.add_item(from, row, item); });
    sites.push_back(sample.finish());
  }
  return sites;
}

Array array_of(const std::string& name, const Tensor& tensor, const std::string& first_axis) {
  Array array;
  array.name = name;
  for (int axis = 0; axis < tensor.shape().rank(); ++axis) {
    array.axes.push_back(axis == 0 ? first_axis : "axis" + std::to_string(axis));
    array.extents.push_back(tensor.shape()[axis]);
  }
  const auto size = tensor.size();
  if (tensor.type.kind == Kind::kReal) {
    array.values = std::vector<Real>(tensor.real(), tensor.real() + size);
  } else {
    array.values = std::vector<std::int32_t>(tensor.index(), tensor.index() + size);
  }
  return array;
}

Predictions sampled_predictions(const std::string& split, const Batch& batch, const Outputs& outputs, Extent rows) {
  Predictions predictions;
  predictions.split = split;
  const auto add = [&](std::string name, const Tensor& tensor) {
    std::replace(name.begin(), name.end(), '/', '_');
    const auto same = [&](const Array& array) { return array.name == name; };
    if (std::any_of(predictions.arrays.begin(), predictions.arrays.end(), same)) name = "output_" + name;
    predictions.arrays.push_back(array_of(name, Batch::rows_of(tensor, 0, rows), "item"));
  };
  for (const auto& [name, type] : batch.types()) add(name, batch.at(name));
  for (const auto& [name, tensor] : outputs) add(name, tensor);
  return predictions;
}

}  // namespace fovea
