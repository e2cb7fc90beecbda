#pragma once

#include <string>

#include "framework/attention/attend.h"
#include "framework/core/options.h"
#include "modules/routing/expert_feed_forward.h"

namespace fovea {

/// The options of a layer of experts; `fields` adds them to those of an experiment.
struct ExpertsOptions {
  Extent experts = 8;  // E
  Extent width = 0;    // D, of what comes in and goes out; set by the model
  Extent hidden = 64;  // H
  std::string activation = "relu";
  std::string router = "dot | dense | top_k(2) | none";
  std::string products = "run";  // of the experts: full, bf16, or run: as those of the whole run

  void fields(Options& options);
};

/// Feed-forward experts behind a router: every row is sent to the few experts that the router's site chooses.
///
/// Solves    choice of experts e with weights w_e by the site, with the row as query and a learned vector for each expert as
///           key; y = sum over the chosen e of w_e (W2_e f(W1_e x + b1_e) + b2_e).
/// Shapes    x [B, M, D] -> y [B, M, D], losses [B]. Parameters at the current scope: router [E, D], w1 [E, H, D], b1 [E,
/// H],
///           w2 [E, D, H], b2 [E, D].
/// Gradient  exact where the choice does not change; the router learns by the weights of what it chose, or as its estimator
///           says. A site that keeps one expert of weight 1 needs an estimator.
/// Cost      work follows the choice: 2 K D H multiply-adds a row, with K experts chosen of E.
/// Source    Shazeer et al. 2017, arXiv:1701.06538, sections 2 and 4.
class Experts {
 public:
  Experts(Builder& builder, const ExpertsOptions& options, At at = At::here());

  struct Routed {
    Value y;          // [B, M, D]
    Attended choice;  // kept experts Index [B, M, K], their weights, the router's scores [B, M, E]
  };
  Routed operator()(Value x);

  // Costs [B] that keep experts busy alike, over the M rows of each batch element.

  /// The squared coefficient of variation (population) of the weight that each expert gets in all. Equation 6 there.
  static Value importance_loss(const Attended& choice);
  /// E sum over e of f_e P_e: f_e the share of rows that score e highest, P_e the mean of softmax(scores)_e.
  /// Source: Fedus et al. 2021, arXiv:2101.03961, equations 4 to 6.
  static Value switch_loss(const Attended& choice);
  /// The mean of log(sum exp(scores))^2, which keeps scores small. Source: Zoph et al. 2022, arXiv:2202.08906, equation 5.
  static Value z_loss(const Attended& choice);

 private:
  Site site_;
  Value router_;
  FeedForwardExperts experts_;
};

}  // namespace fovea
