#include "framework/report/item_sample.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "framework/core/text.h"
#include "framework/report/site_choice.h"
#include "framework/runs/found_run.h"

namespace fovea {
namespace {

constexpr std::int64_t kMostItems = 4096;                      // of a sample
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 22U;  // of one array of /predictions
constexpr std::int64_t kLargestPlace = std::numeric_limits<std::int32_t>::max();
constexpr double kLargest = 9e15;  // a whole number that a double holds exactly

bool is_whole_type(const std::string& type) { return type.starts_with("int") || type.starts_with("uint"); }
bool is_number_type(const std::string& type) { return is_whole_type(type) || type.starts_with("float"); }

std::int64_t count_of(const std::vector<std::int64_t>& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent <= 0) return 0;
    if (count > kMostNumbers / extent) return kMostNumbers + 1;
    count *= extent;
  }
  return count;
}

std::int64_t whole_of(double value) { return std::isfinite(value) && std::abs(value) < kLargest ? std::llround(value) : -1; }

std::vector<std::int64_t> whole_of(const std::vector<double>& values) {
  std::vector<std::int64_t> whole(values.size());
  std::transform(values.begin(), values.end(), whole.begin(), [](double value) { return whole_of(value); });
  return whole;
}

std::int64_t number_of(const TextPairs& attributes, const std::string& name) {
  const std::string text = text_of(attributes, name);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// "predictions/test/facts:1" is the axis 1 of the array facts; without a number, an array that is one thing for each item.
SampleAxis axis_of(std::string_view text, const std::string& split) {
  const std::string start = "predictions/" + split + "/";
  if (text.starts_with('/')) text.remove_prefix(1);
  if (!text.starts_with(start)) return {};
  text.remove_prefix(start.size());
  const std::size_t colon = text.rfind(':');
  SampleAxis axis{printable(text.substr(0, colon)), 0};
  if (colon != std::string_view::npos) std::from_chars(text.data() + colon + 1, text.data() + text.size(), axis.axis);
  return axis;
}

/// Where a file has labels and does not say of which arrays.
bool is_known_for_words(const std::string& name) {
  constexpr const char* kNames[] = {"story",   "question", "answer", "output_answer", "source",
                                    "targets", "answers",  "tokens", "text"};
  return std::any_of(std::begin(kNames), std::end(kNames), [&](const char* known) { return name == known; });
}

bool is_ascending_to(const std::vector<std::size_t>& offsets, std::size_t end) {
  return !offsets.empty() && offsets.front() == 0 && offsets.back() == end && std::is_sorted(offsets.begin(), offsets.end());
}

std::vector<std::size_t> places_of(const std::vector<double>& values) {
  std::vector<std::size_t> places(values.size());
  std::transform(values.begin(), values.end(), places.begin(),
                 [](double value) { return static_cast<std::size_t>(whole_of(value)); });
  return places;
}

}  // namespace

std::span<const double> SampleArray::of(Extent item) const {
  const std::size_t size = shape.empty() || shape[0] == 0 ? 0 : values.size() / static_cast<std::size_t>(shape[0]);
  if (item < 0 || item >= extent(0)) return {};
  return std::span(values).subspan(static_cast<std::size_t>(item) * size, size);
}

std::span<const std::int64_t> SampleSite::kept_of(std::size_t row) const {
  return std::span(kept).subspan(offsets[row], offsets[row + 1] - offsets[row]);
}

std::span<const double> SampleSite::weights_of(std::size_t row) const {
  return std::span(weights).subspan(offsets[row], offsets[row + 1] - offsets[row]);
}

std::int64_t SampleSite::best_of(std::size_t row) const {
  const auto items_kept = kept_of(row);
  const auto of_each = weights_of(row);
  std::int64_t best = -1;
  double most = 0;
  for (std::size_t i = 0; i < items_kept.size(); ++i) {
    if (best >= 0 && !(of_each[i] > most || (of_each[i] == most && items_kept[i] < best))) continue;
    best = items_kept[i];
    most = of_each[i];
  }
  return best;
}

ItemSample::ItemSample(std::filesystem::path file) : file_(std::move(file)) {
  const std::vector<std::string> groups{"/predictions", "/selection"};
  outline_ = read_outline(file_, groups);
  choose_split();
  if (split_.empty()) return;
  find_sites();
  read_predictions();
}

void ItemSample::find_sites() {
  const std::string start = "/selection/";
  for (const auto& [path, found] : outline_) {
    if (!path.starts_with(start) || found.type != "group" || text_of(found.attributes, "site").empty()) continue;
    const std::string split = text_of(found.attributes, "split");
    if (split.empty() || split == split_) sites_.push_back(path.substr(start.size()));
  }
}

std::vector<std::string> ItemSample::small_site_arrays(std::int64_t room) const {
  std::vector<std::string> paths;
  for (const std::string& site : sites_) {
    for (const char* name : {"item", "query", "offsets", "kept", "weights", "right", "mass_by_distance"}) {
      const OutlineEntry* found = entry(fovea::site_array(site, name));
      if (found == nullptr || !is_number_type(found->type) || count_of(found->shape) > room) continue;
      room -= count_of(found->shape);
      paths.push_back(fovea::site_array(site, name));
    }
  }
  return paths;
}

/// The split that the sites chose on, else test or validation, else the first that has predictions.
void ItemSample::choose_split() {
  std::vector<std::string> splits;
  for (const auto& [path, found] : outline_) splits.push_back(text_of(found.attributes, "split"));
  splits.insert(splits.end(), {"test", "validation"});
  const std::string start = "/predictions/";
  for (const auto& [path, found] : outline_) {
    if (path.starts_with(start) && found.type == "group") splits.push_back(path.substr(start.size()));
  }
  const auto has_predictions = [&](const std::string& split) {
    return !split.empty() && outline_.count(start + split) != 0 && outline_.at(start + split).type == "group";
  };
  const auto chosen = std::find_if(splits.begin(), splits.end(), has_predictions);
  if (chosen != splits.end()) split_ = *chosen;
}

const OutlineEntry* ItemSample::entry(const std::string& path) const {
  const auto found = outline_.find(path);
  return found == outline_.end() ? nullptr : &found->second;
}

void ItemSample::read_predictions() {
  const std::string start = "/predictions/" + split_ + "/";
  const std::string correct = "/evaluation/" + split_ + "/correct";
  std::vector<std::string> paths{correct};
  std::int64_t left = 4 * kMostNumbers;  // in all
  for (auto at = outline_.lower_bound(start); at != outline_.end() && at->first.starts_with(start); ++at) {
    const OutlineEntry& found = at->second;
    if (!found.texts.empty()) {
      std::vector<std::string>& texts = labels_[at->first.substr(start.size())];
      for (const std::string& text : found.texts) texts.push_back(printable(text));
    }
    const bool is_array = is_number_type(found.type) && !found.shape.empty() && found.shape[0] <= kMostItems;
    const std::int64_t count = count_of(found.shape);
    if (!is_array || count == 0 || count > std::min(kMostNumbers, left)) continue;
    left -= count;
    paths.push_back(at->first);
  }
  const std::vector<std::string> of_sites = small_site_arrays(kMostNumbers);
  paths.insert(paths.end(), of_sites.begin(), of_sites.end());
  for (auto& [path, array] : read_arrays(file_, paths)) {
    if (path.starts_with("/selection/")) {
      site_arrays_[path] = std::move(array);
      continue;
    }
    if (path == correct) {
      correct_ = std::move(array.values);
      continue;
    }
    const OutlineEntry& found = outline_.at(path);
    arrays_.push_back(array_of(path.substr(start.size()), found, std::move(array.values)));
    items_ = std::max<Extent>(items_, found.shape[0]);
  }
  // An array of other items would be taken for what it is not.
  std::erase_if(arrays_, [&](const SampleArray& array) { return array.shape[0] != items_; });
}

/// Labels are in `label`, or in `label_word` and the like where there are several lists.
SampleArray ItemSample::array_of(const std::string& name, const OutlineEntry& found, std::vector<double> values) const {
  SampleArray array;
  array.name = printable(name);
  array.meaning = printable(text_of(found.attributes, "meaning"));
  array.shape = found.shape;
  array.is_whole = is_whole_type(found.type);
  array.values = std::move(values);
  const std::string list = text_of(found.attributes, "labels");
  for (const std::string& known : {list, "label_" + list, std::string("label")}) {
    const bool may_have = array.is_whole && (!list.empty() || is_known_for_words(name));
    if (may_have && array.labels.empty() && labels_.count(known) != 0) array.labels = known;
  }
  const std::string padding = text_of(found.attributes, "padding");
  array.place_in = axis_of(text_of(found.attributes, "of"), split_);
  if (!padding.empty()) array.padding = number_of(found.attributes, "padding");
  return array;
}

const std::string* ItemSample::label(const SampleArray& array, double number) const {
  const auto list = labels_.find(array.labels);
  if (list == labels_.end() || !(number >= 0 && number < static_cast<double>(list->second.size()))) return nullptr;
  return &list->second[static_cast<std::size_t>(number)];
}

const SampleArray* ItemSample::find(const std::string& name) const {
  const auto found =
      std::find_if(arrays_.begin(), arrays_.end(), [&](const SampleArray& array) { return array.name == name; });
  return found == arrays_.end() ? nullptr : &*found;
}

std::optional<bool> ItemSample::is_correct(Extent item) const {
  const auto place = static_cast<std::size_t>(item);
  if (place >= correct_.size() || !(correct_[place] == 0 || correct_[place] == 1)) return std::nullopt;
  return correct_[place] == 1;
}

NumberArray ItemSample::site_array(const std::string& path, const std::string& name) const {
  const std::string whole = fovea::site_array(path, name);
  const auto known = site_arrays_.find(whole);
  if (known != site_arrays_.end()) return known->second;
  if (entry(whole) == nullptr) return {};
  std::map<std::string, NumberArray> arrays = read_arrays(file_, std::vector<std::string>{whole});
  return arrays.empty() ? NumberArray{} : std::move(arrays.begin()->second);
}

/// How many queries and items there are: as the file says, else as many as were seen.
void ItemSample::describe(SampleSite& site) const {
  const OutlineEntry* density = entry(fovea::site_array(site.path, "density"));
  constexpr std::int64_t kMostCells = 512;  // as many stand for any number
  const auto told = [&](const char* name, std::size_t axis) -> std::int64_t {
    if (density == nullptr || density->shape.size() != 3) return 0;
    const std::int64_t number = number_of(density->attributes, name);
    if (number > 0 && number <= kLargestPlace) return number;
    return density->shape[axis] < kMostCells ? density->shape[axis] : 0;
  };
  site.queries = told("queries", 1);
  site.items = told("items", 2);
  std::int64_t most = 0;
  for (const std::int64_t query : site.query) most = std::max(most, query + 1);
  if (site.queries == 0 || site.queries * site.heads < most) site.queries = (most + site.heads - 1) / site.heads;
  for (const std::int64_t item : site.kept) site.items = std::max(site.items, item + 1);
}

std::optional<SampleSite> ItemSample::site(const std::string& path) const {
  const OutlineEntry* group = entry("/selection/" + path);
  if (group == nullptr) return std::nullopt;
  const auto values = [&](const char* name) { return site_array(path, name).values; };
  const std::vector<double> items = values("item");
  SampleSite site;
  site.path = path;
  site.text = printable(text_of(group->attributes, "site"));
  site.heads = std::clamp<std::int64_t>(number_of(group->attributes, "heads"), 1, 4096);
  site.query_stride = std::max<std::int64_t>(number_of(group->attributes, "query_stride"), 1);
  site.entries_cut = number_of(group->attributes, "entries_cut");
  site.keys = axis_of(text_of(group->attributes, "keys"), split_);
  site.asked = axis_of(text_of(group->attributes, "queries"), split_);
  site.query = whole_of(values("query"));
  site.offsets = places_of(values("offsets"));
  site.kept = whole_of(values("kept"));
  site.weights = values("weights");
  site.right = whole_of(values("right"));
  const std::size_t rows = site.query.size();
  if (site.right.empty()) site.right.assign(rows, -1);
  const bool agree = items.size() == rows && site.offsets.size() == rows + 1 && site.weights.size() == site.kept.size() &&
                     site.right.size() == rows && is_ascending_to(site.offsets, site.kept.size());
  const auto is_place = [](std::int64_t value) { return value >= 0 && value < kLargestPlace; };
  if (!agree || !std::all_of(site.kept.begin(), site.kept.end(), is_place) ||
      !std::all_of(site.query.begin(), site.query.end(), is_place)) {
    return std::nullopt;
  }
  site.rows.resize(static_cast<std::size_t>(items_));
  for (std::size_t row = 0; row < rows; ++row) {
    const std::int64_t item = whole_of(items[row]);
    if (item >= 0 && item < items_) site.rows[static_cast<std::size_t>(item)].push_back(row);
  }
  describe(site);
  return site;
}

}  // namespace fovea
