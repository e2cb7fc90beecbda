#pragma once

#include <string>
#include <vector>

#include "modules/routing/router.h"

namespace fovea {

/// The options of a mixture of memories; `fields` adds them to those of an experiment.
struct MemoryMixtureOptions {
  RouterOptions route;        // its experts are the memories; `width` is that of queries and keys
  std::string keys = "mean";  // of the memories: the mean of their slots' keys, or "learned"
  std::string site = "scaled_dot | dense | softmax | none";  // of every read

  void fields(Options& options);
};

/// Several memories of equal size, of which a router opens a few for each query.
///
/// Solves    y_m = sum over the kept memories e of w_me read_me; read_me is what the site finds for query m among the slots
///           of memory e alone.
/// Shapes    queries [B, M, D], keys [B, E, S, D] and values [B, E, S, V] of S slots each -> y [B, M, V]. Parameters at the
///           current scope: those of the router, those of the site at "read".
/// Gradient  as for a router and for a site.
/// Errors    keys and values of other shapes.
/// Cost      values are read in the kept memories only; scores are made for all slots, K times, K the memories of a query.
/// Source    the mean of a memory's keys as its own: Lu et al. 2025, arXiv:2502.13189, section 2.2, which reads the union
///           of what is open; the weighted sum: Shazeer et al. 2017, arXiv:1701.06538, equation 1.
class MemoryMixture {
 public:
  MemoryMixture(Builder& builder, MemoryMixtureOptions options, At at = At::here());

  struct Inputs {
    Value queries;
    Value keys;
    Value values;
    Value ids{};  // of queries, where the policy reads them
  };
  struct Result {
    Value y;
    Router::Routed routed;
    std::vector<Attended> reads;  // of the k-th kept memory of every query; items are slots e S + s
  };
  Result operator()(const Inputs& inputs, At at = At::here());

 private:
  MemoryMixtureOptions options_;
  Router router_;
  Site site_;
};

/// A mask of the slots of one memory for each query: opened Index [B, M], -1: none -> Index [B, M, E S], 1 = a slot of it.
/// Errors    an index outside of [-1, E), when run.
Value slots_of(Value opened, Extent memories, Extent slots, At at = At::here());

}  // namespace fovea
