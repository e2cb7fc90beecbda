#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// How vectors of each head are put into clusters.
struct Clusters {
  Extent heads = 1;  // H, of the vectors
  Extent count = 16;
  Extent tags = 1;    // T: a key has its cluster T times, a query its T best ones
  Extent rounds = 4;  // in which centres are moved to the means of their vectors
  Extent most = 0;    // vectors of a cluster, those nearest to its centre; 0: any number
  std::uint64_t seed = 0;
  bool has_mask = false;
};

/// Clusters of keys, by k-means within each head of each batch element.
///
/// Solves    centres that start at keys drawn far from each other (k-means++) and are moved `rounds` times to the mean of
///           the keys that are nearest to them; then the cluster of each key is the nearest centre. Clusters are numbered
///           in the order of their first keys; those without keys come last and repeat the first centre.
/// Shapes    keys [B, N, H D], mask Index [B, N] where there is one -> Index [B, N H, T]: the cluster of key n of head h
///           in row n H + h, -2 where it is masked or not among the `most` nearest to its centre, ties to the lowest
///           index; centres [B, H count, D].
/// Gradient  none: clusters are chosen.
/// Errors    shapes that do not fit.
/// Cost      (rounds + 2) N D count multiply-adds a head.
/// Source    Lloyd 1982; Arthur & Vassilvitskii 2007 (k-means++).
OpPointer make_key_clusters(const Clusters& options);

/// The clusters that queries look into.
///
/// Solves    of each query the T clusters with the highest q . centre, ties to the lowest number, of those that have
///           keys; then -1 where T exceeds their number.
/// Shapes    queries [B, M, H D], centres [B, G count, D], G a divisor of H -> Index [B, M H, T].
/// Gradient  none.
/// Errors    shapes that do not fit.
/// Cost      M D count multiply-adds a head.
OpPointer make_query_clusters(const Clusters& options);

}  // namespace fovea
