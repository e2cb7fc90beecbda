#pragma once

#include <string>
#include <vector>

#include "framework/graph/plan.h"
#include "framework/results/record.h"

namespace fovea {

/// How a site chooses over many items: how evenly, how many different items, how often the right one.
///
/// The item of a choice is the one with the largest weight, of equal ones the lowest.
class SiteHealth {
 public:
  explicit SiteHealth(const SiteRecord& site) : site_(site) {}

  const std::string& path() const { return site_.path; }
  /// Adds all choices of an execution that just ran.
  void add(const Execution& execution);
  /// Fills the figures of the results. Nothing where no choice was added.
  void describe(SelectionSite& site) const;
  /// What is wrong with the choices, in words; empty: nothing.
  std::string collapse() const;

 private:
  void add_choice(const Index* kept, const Real* weights, Extent count);
  double largest_share() const;

  SiteRecord site_;
  std::vector<std::int64_t> kept_;    // by candidate: how often it was kept
  std::vector<std::int64_t> chosen_;  // and how often it was the item of a choice
  std::int64_t choices_ = 0;
  double entropy_ = 0;      // summed
  std::int64_t known_ = 0;  // choices whose right item is known
  std::int64_t right_ = 0;
};

/// One for each site of a graph that tells what it has chosen.
std::vector<SiteHealth> health_of_sites(const Graph& graph);

}  // namespace fovea
