#pragma once

#include <string>

#include "modules/routing/expert_feed_forward.h"
#include "modules/routing/router.h"

namespace fovea {

/// The options of a layer of experts; `fields` adds them to those of an experiment.
struct ExpertsOptions {
  RouterOptions route;
  Extent hidden = 64;  // H
  std::string activation = "relu";
  std::string products = "run";  // of the experts: full, bf16, or run: as those of the whole run

  void fields(Options& options);
};

/// Feed-forward experts after a router: every row is sent to the few experts that it gets.
///
/// Solves    experts e with weights w_e by the router; y = sum over the kept e of w_e (W2_e f(W1_e x + b1_e) + b2_e).
/// Shapes    x [B, M, D] -> y [B, M, D], 0 for a row without experts. Parameters at the current scope: those of the router,
///           w1 [E, H, D], b1 [E, H], w2 [E, D, H], b2 [E, D].
/// Gradient  exact where the choice does not change; the router learns by the weights of what it chose, or as its estimator
///           says. A site that keeps one expert of weight 1 needs an estimator.
/// Cost      work follows the choice: 2 K D H multiply-adds a row, with K experts kept of E.
/// Source    Shazeer et al. 2017, arXiv:1701.06538, sections 2 and 4.
class Experts {
 public:
  Experts(Builder& builder, const ExpertsOptions& options, At at = At::here());

  struct Result {
    Value y;  // [B, M, D]
    Router::Routed routed;
  };
  Result operator()(const Router::Inputs& inputs, At at = At::here());

 private:
  Router router_;
  FeedForwardExperts experts_;
};

}  // namespace fovea
