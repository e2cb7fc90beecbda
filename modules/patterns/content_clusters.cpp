#include <algorithm>

#include "framework/attention/pattern.h"
#include "modules/patterns/clusters/clusters.h"

namespace fovea {
namespace {

class ContentClusters final : public Pattern, public TagChoice {
 public:
  void fields(Options& options) override {
    options.add("clusters", count_, "of the keys, in [1, 4096]", {.low = 1, .high = 4096});
    options.add("most", most_, "most keys of a cluster, the nearest to its centre, >= 1", {.low = 1});
    options.add("looks", looks_, "clusters that a query sees, in [1, 64]", {.low = 1, .high = 64});
    options.add("rounds", rounds_, "times that centres move to the means of their keys, >= 0", {.low = 0});
    options.add("seed", seed_, "of the draw of keys at which centres start, >= 0", {.low = 0});
  }

  void candidates(Extent /*query*/, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    append_items(0, items, out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return queries * std::min(looks_ * std::min(most_, items), items);
  }
  std::optional<TileChoice> tile_choice() const override { return TileChoice{.by_tags = true}; }
  Extent tag_count() const override { return looks_; }
  bool groups_keys() const override { return true; }

  KeyTags key_tags(Builder& builder, const TagVectors& keys) const override {
    std::vector<Value> in{keys.rows};
    if (!keys.mask.is_empty()) in.push_back(keys.mask);
    Clusters options = clusters(keys);
    options.has_mask = in.size() > 1;
    const std::vector<Value> out = builder.add_all(make_key_clusters(options), in);
    return {.tags = out[0], .summary = out[1]};
  }
  Value query_tags(Builder& builder, const TagVectors& queries, const KeyTags& keys) const override {
    return builder.add(make_query_clusters(clusters(queries)), {queries.rows, keys.summary});
  }

  Extent choose_among(const PatternRow& row, std::span<Index> items) const override { return keep_met_items(row, items); }

 private:
  Clusters clusters(const TagVectors& vectors) const {
    return {.heads = vectors.heads,
            .count = count_,
            .tags = looks_,
            .rounds = rounds_,
            .most = most_,
            .seed = static_cast<std::uint64_t>(seed_)};
  }

  Extent count_ = 16;
  Extent most_ = 64;
  Extent looks_ = 1;
  Extent rounds_ = 4;
  Extent seed_ = 0;
};

FOVEA_PATTERN("content_clusters", ContentClusters,
              R"doc(Content clusters: similar keys form clusters, and a query sees the cluster that fits it best.

Solves    k-means over the keys of a sequence (of each head): centres start at keys drawn far from each other (k-means++) and are
          moved `rounds` times to the mean of the keys nearest to them. candidates(m) = the keys of the `looks` clusters with
          the highest q_m . centre; of each cluster the `most` that are nearest to its centre, so that a query never sees more
          than looks * most keys. Fewer clusters than items / most hide keys; join a window for those in no cluster.
Shapes    M queries and N keys of one width -> at most M looks most pairs.
Gradient  exact where the pairs do not change: no gradient flows through the clusters.
Errors    unequal widths of queries and keys; packed sequences. With `causal &` later keys are never read, but they move the centres: which of the
          earlier keys a query sees depends on them. Keys that a mask [B, N] leaves out are in no cluster
          where it is given to Site::prepare_keys, as transformers, memory networks and decoders do.
Cost      (rounds + 2) N D clusters multiply-adds for the keys, M D clusters for the queries; then the pairs.
Source    Roy et al. 2021, arXiv:2003.05997, section 4.1, there with centres kept across batches by a moving average and one
          cluster a query; Arthur & Vassilvitskii 2007 (k-means++).)doc");

}  // namespace
}  // namespace fovea
