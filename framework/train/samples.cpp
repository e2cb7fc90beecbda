#include "framework/train/samples.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "framework/train/meanings.h"
#include "framework/train/published.h"
#include "framework/train/sample_cut.h"
#include "framework/train/site_map.h"

namespace fovea {

namespace {

/// The rows of one site.
class SiteSample {
 public:
  SiteSample(const SiteRecord& record, const SampleCut& cut) : cut_(cut) {
    site_.path = record.path;
    site_.text = record.text;
    site_.heads = record.heads;
    site_.query_stride = cut.stride;
    site_.offsets = {0};
  }

  void add_item(const Published& from, Extent row, Extent item) {
    for (Extent time = 0; time < from.times; ++time) {
      for (Extent query = 0; query < from.queries; ++query) {
        const Extent place = (time * from.batch + row) * from.queries + query;
        const Extent whole = time * from.queries + query;
        const Extent count = from.count.index()[place];
        if (whole % cut_.stride != 0 || item >= cut_.items) {
          site_.entries_cut += count;
          continue;
        }
        site_.item.push_back(item);
        site_.query.push_back(whole);
        if (from.right) site_.right.push_back(from.right.index()[place]);
        add_choice(from.kept.index() + place * from.capacity, from.weights.real() + place * from.capacity, count);
        site_.log_probability.push_back(from.log_prob ? static_cast<double>(from.log_prob.real()[place]) : kMissing);
      }
    }
    map_.add(from, row, items_++);
  }

  void add(const ToldSite& told) {
    for (const ToldRow& row : told.rows) {
      site_.item.push_back(row.item);
      site_.query.push_back(row.place);
      add_choice(row.told.kept.data(), row.told.weights.data(), static_cast<Extent>(row.told.kept.size()));
      site_.log_probability.push_back(kMissing);
    }
    // Masked pairs are among those that were not asked for.
    if (told.stride > 1) site_.entries_cut = std::max<Extent>(0, told.pairs - static_cast<Extent>(site_.kept.size()));
    map_.add(told);
  }

  SelectionSite finish() {
    map_.describe(site_);
    return std::move(site_);
  }

 private:
  static constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

  void add_choice(const Index* kept, const Real* weights, Extent count) {
    double entropy = 0;
    for (Extent k = 0; k < count; ++k) {
      const auto weight = static_cast<double>(weights[k]);
      site_.kept.push_back(kept[k]);
      site_.weights.push_back(weight);
      if (weight > 0) entropy -= weight * std::log(weight);
    }
    site_.offsets.push_back(static_cast<std::int64_t>(site_.kept.size()));
    site_.entropy.push_back(entropy);
  }

  SelectionSite site_;
  SiteMap map_;
  SampleCut cut_;
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

SelectionSite sampled(const SiteRecord& record, std::span<const Shard> shards, Extent rows) {
  std::int64_t entries = 0;
  Extent queries = 0;
  each_item(record, shards, rows, [&](const Published& from, Extent row, Extent) {
    entries += entries_of(from, row);
    queries = from.times * from.queries;
  });
  const Extent of_item = (entries + rows - 1) / std::max<Extent>(rows, 1);
  SiteSample sample(record, sample_cut(of_item, rows, queries, record.heads));
  each_item(record, shards, rows, [&](const Published& from, Extent row, Extent item) { sample.add_item(from, row, item); });
  return sample.finish();
}

}  // namespace

std::vector<SelectionSite> sampled_selections(const Graph& graph, std::span<const Shard> shards, Extent rows,
                                              const std::vector<ToldRows>& told) {
  std::vector<SelectionSite> sites;
  for (const SiteRecord& record : graph.sites()) {
    if (is_published(record)) {
      sites.push_back(sampled(record, shards, rows));
      continue;
    }
    const ToldSite of_site = joined(told, record.path);
    if (of_site.rows.empty()) continue;
    SiteSample sample(record, {rows, of_site.stride});
    sample.add(of_site);
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

SiteRates rates_of(const Counters& counters, Extent count) {
  const auto share = [&](std::uint64_t total) { return static_cast<double>(total) / static_cast<double>(count); };
  return {share(counters.scored_pairs), share(counters.gathered_rows), share(counters.gathered_rows_backward)};
}

std::string stored_name(const Batch& batch, const std::string& output) {
  std::string name = flat_name(output);
  for (const auto& [input, type] : batch.types()) {
    if (flat_name(input) == name) return "output_" + name;
  }
  return name;
}

void describe_axes(SelectionSite& site, const SiteAxes& axes, const Batch& batch, const std::string& split) {
  const auto text = [&](const AxisSource& source) {
    if (source.name.empty()) return std::string();
    const std::string name = source.is_output ? stored_name(batch, source.name) : flat_name(source.name);
    return "predictions/" + split + "/" + name + (source.axis > 0 ? ":" + std::to_string(source.axis) : "");
  };
  site.key_axis = text(axes.items);
  site.query_axis = text(axes.queries);
  // Steps of an output are as many as the items, but at no distance from them.
  if (!site.key_axis.empty() && !site.query_axis.empty() && site.key_axis != site.query_axis) site.mass_by_distance.clear();
}

Predictions sampled_predictions(const std::string& split, const Batch& batch, const Outputs& outputs, Extent rows,
                                const Meanings& meanings) {
  Predictions predictions;
  predictions.split = split;
  for (const auto& [list, texts] : meanings.labels) {
    if (!texts.empty()) predictions.labels.push_back({list, texts});
  }
  const auto add = [&](const std::string& name, const std::string& as, const Tensor& tensor) {
    predictions.arrays.push_back(array_of(as, Batch::rows_of(tensor, 0, rows), "item"));
    explain(predictions.arrays.back(), find_meaning(meanings, as, name), meanings, split);
  };
  for (const auto& [name, type] : batch.types()) add(name, flat_name(name), batch.at(name));
  for (const auto& [name, tensor] : outputs) add(name, stored_name(batch, name), tensor);
  return predictions;
}

}  // namespace fovea
