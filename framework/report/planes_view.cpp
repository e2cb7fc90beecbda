#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "framework/core/text.h"
#include "framework/report/figure.h"
#include "framework/report/item_reads.h"
#include "framework/report/item_words.h"
#include "framework/report/packed_array.h"
#include "framework/report/report_views.h"
#include "framework/report/view_runs.h"

namespace fovea {
namespace {

using Array = Json::Array;
using Object = Json::Object;

constexpr std::int64_t kMostPoints = 2000;    // of an item
constexpr std::int64_t kMostPixels = 65536;   // of an image
constexpr std::int64_t kMostNumbers = 60000;  // of all items together, which bounds how many are shown

Json known(std::optional<bool> value) { return value ? Json(*value) : Json(); }

bool is_plane(const SampleArray& array) { return !array.is_whole && array.shape.size() == 3 && array.shape[2] == 2; }
bool is_row(const SampleArray& array) {
  return !array.is_whole && (array.shape.size() == 2 || (array.shape.size() == 3 && array.shape[2] == 1));
}

/// The array of places [item, N, 2]; else that of numbers [item, N], which are drawn over their places in the row.
const SampleArray* points_of(const ItemSample& sample) {
  const SampleArray* named = sample.find("points");
  if (named != nullptr && is_plane(*named)) return named;
  for (const SampleArray& array : sample.arrays()) {
    if (is_plane(array)) return &array;
  }
  for (const char* name : {"items", "inputs", "numbers"}) {
    const SampleArray* row = sample.find(name);
    if (row != nullptr && is_row(*row)) return row;
  }
  return nullptr;
}

Json whole_array(const SampleArray& array, Extent items) {
  std::vector<std::int32_t> values;
  for (Extent item = 0; item < items; ++item) {
    for (const double value : array.of(item)) {
      values.push_back(value >= 0 && value <= 1e9 ? static_cast<std::int32_t>(value) : -1);
    }
  }
  return packed_array(values, {items, static_cast<std::int64_t>(values.size()) / std::max<Extent>(items, 1)});
}

Json real_array(const SampleArray& array, Extent items, std::vector<std::int64_t> shape) {
  std::vector<float> values;
  for (Extent item = 0; item < items; ++item) {
    for (const double value : array.of(item)) values.push_back(static_cast<float>(value));
  }
  shape.insert(shape.begin(), items);
  return packed_array(values, shape);
}

Extent items_with_room(const ItemSample& sample, std::int64_t numbers) {
  return std::clamp<Extent>(kMostNumbers / std::max<std::int64_t>(numbers, 1), 1, sample.items());
}

Array answers_json(const RunReads& reads, Extent items) {
  Array answered;
  for (Extent item = 0; item < items; ++item) answered.push_back(known(reads.is_answered(item)));
  return answered;
}

/// Points and the order in which they were chosen; nothing where the answers are none of places.
std::optional<Object> path_json(const RunReads& reads) {
  const ItemSample& sample = reads.sample();
  const SampleArray* points = points_of(sample);
  const SampleArray* pointers = sample.find("pointers");
  if (points == nullptr || pointers == nullptr || !pointers->is_whole || pointers->shape.size() != 2) return std::nullopt;
  const std::int64_t size = points->extent(1);
  if (size < 2 || size > kMostPoints || pointers->extent(1) > 2 * kMostPoints) return std::nullopt;
  const SampleArray* targets = sample.find("targets");
  const bool has_targets =
      targets != nullptr && targets->is_whole && targets->shape.size() == 2 && targets->extent(1) <= 2 * kMostPoints;
  const Extent items = items_with_room(sample, 2 * size + 2 * pointers->extent(1));
  const std::int64_t width = is_plane(*points) ? 2 : 1;
  return Object{{"kind", "path"},
                {"items", items},
                {"points_name", short_text(points->name, kLongViewText)},
                {"points", real_array(*points, items, {size, width})},
                {"pointers", whole_array(*pointers, items)},
                {"targets", has_targets ? whole_array(*targets, items) : Json()},
                {"answered", answers_json(reads, items)}};
}

/// Regions of an image, row by row: so many each way.
std::int64_t grid_of(const SampleArray& image, std::int64_t regions) {
  const auto grid = static_cast<std::int64_t>(std::lround(std::sqrt(static_cast<double>(regions))));
  const bool divides = grid >= 2 && grid * grid == regions && image.extent(1) % grid == 0 && image.extent(2) % grid == 0;
  return divides && image.extent(1) / grid >= 2 ? grid : 0;
}

/// The site that looks at regions of an image, where there is one.
const SampleSite* looking_site(const RunReads& reads, const SampleArray& image) {
  const auto looks = [&](const SampleSite& site) { return grid_of(image, site.items) > 0; };
  const auto found = std::find_if(reads.sites().begin(), reads.sites().end(), looks);
  return found == reads.sites().end() ? nullptr : &*found;
}

/// Levels from the least to the largest number, which the page is told.
Json image_json(const SampleArray& image, Extent items, Object& object) {
  constexpr double kLevels = 255;
  std::vector<double> values;
  for (Extent item = 0; item < items; ++item) {
    for (const double value : image.of(item)) values.push_back(std::isfinite(value) ? value : 0);
  }
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double range = *high > *low ? *high - *low : 1;
  std::vector<std::uint8_t> levels;
  for (const double value : values)
    levels.push_back(static_cast<std::uint8_t>(std::lround(kLevels * (value - *low) / range)));
  object.emplace_back("low", *low);
  object.emplace_back("high", *high);
  return packed_array(levels, {items, image.extent(1), image.extent(2)});
}

Json word_at(const ItemSample& sample, const SampleArray* array, Extent item, std::int64_t step) {
  if (array == nullptr || step < 0 || step >= static_cast<std::int64_t>(array->of(item).size())) return {};
  return short_text(number_words(sample, *array, array->of(item)[static_cast<std::size_t>(step)]), kLongViewText);
}

/// What was looked at for each word of an item.
Json steps_json(const RunReads& reads, const SampleSite& site, Extent item) {
  const AnswerArrays answers = answers_of(reads.sample());
  Array steps;
  for (const std::size_t row : site.rows[static_cast<std::size_t>(item)]) {
    const std::int64_t step = site.query_of(row);
    const auto kept = site.kept_of(row);
    const auto weights = site.weights_of(row);
    steps.push_back(Object{{"step", step},
                           {"head", site.head_of(row)},
                           {"kept", wholes_json({kept.begin(), kept.end()})},
                           {"weights", weights_json({weights.begin(), weights.end()})},
                           {"right", site.right[row]},
                           {"wanted", word_at(reads.sample(), answers.wanted, item, step)},
                           {"given", word_at(reads.sample(), answers.given, item, step)}});
  }
  return steps;
}

std::optional<Object> glimpse_json(const RunReads& reads) {
  const SampleArray* image = reads.sample().find("image");
  if (image == nullptr || image->is_whole || image->shape.size() != 3) return std::nullopt;
  if (image->extent(1) * image->extent(2) > kMostPixels) return std::nullopt;
  const SampleSite* site = looking_site(reads, *image);
  if (site == nullptr) return std::nullopt;
  const Extent items = items_with_room(reads.sample(), image->extent(1) * image->extent(2));
  Array steps;
  for (Extent item = 0; item < items; ++item) steps.push_back(steps_json(reads, *site, item));
  Object object{{"kind", "glimpse"},
                {"items", items},
                {"site", short_text(site->path, kLongViewText)},
                {"grid", grid_of(*image, site->items)},
                {"steps", std::move(steps)},
                {"answered", answers_json(reads, items)}};
  Json packed = image_json(*image, items, object);
  object.emplace_back("image", std::move(packed));
  return object;
}

Json run_json(const ViewRun& run, std::vector<std::string>& notes) {
  const ItemSample sample(run.run->file);
  if (sample.find("image") == nullptr && sample.find("pointers") == nullptr) return {};  // before sites are read
  const RunReads reads(run.run->file);
  std::optional<Object> shown = glimpse_json(reads);
  if (!shown) shown = path_json(reads);
  if (!shown) return {};
  Object object = run_object(run);
  object.emplace_back("split", short_text(printable(reads.sample().split()), kLongViewText));
  object.emplace_back("items_kept", reads.sample().items());
  for (auto& [name, value] : *shown) {
    if (name == "items" && value.as<std::int64_t>() < reads.sample().items()) {
      notes.push_back(
          fmt::format("{}: the first {} of {} items.", run.name, value.as<std::int64_t>(), reads.sample().items()));
    }
    object.emplace_back(name, std::move(value));
  }
  return object;
}

}  // namespace

Json planes_view(const RunGroups& runs) { return view_json(runs, run_json); }

}  // namespace fovea
