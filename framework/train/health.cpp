#include "framework/train/health.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

namespace fovea {
namespace {

constexpr std::int64_t kFewChoices = 64;   // too few to tell a collapse from chance
constexpr double kCollapsedShare = 0.995;  // of all choices that one item has
constexpr double kTrustedAccuracy = 0.9;   // a selector that is right this often may well choose one item alone

/// The item of the largest weight; of equal ones the lowest.
Index best_of(const Index* kept, const Real* weights, Extent count) {
  Extent best = 0;
  for (Extent k = 1; k < count; ++k) {
    if (weights[k] > weights[best]) best = k;
  }
  return kept[best];
}

/// 1 where there is no load.
double max_over_mean(const std::vector<std::int64_t>& load) {
  const auto total = std::accumulate(load.begin(), load.end(), std::int64_t{0});
  if (total == 0) return 1;
  const auto most = *std::max_element(load.begin(), load.end());
  return static_cast<double>(most) * static_cast<double>(load.size()) / static_cast<double>(total);
}

}  // namespace

void SiteHealth::add(const Execution& execution, Extent first_item) {
  if (!is_published(site_)) return;
  const Published from(site_, execution);
  follow(from, first_item);
  const auto items = static_cast<std::size_t>(from.items);
  kept_.resize(std::max(kept_.size(), items));
  chosen_.resize(kept_.size());
  const Extent rows = from.times * from.batch * from.queries;
  for (Extent row = 0; row < rows; ++row) {
    if (from.dropped) dropped_ += from.dropped.index()[row];
    const Extent count = from.count.index()[row];
    if (count == 0) continue;  // nothing was allowed
    const Index* kept = from.kept.index() + row * from.capacity;
    const Real* weights = from.weights.real() + row * from.capacity;
    add_choice(kept, weights, count);
    const Index wanted = from.right ? from.right.index()[row] : Index{-1};
    if (wanted < 0) continue;
    ++known_;
    right_ += static_cast<std::int64_t>(best_of(kept, weights, count) == wanted);
  }
}

void SiteHealth::follow(const Published& from, Extent first_item) {
  const Extent queries = from.times * from.queries;
  const Extent stride = (queries + kFollowedQueries - 1) / kFollowedQueries;
  for (Extent row = 0; row < from.batch && first_item + row < kFollowedItems; ++row) {
    for (Extent query = 0; query < queries; query += stride) {
      const Extent place = (query / from.queries * from.batch + row) * from.queries + query % from.queries;
      const Extent count = from.count.index()[place];
      Followed one{first_item + row, query};
      if (count > 0) {
        const Index* kept = from.kept.index() + place * from.capacity;
        const Real* weights = from.weights.real() + place * from.capacity;
        one.chosen = best_of(kept, weights, count);
        one.weight = static_cast<double>(*std::max_element(weights, weights + count));
      }
      followed_.push_back(one);
    }
  }
}

void SiteHealth::follow(const ToldRow& row) {
  if (row.item >= kFollowedItems) return;
  Followed one{row.item, row.place};
  if (!row.told.kept.empty()) {
    one.chosen = best_of(row.told.kept.data(), row.told.weights.data(), static_cast<Extent>(row.told.kept.size()));
    one.weight = static_cast<double>(*std::max_element(row.told.weights.begin(), row.told.weights.end()));
  }
  followed_.push_back(one);
}

void SiteHealth::add(const ToldSite& told) {
  is_told_ = is_told_ || !told.rows.empty();
  for (const ToldRow& row : told.rows) {
    follow(row);
    const auto count = static_cast<Extent>(row.told.kept.size());
    if (count > 0) add_choice(row.told.kept.data(), row.told.weights.data(), count);
  }
}

void SiteHealth::add_choice(const Index* kept, const Real* weights, Extent count) {
  ++choices_;
  for (Extent k = 0; k < count; ++k) {
    const auto weight = static_cast<double>(weights[k]);
    if (weight > 0) entropy_ -= weight * std::log(weight);
    const auto item = static_cast<std::size_t>(kept[k]);
    if (item >= kept_.size()) kept_.resize(item + 1);
    ++kept_[item];
  }
  chosen_.resize(kept_.size());
  ++chosen_[best_of(kept, weights, count)];
}

void SiteHealth::end_batch() {
  if (!is_router()) return;
  before_.resize(kept_.size());
  std::vector<std::int64_t> load(kept_.size());
  for (std::size_t i = 0; i < kept_.size(); ++i) load[i] = kept_[i] - before_[i];
  violations_ += max_over_mean(load) - 1;
  ++batches_;
  before_ = kept_;
}

SiteHealth::Balance SiteHealth::balance() const {
  const auto given = std::accumulate(kept_.begin(), kept_.end(), std::int64_t{0});
  Balance balance{max_over_mean(kept_), 0, 0};
  if (batches_ > 0) balance.batch_max_violation = violations_ / static_cast<double>(batches_);
  if (dropped_ > 0) balance.dropped = static_cast<double>(dropped_) / static_cast<double>(dropped_ + given);
  return balance;
}

double SiteHealth::largest_share() const {
  return static_cast<double>(*std::max_element(chosen_.begin(), chosen_.end())) / static_cast<double>(choices_);
}

void SiteHealth::describe(SelectionSite& site) const {
  if (choices_ == 0) return;
  const auto share = [](std::int64_t part, std::int64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
  };
  const auto size = static_cast<std::int64_t>(kept_.size());
  site.figure_rows = choices_;
  // Few queries leave many items alone that others read.
  if (!is_told_) site.dead_share = share(std::count(kept_.begin(), kept_.end(), 0), size);
  site.distinct_items = size - std::count(chosen_.begin(), chosen_.end(), 0);
  site.largest_share = largest_share();
  site.mean_entropy = entropy_ / static_cast<double>(choices_);
  if (known_ > 0) site.selection_accuracy = share(right_, known_);
  if (!is_router()) return;
  const Balance shared = balance();
  site.max_load = shared.max_load;
  site.max_violation = shared.max_violation();
  site.batch_max_violation = shared.batch_max_violation;
  site.dropped = shared.dropped;
}

std::vector<JournalValue> SiteHealth::figures() const {
  if (choices_ == 0) return {};
  SelectionSite site;
  describe(site);
  std::vector<JournalValue> values;
  const auto add = [&](const char* name, const auto& value) {
    if (value) values.push_back({name, static_cast<double>(*value), ""});
  };
  add("mean_entropy", site.mean_entropy);
  add("dead_share", site.dead_share);
  add("distinct_items", site.distinct_items);
  add("largest_share", site.largest_share);
  add("selection_accuracy", site.selection_accuracy);
  add("max_load", site.max_load);
  add("max_violation", site.max_violation);
  add("batch_max_violation", site.batch_max_violation);
  add("dropped", site.dropped);
  for (std::size_t expert = 0; is_router() && expert < kept_.size(); ++expert) {
    values.push_back({"load", static_cast<double>(kept_[expert]), std::to_string(expert)});
  }
  for (const Followed& one : followed_) {
    const std::string place = fmt::format("{}:{}", one.item, one.query);
    values.push_back({"chosen", static_cast<double>(one.chosen), place});
    values.push_back({"weight", one.weight, place});
  }
  return values;
}

std::string SiteHealth::collapse() const {
  if (choices_ < kFewChoices || is_told_ || kept_.size() < 2 || largest_share() < kCollapsedShare) return "";
  const bool is_right = known_ > 0 && static_cast<double>(right_) >= kTrustedAccuracy * static_cast<double>(known_);
  if (is_right) return "";
  const auto most = std::max_element(chosen_.begin(), chosen_.end()) - chosen_.begin();
  return fmt::format(
      "item {} was chosen in {:.1f} % of {} choices among {} items; the selector may have collapsed: try a "
      "higher temperature, an entropy bonus, or an annealing from soft to hard",
      most, 100 * largest_share(), choices_, kept_.size());
}

std::vector<SiteHealth> health_of_sites(const Graph& graph) {
  std::vector<SiteHealth> sites;
  for (const SiteRecord& site : graph.sites()) sites.emplace_back(site);
  return sites;
}

}  // namespace fovea
