#pragma once

#include <memory>
#include <optional>
#include <string>

#include "framework/attention/site/site.h"
#include "framework/core/options.h"
#include "modules/routing/policy.h"

namespace fovea {

/// The options of a router; `fields` adds them to those of an experiment.
struct RouterOptions {
  Extent experts = 8;                                                         // E
  Extent width = 0;                                                           // D, of the rows; set by the model
  enum class Keys : std::uint8_t { kLearned, kGiven } keys = Keys::kLearned;  // of the experts; set by the model
  std::string site = "dot | dense | top_k(2) | none";
  std::string policy = "site";
  std::string gate = "site";  // or "sigmoid", "one"
  double importance_loss = 0;
  double load_loss = 0;
  double balance_loss = 0;
  double z_loss = 0;

  void fields(Options& options);
};

/// Sends rows to experts: a site says what each row may have, a policy shares out all rows of a batch element.
///
/// Solves    scores s of each row (the query) and a learned vector for each expert (the key), and a choice by the site;
///           gates g_e: the weights of the site; or sigmoid(s_e), or 1, for what the site keeps. The policy decides by the
///           gates which experts e a row gets; it weighs them with g_e, or g_e / (sum of the gates that the row wanted)
///           where the policy normalises.
/// Shapes    x [B, M, D], ids Index [B, M] where the policy reads them -> see Routed. Parameters at the current scope:
///           router [E, D] where keys are learned, those of the site at "route" and those of the policy.
/// Gradient  through the weights of what is kept, and as the estimator of the site says; the assignment is taken as given.
/// Errors    a loss that the policy cannot have; a site that gets no gradient.
/// Source    Shazeer et al. 2017, arXiv:1701.06538, section 2; each policy names its own.
class Router {
 public:
  Router(Builder& builder, RouterOptions options, At at = At::here());

  struct Inputs {
    Value x;
    Value ids{};
    Value keys{};  // [B, E, D], where the options say that they are given
  };
  struct Routed {
    Value kept;       // Index [B, M, K]: experts in the first `count` places, -1 past them
    Value weights;    // [B, M, K], 0 past `count`
    Value count;      // Index [B, M]
    Value wanted;     // Index [B, M, K], before experts were full; -1: none
    Value dropped;    // Index [B, M]: how many of those found no room
    Value loss;       // [B], the weighted sum of the losses that were asked for; empty: none was
    Attended choice;  // of the site; empty values where the policy has none
  };
  Routed operator()(const Inputs& inputs, At at = At::here());

 private:
  struct Noise {
    Value sum;        // [B, M, E], added to the scores
    Value deviation;  // [B, M, E]
  };
  void check(const Builder& builder, At at) const;
  Value given_keys(const Inputs& inputs, At at) const;
  Noise noise_of(Value x, At at) const;
  Value gates_of(const Attended& choice, Value keys, At at) const;
  Value loss_of(const Routed& routed, const Noise& noise, At at) const;
  void publish(Builder& builder, const Routed& routed, Value gates, At at) const;

  RouterOptions options_;
  std::shared_ptr<const RoutingPolicy> policy_;
  std::string policy_text_;
  RoutingPolicy::Traits traits_;
  std::optional<Site> site_;
  Value keys_, noise_, bias_;
  std::string path_;
};

}  // namespace fovea
