#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "framework/core/text.h"
#include "framework/report/figure.h"
#include "framework/report/item_reads.h"
#include "framework/report/item_words.h"
#include "framework/report/report_views.h"
#include "framework/report/view_runs.h"

namespace fovea {
namespace {

using Array = Json::Array;
using Object = Json::Object;

constexpr std::size_t kMostEntries = 64;  // of a read; of one with more, half as many of the largest weights
constexpr std::size_t kAllParts = 128;    // of an item; of one with more, those that were kept or are right

Json known(std::optional<bool> value) { return value ? Json(*value) : Json(); }

/// What a row kept, in the order of the file.
struct Kept {
  std::vector<std::int64_t> places;
  std::vector<double> weights;
  double rest = 0;  // the weight of what is left out
};

Kept kept_of(const SampleSite& site, std::size_t row) {
  const auto places = site.kept_of(row);
  const auto weights = site.weights_of(row);
  std::vector<std::size_t> order(places.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Kept kept;
  if (order.size() > kMostEntries) {
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return weights[a] > weights[b]; });
    for (std::size_t i = kMostEntries / 2; i < order.size(); ++i) kept.rest += weights[order[i]];
    order.resize(kMostEntries / 2);
    std::sort(order.begin(), order.end());
  }
  for (const std::size_t i : order) {
    kept.places.push_back(places[i]);
    kept.weights.push_back(weights[i]);
  }
  return kept;
}

/// The items that the reads of one item of the sample choose among; sites that choose among the same ones share them.
class PartsList {
 public:
  explicit PartsList(const ItemSample& sample, Extent item) : sample_(&sample), item_(item) {}

  std::size_t place_of(const SampleSite& site) {
    ItemParts parts = parts_of(*sample_, site, item_);
    const auto same = [&](const Listed& listed) {
      return listed.parts.name == parts.name && listed.parts.texts == parts.texts;
    };
    const auto found = std::find_if(lists_.begin(), lists_.end(), same);
    if (found != lists_.end()) return static_cast<std::size_t>(found - lists_.begin());
    lists_.push_back({std::move(parts), {}});
    return lists_.size() - 1;
  }
  void use(std::size_t list, std::int64_t part) { lists_[list].used.insert(part); }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Listed& listed : lists_) names.push_back(listed.parts.name);
    return names;
  }

  Json json() const {
    Array array;
    for (const Listed& listed : lists_) array.push_back(json_of(listed));
    return array;
  }

 private:
  struct Listed {
    ItemParts parts;
    std::set<std::int64_t> used;
  };
  static Json json_of(const Listed& listed) {
    std::set<std::int64_t> places = listed.used;
    const std::size_t all = listed.parts.texts.size();
    for (std::size_t part = 0; all <= kAllParts && part < all; ++part) places.insert(static_cast<std::int64_t>(part));
    std::vector<std::string> texts;
    for (const std::int64_t place : places) {
      const auto part = static_cast<std::size_t>(place);
      texts.push_back(part < all ? listed.parts.texts[part] : "");
    }
    return Object{{"name", short_text(listed.parts.name, kLongViewText)},
                  {"of", static_cast<std::int64_t>(all)},
                  {"places", wholes_json({places.begin(), places.end()})},
                  {"texts", texts_json(texts)}};
  }

  const ItemSample* sample_;
  Extent item_;
  std::vector<Listed> lists_;
};

Json read_json(const RunReads& reads, std::size_t site_place, std::size_t row, Extent item, PartsList& parts) {
  const SampleSite& site = reads.sites()[site_place];
  const std::size_t list = parts.place_of(site);
  const Kept kept = kept_of(site, row);
  const std::vector<std::int64_t> right = reads.right_of(site, row, item);
  for (const std::int64_t place : kept.places) parts.use(list, place);
  for (const std::int64_t place : right) parts.use(list, place);
  const std::string words = query_words(reads.sample(), site, item, site.query_of(row));
  return Object{{"site", static_cast<std::int64_t>(site_place)},
                {"parts", static_cast<std::int64_t>(list)},
                {"query", site.query_of(row)},
                {"head", site.head_of(row)},
                {"words", short_text(words, kLongViewText)},
                {"best", site.best_of(row)},
                {"kept", wholes_json(kept.places)},
                {"weights", weights_json(kept.weights)},
                {"rest", weights_json({kept.rest}).as<Array>().front()},
                {"right", wholes_json(right)}};
}

Json answer_json(const ItemSample& sample, const SampleArray* array, Extent item) {
  return array == nullptr ? Json() : Json(short_text(answer_words(sample, *array, item), kLongViewText));
}

Json item_json(const RunReads& reads, Extent item) {
  PartsList parts(reads.sample(), item);
  Array all;
  for (std::size_t site = 0; site < reads.sites().size(); ++site) {
    for (const std::size_t row : reads.sites()[site].rows[static_cast<std::size_t>(item)]) {
      all.push_back(read_json(reads, site, row, item, parts));
    }
  }
  Array inputs;
  for (const ItemInput& input : inputs_of(reads.sample(), item, parts.names())) {
    inputs.push_back(Object{{"name", short_text(input.name, kLongViewText)}, {"lines", texts_json(input.lines)}});
  }
  const AnswerArrays answers = answers_of(reads.sample());
  return Object{{"item", item},
                {"answered", known(reads.is_answered(item))},
                {"read", known(reads.is_read_right(item))},
                {"inputs", std::move(inputs)},
                {"wanted", answer_json(reads.sample(), answers.wanted, item)},
                {"given", answer_json(reads.sample(), answers.given, item)},
                {"parts", parts.json()},
                {"reads", std::move(all)}};
}

/// Items as far as they find room; a sentence where some do not.
Json items_json(const RunReads& reads, std::vector<std::string>& notes, const std::string& name) {
  Array items;
  std::size_t bytes = 0;
  for (Extent item = 0; item < reads.sample().items(); ++item) {
    Json json = item_json(reads, item);
    bytes += json_line(json).size();
    if (bytes > kMostViewBytes && !items.empty()) {
      notes.push_back(fmt::format("{}: the first {} of {} items.", name, item, reads.sample().items()));
      break;
    }
    items.push_back(std::move(json));
  }
  return items;
}

Json run_json(const ViewRun& run, std::vector<std::string>& notes) {
  const RunReads reads(run.run->file);
  if (reads.sites().empty() || reads.sample().items() == 0) return {};
  for (const std::string& note : reads.notes()) notes.push_back(fmt::format("{}: {}", run.name, note));
  Array sites;
  for (const SampleSite& site : reads.sites()) {
    sites.push_back(Object{{"path", short_text(site.path, kLongViewText)},
                           {"text", short_text(site.text, kLongViewText)},
                           {"heads", site.heads}});
  }
  Object object = run_object(run);
  object.emplace_back("split", short_text(printable(reads.sample().split()), kLongViewText));
  object.emplace_back("items_kept", reads.sample().items());
  object.emplace_back("sites", std::move(sites));
  object.emplace_back("items", items_json(reads, notes, run.name));
  return object;
}

}  // namespace

Json reads_view(const RunGroups& runs) { return view_json(runs, run_json); }

}  // namespace fovea
