// The policies `site`, `top_k` and `noisy_top_k`: every row has what is best for it.

#include <algorithm>

#include "framework/graph/functions.h"
#include "modules/routing/policy.h"

namespace fovea {
namespace {

class SiteChoice : public RoutingPolicy {
 public:
  Extent places(Extent /*experts*/, Extent offered) const override { return offered; }
  void assign(const Assignment& run) const override { keep_best_of_rows(run, run.gates, run.places); }
};

class NoisyTopK final : public SiteChoice {
 public:
  Value noise(Builder& builder, Extent experts, Extent width) const override {
    return builder.parameter("noise", {experts, width}, Init::zero());
  }
};

class TopKOfGates final : public RoutingPolicy {
 public:
  void fields(Options& options) override {
    options.add("k", k_, "experts of a row, >= 1", {.low = 1});
    options.add("normalise", normalise_, "true: weights are divided by the sum of the gates of a row's experts");
  }
  Traits traits() const override { return {.is_normalised = normalise_}; }
  Extent places(Extent experts, Extent /*offered*/) const override { return std::min(experts, k_); }
  void assign(const Assignment& run) const override { keep_best_of_rows(run, run.gates, run.places); }

 private:
  Extent k_ = 2;
  bool normalise_ = false;
};

FOVEA_POLICY("site", SiteChoice, R"doc(Site: every row is sent to all that its site chose, however busy an expert is.

Solves    wanted = kept = the choice of the site.
Shapes    K is what the site keeps. Nothing is dropped.
Cost      O(M E K) time.
Source    Shazeer et al. 2017, arXiv:1701.06538, section 2, without noise: with the site dot | dense | top_k(2) | none.)doc");

FOVEA_POLICY("top_k", TopKOfGates,
             R"doc(Top-k: every row is sent to the k experts of the largest gates, however busy they are.

Solves    wanted = kept = the k largest gates of what the site offers; weights are the gates, or their shares with normalise.
Shapes    K = k. Nothing is dropped. The site dot | dense | softmax | none offers all experts.
Options   k=2, normalise=false.
Gradient  by the gates of what is kept.
Cost      O(M E k) time.
Source    Shazeer et al. 2017, arXiv:1701.06538, section 2; gates before the choice as in Dai et al. 2024,
          arXiv:2401.06066.)doc");

FOVEA_POLICY("noisy_top_k", NoisyTopK,
             R"doc(Noisy top-k: scores get normal noise of a learned deviation before the site chooses.

Solves    H_e = s_e + n softplus((x W_noise)_e), n a separate standard normal number for each row and expert; the site
          chooses by H, in evaluation by s.
Shapes    K is what the site keeps: dot | dense | top_k(2) | none keeps two. Parameter noise [E, D], 0 at the start.
Gradient  exact for the noise that was drawn.
Cost      that of the policy `site`, and M E D multiply-adds for the deviations.
Source    Shazeer et al. 2017, arXiv:1701.06538, equations 3 to 5; the loss of the load is the router's.)doc");

}  // namespace
}  // namespace fovea
