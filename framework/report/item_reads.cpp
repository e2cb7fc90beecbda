#include "framework/report/item_reads.h"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "framework/core/text.h"
#include "framework/report/item_words.h"

namespace fovea {

RunReads::RunReads(const std::filesystem::path& file) : sample_(file) {
  for (const std::string& path : sample_.sites()) {
    std::optional<SampleSite> site = sample_.site(path);
    if (!site) {
      notes_.push_back(fmt::format("The site {} is left out, as its arrays are missing or disagree.", printable(path)));
      continue;
    }
    std::size_t most = 0;
    for (const auto& rows : site->rows) most = std::max(most, rows.size());
    if (most > kMostReads) {
      notes_.push_back(fmt::format("The site {} asks {} times an item and is shown as a map.", printable(path), most));
    } else if (most > 0) {
      sites_.push_back(std::move(*site));
    }
  }
}

std::vector<std::int64_t> RunReads::supports_of(const SampleSite& site, Extent item) const {
  const SampleArray* support = sample_.find("support");
  if (support == nullptr || support->shape.size() != 2 || support->extent(1) < site.items) return {};
  const bool is_of_story = site.keys.array.empty() || site.keys.array == "support" ||
                           (sample_.find(site.keys.array) != nullptr && site.keys.axis == 1 &&
                            sample_.find(site.keys.array)->extent(1) == support->extent(1));
  if (!is_of_story) return {};
  std::vector<std::int64_t> places;
  const std::span<const double> marks = support->of(item);
  for (std::size_t place = 0; place < marks.size(); ++place) {
    if (marks[place] > 0) places.push_back(static_cast<std::int64_t>(place));
  }
  return places;
}

std::vector<std::int64_t> RunReads::right_of(const SampleSite& site, std::size_t row, Extent item) const {
  if (site.right[row] >= 0) return {site.right[row]};
  return supports_of(site, item);
}

std::optional<bool> RunReads::is_answered(Extent item) const {
  if (const std::optional<bool> told = sample_.is_correct(item)) return told;
  const AnswerArrays answers = answers_of(sample_);
  if (answers.given == nullptr) return std::nullopt;
  const std::span<const double> wanted = answers.wanted->of(item);
  const std::span<const double> given = answers.given->of(item);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] >= 0 && wanted[i] != given[i]) return false;
  }
  return true;
}

/// By the right items of the rows; nothing where none is known.
std::optional<bool> RunReads::is_each_right(Extent item) const {
  std::map<std::pair<const SampleSite*, std::int64_t>, bool> found;  // by site and query: whether a head looked right
  for (const SampleSite& site : sites_) {
    for (const std::size_t row : site.rows[static_cast<std::size_t>(item)]) {
      if (site.right[row] < 0) continue;
      bool& is_right = found[{&site, site.query_of(row)}];
      is_right = is_right || site.best_of(row) == site.right[row];
    }
  }
  if (found.empty()) return std::nullopt;
  return std::all_of(found.begin(), found.end(), [](const auto& entry) { return entry.second; });
}

std::optional<bool> RunReads::is_read_right(Extent item) const {
  if (item < 0 || item >= sample_.items()) return std::nullopt;
  if (const std::optional<bool> told = is_each_right(item)) return told;
  std::set<std::int64_t> left;
  std::set<std::int64_t> looked;
  for (const SampleSite& site : sites_) {
    const std::vector<std::int64_t> supports = supports_of(site, item);
    left.insert(supports.begin(), supports.end());
    if (supports.empty()) continue;
    for (const std::size_t row : site.rows[static_cast<std::size_t>(item)]) looked.insert(site.best_of(row));
  }
  if (left.empty()) return std::nullopt;
  return std::includes(looked.begin(), looked.end(), left.begin(), left.end());
}

}  // namespace fovea
