#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>

#include "framework/core/text.h"
#include "framework/report/density_cells.h"
#include "framework/report/figure.h"
#include "framework/report/item_sample.h"
#include "framework/report/item_words.h"
#include "framework/report/packed_array.h"
#include "framework/report/report_views.h"
#include "framework/report/view_runs.h"

namespace fovea {
namespace {

using Array = Json::Array;
using Object = Json::Object;
using Rows = std::vector<std::size_t>;

constexpr std::int64_t kMostCells = 512;    // of one axis of a map
constexpr std::int64_t kMostHeads = 64;     // of a site
constexpr std::size_t kMostItems = 4;       // whose exact maps are there
constexpr std::size_t kSampledRows = 256;   // exact rows of a map that is too large for all of them
constexpr std::size_t kMostEntries = 512;   // of one of these rows
constexpr std::size_t kMostTexts = 20'000;  // bytes of the texts of a map's items

/// Four digits are left of a weight, which then packs to half of its size.
float short_weight(double weight) {
  constexpr std::uint32_t kDropped = 9;  // of 23 bits
  const auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(weight));
  if (!std::isfinite(weight)) return 0;
  return std::bit_cast<float>((bits + (1U << (kDropped - 1U))) >> kDropped << kDropped);
}

/// The entries of a row, or those of the largest weights where there are many, by item.
std::vector<std::size_t> entries_of(const SampleSite& site, std::size_t row) {
  std::vector<std::size_t> entries;
  for (std::size_t i = site.offsets[row]; i < site.offsets[row + 1]; ++i) entries.push_back(i);
  if (entries.size() > kMostEntries) {
    std::stable_sort(entries.begin(), entries.end(),
                     [&](std::size_t a, std::size_t b) { return site.weights[a] > site.weights[b]; });
    entries.resize(kMostEntries);
    std::sort(entries.begin(), entries.end());
  }
  return entries;
}

/// Rows as they are: of row i the query queries[i], head after head, and the entries offsets[i] up to offsets[i + 1].
Object rows_json(const SampleSite& site, const Rows& rows) {
  std::vector<std::int32_t> queries;
  std::vector<std::int32_t> offsets{0};
  std::vector<std::int32_t> kept;
  std::vector<float> weights;
  for (const std::size_t row : rows) {
    queries.push_back(static_cast<std::int32_t>(site.query[row]));
    for (const std::size_t entry : entries_of(site, row)) {
      kept.push_back(static_cast<std::int32_t>(site.kept[entry]));
      weights.push_back(short_weight(site.weights[entry]));
    }
    offsets.push_back(static_cast<std::int32_t>(kept.size()));
  }
  const auto size = [](const auto& values) { return std::vector<std::int64_t>{static_cast<std::int64_t>(values.size())}; };
  return {{"queries", packed_array(queries, size(queries))},
          {"offsets", packed_array(offsets, size(offsets))},
          {"kept", packed_array(kept, size(kept))},
          {"weights", packed_array(weights, size(weights))}};
}

Json part_texts(const ItemSample& sample, const SampleSite& site, Extent item) {
  const ItemParts parts = parts_of(sample, site, item);
  std::size_t bytes = 0;
  for (const std::string& text : parts.texts) bytes += text.size();
  return parts.name.empty() || bytes > kMostTexts ? Json(Array{}) : texts_json(parts.texts);
}

bool fits_exactly(const SampleSite& site) {
  return site.queries <= kMostCells && site.items <= kMostCells && site.entries_cut == 0 && site.query_stride == 1;
}

/// All rows of the first items, as many of these as find room.
Array exact_json(const ItemSample& sample, const SampleSite& site, std::size_t room) {
  constexpr std::size_t kBytesPerEntry = 4;  // packed, more or less: what is surely too much is not tried
  Array items;
  std::size_t bytes = 0;
  for (std::size_t item = 0; item < site.rows.size() && items.size() < kMostItems; ++item) {
    const Rows& rows = site.rows[item];
    if (rows.empty()) continue;
    if (std::any_of(rows.begin(), rows.end(), [&](std::size_t row) { return site.kept_of(row).size() > kMostEntries; }))
      break;
    const std::size_t entries = site.offsets[rows.back() + 1] - site.offsets[rows.front()];
    if (entries > kBytesPerEntry * room) break;
    Object json = rows_json(site, rows);
    json.emplace_back("item", static_cast<std::int64_t>(item));
    json.emplace_back("texts", part_texts(sample, site, static_cast<Extent>(item)));
    bytes += json_line(json).size();
    if (bytes > room) break;
    items.push_back(std::move(json));
  }
  return items;
}

/// Rows of the first item at even distances.
Json sampled_json(const SampleSite& site, std::size_t room) {
  const Rows all = site.rows.empty() ? Rows{} : site.rows.front();
  for (std::size_t most = kSampledRows; most >= 4; most /= 2) {
    const std::size_t stride = (all.size() + most - 1) / most;
    Rows rows;
    for (std::size_t i = 0; i < all.size(); i += stride) rows.push_back(all[i]);
    Object json = rows_json(site, rows);
    if (json_line(json).size() <= room) return json;
  }
  return {};
}

Json density_json(const NumberArray& density, std::size_t room) {
  constexpr std::size_t kFewest = 64;  // cells of an axis, however little room there is
  std::optional<DensityCells> cells = density_cells(density);
  if (!cells) return {};
  for (;;) {
    const QuantisedCells quantised = quantised_cells(*cells);
    Json packed = packed_array(quantised.levels, {cells->heads, cells->rows, cells->columns});
    const bool is_small =
        cells->rows <= static_cast<std::int64_t>(kFewest) && cells->columns <= static_cast<std::int64_t>(kFewest);
    if (packed_size(packed) <= room || is_small) {
      return Object{{"low", quantised.low}, {"high", quantised.high}, {"cells", std::move(packed)}};
    }
    cells = halved(*cells);
  }
}

Json distances_json(const NumberArray& shares) {
  constexpr std::size_t kMostBins = 64;
  std::vector<double> few(shares.values.begin(),
                          shares.values.begin() + static_cast<std::ptrdiff_t>(std::min(shares.values.size(), kMostBins)));
  return weights_json(few);
}

Json site_json(const ItemSample& sample, const SampleSite& site, std::size_t room) {
  Object json{{"path", short_text(site.path, kLongViewText)},
              {"text", short_text(site.text, kLongViewText)},
              {"heads", site.heads},
              {"queries", site.queries},
              {"items", site.items},
              {"stride", site.query_stride},
              {"distances", distances_json(sample.site_array(site.path, "mass_by_distance"))}};
  Array exact = fits_exactly(site) ? exact_json(sample, site, room) : Array{};
  if (exact.empty()) {
    Json density = density_json(sample.site_array(site.path, "density"), room / 3 * 2);
    if (density.is<std::nullptr_t>()) return {};
    json.emplace_back("density", std::move(density));
    json.emplace_back("sampled", sampled_json(site, room / 3));
  } else {
    json.emplace_back("exact", std::move(exact));
  }
  return json;
}

Json run_json(const ViewRun& run, std::vector<std::string>& notes) {
  const ItemSample sample(run.run->file);
  Array sites;
  std::size_t left = kMostViewBytes;
  std::size_t to_come = sample.sites().size();
  for (const std::string& path : sample.sites()) {
    const std::size_t room = left / to_come--;
    const std::optional<SampleSite> site = sample.site(path);
    if (!site || site->queries < 2 || site->items < 2) continue;
    if (site->heads > kMostHeads) {
      notes.push_back(
          fmt::format("{}: the site {} is left out, as it has more than {} heads.", run.name, printable(path), kMostHeads));
      continue;
    }
    Json json = site_json(sample, *site, room);
    if (json.is<std::nullptr_t>()) {
      notes.push_back(
          fmt::format("{}: the site {} is left out, as it is too large for this page and its file has no density.", run.name,
                      printable(path)));
      continue;
    }
    left -= std::min(left, json_line(json).size());
    sites.push_back(std::move(json));
  }
  if (sites.empty()) return {};
  Object object = run_object(run);
  object.emplace_back("split", short_text(printable(sample.split()), kLongViewText));
  object.emplace_back("sites", std::move(sites));
  return object;
}

}  // namespace

Json heads_view(const RunGroups& runs) { return view_json(runs, run_json); }

}  // namespace fovea
