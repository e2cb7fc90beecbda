#include "framework/train/samples.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/train/published.h"

namespace fovea {

namespace {

constexpr std::size_t kMaxEntries = std::size_t{1} << 20U;

class SiteSample {
 public:
  explicit SiteSample(const SiteRecord& record) {
    site_.path = record.path;
    site_.text = record.text;
    site_.offsets = {0};
  }

  void add_item(const Published& from, Extent row, Extent item) {
    if (site_.kept.size() + static_cast<std::size_t>(from.times * from.queries * from.capacity) > kMaxEntries)
      is_full_ = true;
    if (is_full_) return;
    for (Extent time = 0; time < from.times; ++time) {
      for (Extent query = 0; query < from.queries; ++query) {
        site_.item.push_back(item);
        site_.query.push_back(time * from.queries + query);
        add_choice(from, (time * from.batch + row) * from.queries + query);
      }
    }
  }

  SelectionSite finish() { return std::move(site_); }

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
  bool is_full_ = false;
};

}  // namespace

std::vector<SelectionSite> sampled_selections(const Graph& graph, std::span<const Shard> shards, Extent rows) {
  std::vector<SelectionSite> sites;
  for (const SiteRecord& record : graph.sites()) {
    if (!is_published(record)) continue;
    SiteSample sample(record);
    for (const Shard& shard : shards) {
      const Published published(record, *shard.execution);
      for (Extent row = 0; row < shard.rows && shard.first_row + row < rows; ++row) {
        sample.add_item(published, row, shard.first_row + row);
      }
    }
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
