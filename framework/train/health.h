#pragma once

#include <string>
#include <vector>

#include "framework/graph/plan.h"
#include "framework/results/journal.h"
#include "framework/results/record.h"
#include "framework/train/published.h"
#include "framework/train/told_rows.h"

namespace fovea {

/// How a site chooses over many items: how evenly, how many different items, how often the right one.
///
/// The item of a choice is the one with the largest weight, of equal ones the lowest.
class SiteHealth {
 public:
  // What is followed over training: at most so many queries, evenly spaced, of each of the first items.
  static constexpr Extent kFollowedItems = 8;
  static constexpr Extent kFollowedQueries = 8;

  explicit SiteHealth(const SiteRecord& site) : site_(site) {}

  const std::string& path() const { return site_.path; }
  /// Adds all choices of an execution that just ran, whose first row is item `first_item` of the evaluation.
  void add(const Execution& execution, Extent first_item);
  /// Adds what an op has told, of a site that publishes nothing else.
  void add(const ToldSite& told);
  /// Ends a batch: the choices since the last call, or all where there was none, are its choices.
  void end_batch();
  /// Fills the figures of the results. Nothing where no choice was added.
  void describe(SelectionSite& site) const;
  /// The same figures by name, the load of each expert of a router, and what the same few queries of the first items chose:
  /// the values of a row of the journal. None where no choice was added.
  std::vector<JournalValue> figures() const;
  bool is_router() const { return site_.dropped.node >= 0; }
  /// How a router has shared out its rows: the load of an expert is the number of rows that it got.
  ///
  /// Source    max_violation: Wang et al. 2024, arXiv:2408.15664, section 4.1 (MaxVio).
  struct Balance {
    double max_load = 0;             // the largest load over the mean load
    double batch_max_violation = 0;  // max_load - 1 of each batch, on average
    double dropped = 0;              // share of the choices that found no room
    double max_violation() const { return max_load - 1; }
  };
  Balance balance() const;
  /// What is wrong with the choices, in words; empty: nothing.
  std::string collapse() const;

 private:
  /// What one query chose.
  struct Followed {
    Extent item = 0;
    Extent query = 0;
    Index chosen = -1;
    double weight = 0;
  };
  void add_choice(const Index* kept, const Real* weights, Extent count);
  void follow(const Published& from, Extent first_item);
  void follow(const ToldRow& row);
  double largest_share() const;

  SiteRecord site_;
  std::vector<std::int64_t> before_;  // kept_ when the batch began
  double violations_ = 0;             // summed over batches
  std::int64_t batches_ = 0;
  std::int64_t dropped_ = 0;
  std::vector<std::int64_t> kept_;    // by candidate: how often it was kept
  std::vector<std::int64_t> chosen_;  // and how often it was the item of a choice
  std::int64_t choices_ = 0;
  double entropy_ = 0;      // summed
  std::int64_t known_ = 0;  // choices whose right item is known
  std::int64_t right_ = 0;
  std::vector<Followed> followed_;
  bool is_told_ = false;  // of few queries
};

/// One for each site of a graph.
std::vector<SiteHealth> health_of_sites(const Graph& graph);

}  // namespace fovea
