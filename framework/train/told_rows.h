#pragma once

#include <map>
#include <string>
#include <vector>

#include "framework/attention/tiles/told_choices.h"
#include "framework/graph/plan.h"

namespace fovea {

/// A choice that an op has told, of a site that publishes none.
struct ToldRow {
  Extent item = 0;        // of the evaluation
  Extent head = 0;        // of the site
  Extent query = 0;       // of the head; the steps of a loop follow each other
  Extent place = 0;       // among the queries of all heads, as in the results
  Extent stands_for = 1;  // queries from this one on
  ToldChoices::Told told;
};

/// Of one site.
struct ToldSite {
  ToldChoices::Extents extents;  // of the op
  Extent times = 1;              // steps of a loop
  Extent stride = 1;             // `rows` are every n-th query
  Extent pairs = 0;              // of all heads and items that were asked for, told or not
  std::vector<ToldRow> rows;     // of all items
  std::vector<ToldRow> map;      // of the first item: at most 512 of each head, which stand for all
};

/// Which choices are asked for.
struct ToldWish {
  Extent items = 0;    // the first ones of the evaluation
  Extent queries = 0;  // > 0: at most so many of each item, evenly spaced, and no map; 0: as sample_cut() says, and a map
};

/// Asks the ops of a shard that choose by place, at the sites of a graph that publish nothing else.
class ToldRows final : public Observer {
 public:
  ToldRows(const Graph& graph, Extent first_item, const ToldWish& wish);

  void see(const Node& node, const OpRun& run) override;
  /// By the path of the site; none where nothing was told.
  const std::map<std::string, ToldSite>& sites() const { return sites_; }

 private:
  void ask(const ToldChoices& op, const OpRun& run, ToldSite& site) const;
  void ask_for_map(const ToldChoices& op, const OpRun& run, ToldSite& site) const;

  std::vector<std::string> silent_;  // the paths of the sites that publish nothing
  Extent first_item_;
  ToldWish wish_;
  std::map<std::string, ToldSite> sites_;
};

/// What all shards of a batch were told of a site, in the order of their items; empty where nothing was.
ToldSite joined(const std::vector<ToldRows>& shards, const std::string& path);

}  // namespace fovea
