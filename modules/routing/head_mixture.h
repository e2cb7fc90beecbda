#pragma once

#include <string>
#include <vector>

#include "modules/routing/router.h"

namespace fovea {

/// The options of a mixture of heads; `fields` adds them to those of an experiment.
struct HeadMixtureOptions {
  RouterOptions route;                                       // its experts are the heads
  Extent head_width = 16;                                    // H
  std::string site = "scaled_dot | dense | softmax | none";  // of every head

  void fields(Options& options);
};

/// Attention by a few heads of many: a router says for each query which of them attend.
///
/// Solves    y_m = sum over the kept heads e of w_me (Wo_e read_me + bo_e); read_me is what the query Wq_e x_m + bq_e finds
///           among the keys Wk n and values Wv n of the items n, which all heads share.
/// Shapes    queries x [B, M, D], memory [B, N, D] or empty (self-attention), mask as for a site -> y [B, M, D]. Parameters
///           at the current scope: those of the router, query [E, H, D] and query_bias [E, H], key [H, D], value [H, D],
///           output [E, D, H] and output_bias [E, D], those of the site at "head".
/// Gradient  as for experts and for a site.
/// Cost      K attentions of one head each, K the heads of a query, whatever their number E; 2 K D H multiply-adds a query
///           for their layers.
/// Source    Zhang et al. 2022, arXiv:2210.05144, section 3.2.
class HeadMixture {
 public:
  HeadMixture(Builder& builder, HeadMixtureOptions options, At at = At::here());

  struct Inputs {
    Value queries;
    Value memory{};
    Value mask{};
    Value ids{};  // of queries, where the policy reads them
  };
  struct Result {
    Value y;
    Router::Routed routed;
    std::vector<Attended> heads;  // the k-th kept head of every query
  };
  Result operator()(const Inputs& inputs, At at = At::here());

 private:
  HeadMixtureOptions options_;
  Router router_;
  Site site_;
  Value query_, query_bias_, key_, value_, output_, output_bias_;
};

}  // namespace fovea
