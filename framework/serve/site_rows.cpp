#include "framework/serve/site_rows.h"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "framework/core/error.h"
#include "framework/results/json.h"
#include "framework/serve/run_cache.h"

namespace fovea {
namespace {

constexpr std::int64_t kMostRows = 4096;
constexpr std::size_t kMostEntries = std::size_t{1} << 19;

/// Whole numbers are written so; what is not finite is null.
Json number(double value) {
  if (!std::isfinite(value)) return {};
  if (value == std::trunc(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

/// Of an array with a value for each row; null where there is none.
Json of_rows(const std::vector<double>& values, const std::vector<std::size_t>& rows) {
  Json::Array numbers;
  for (const std::size_t row : rows) {
    if (row >= values.size()) return {};
    numbers.push_back(number(values[row]));
  }
  return numbers;
}

/// The first entry of a row and the one behind its last.
std::pair<std::size_t, std::size_t> entries_of(const std::vector<double>& offsets, std::size_t row, std::size_t entries) {
  const double begin = offsets[row];
  const double end = offsets[row + 1];
  if (begin >= 0 && begin <= end && end <= static_cast<double>(entries)) {
    return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end)};
  }
  throw Error("rows",
              fmt::format("expected entries of row {}; they are not there: the file is damaged; see 'fovea verify'.", row));
}

}  // namespace

void SiteRows::read(const std::filesystem::path& file, const std::string& site) {
  const FileStamp stamp = stamp_of(file);
  const std::string wanted = fmt::format("{}\n{}\n{}\n{}\n{}", file.string(), stamp.time, stamp.bytes, stamp.hash, site);
  if (wanted == read_) return;
  read_.clear();
  arrays_.clear();
  const std::string group = "/selection/" + site + "/";
  std::vector<std::string> paths;
  for (const char* name : {"item", "query", "offsets", "kept", "weights", "right"}) paths.push_back(group + name);
  for (auto& [path, array] : read_arrays(file, paths)) arrays_[path.substr(group.size())] = std::move(array);
  read_ = wanted;
}

const std::vector<double>& SiteRows::values(const std::string& name) const {
  static const std::vector<double> none;
  const auto found = arrays_.find(name);
  return found == arrays_.end() ? none : found->second.values;
}

std::vector<std::size_t> SiteRows::chosen(const RowChoice& choice) const {
  const auto count = static_cast<std::int64_t>(values("offsets").size()) - 1;
  const bool is_range = choice.from >= 0 && choice.to >= choice.from && (choice.item || choice.to <= count);
  std::vector<std::size_t> rows;
  if (is_range && !choice.item && choice.to - choice.from <= kMostRows) {
    rows.resize(static_cast<std::size_t>(choice.to - choice.from));
    std::iota(rows.begin(), rows.end(), static_cast<std::size_t>(choice.from));
    return rows;
  }
  const std::vector<double>& item = values("item");
  const std::vector<double>& query = values("query");
  const std::size_t all = std::min({static_cast<std::size_t>(count), item.size(), query.size()});
  for (std::size_t row = 0; is_range && choice.item && row < all; ++row) {
    if (item[row] != static_cast<double>(*choice.item)) continue;
    if (query[row] >= static_cast<double>(choice.from) && query[row] < static_cast<double>(choice.to)) rows.push_back(row);
  }
  if (!is_range || !choice.item || static_cast<std::int64_t>(rows.size()) > kMostRows) {
    throw Error("rows", fmt::format("expected rows from 0 up to {}, at most {}; {} to {} came; ask for others.", count,
                                    kMostRows, choice.from, choice.to));
  }
  return rows;
}

std::string SiteRows::rows(const std::filesystem::path& file, const RowChoice& choice) {
  read(file, choice.site);
  const std::vector<double>& all = values("offsets");
  if (all.empty()) {
    throw Error("rows", fmt::format("expected a site of this run; '{}' is none; see 'fovea show'.", choice.site));
  }
  const std::vector<std::size_t> rows = chosen(choice);
  const std::vector<double>& kept = values("kept");
  const std::vector<double>& weights = values("weights");
  Json::Array offsets = {std::int64_t{0}};
  Json::Array items;
  Json::Array shares;
  for (const std::size_t row : rows) {
    const auto [begin, end] = entries_of(all, row, std::min(kept.size(), weights.size()));
    if (items.size() + (end - begin) > kMostEntries) {
      throw Error("rows",
                  fmt::format("expected rows of at most {} entries; these have more; ask for fewer rows.", kMostEntries));
    }
    for (std::size_t i = begin; i < end; ++i) {
      items.push_back(number(kept[i]));
      shares.push_back(number(weights[i]));
    }
    offsets.emplace_back(static_cast<std::int64_t>(items.size()));
  }
  return json_line(Json::Object{{"site", choice.site},
                                {"count", static_cast<std::int64_t>(all.size()) - 1},
                                {"item", of_rows(values("item"), rows)},
                                {"query", of_rows(values("query"), rows)},
                                {"offsets", std::move(offsets)},
                                {"kept", std::move(items)},
                                {"weights", std::move(shares)},
                                {"right", values("right").empty() ? Json() : of_rows(values("right"), rows)}});
}

}  // namespace fovea
