// The policy `bias`: busy experts are chosen less often, without a loss for it.

#include <algorithm>

#include "framework/anneal/annealing.h"
#include "modules/routing/policy.h"

namespace fovea {
namespace {

class BiasBalance final : public RoutingPolicy {
 public:
  void fields(Options& options) override {
    options.add("k", k_, "experts of a row, >= 1", {.low = 1});
    options.add("rate", rate_, "step of the bias, >= 0, or an annealing such as cosine(from=0.01, to=0)");
    options.add("normalise", normalise_, "true: weights are divided by the sum of the gates of a row's experts");
  }
  Traits traits() const override { return {.is_normalised = normalise_}; }
  Extent places(Extent experts, Extent /*offered*/) const override { return std::min(experts, k_); }
  Extent scratch(Extent rows, Extent experts) const override { return rows * experts; }

  void assign(const Assignment& run) const override {
    const Row preference = run.scratch.first(run.gates.size());
    for (std::size_t i = 0; i < preference.size(); ++i) preference[i] = run.gates[i] + run.bias[i % run.bias.size()];
    keep_best_of_rows(run, preference, run.places);
  }

  Value bias(Builder& builder, Extent experts) const override {
    auto rate = std::make_shared<double>(0);
    Options options;
    options.add("rate", *rate, "step of the bias, >= 0", {.low = 0});
    const AnnealedCall call = apply_annealed({"bias", {{"rate", rate_}}}, options, rate);
    for (const auto& number : call.numbers) builder.register_annealed(number, "rate");
    return builder.sign_parameter("bias", {experts}, rate, Init::zero());
  }

 private:
  Extent k_ = 2;
  std::string rate_ = "0.001";
  bool normalise_ = false;
};

FOVEA_POLICY("bias", BiasBalance, R"doc(Bias: a bias that follows the load decides which experts are chosen, and only that.

Solves    a row has the k experts of the largest g_e + b_e, weighted by g_e; after each step of training b_e -= rate
          sign(load_e - mean load), the load being that of the whole batch.
Shapes    K = k. Parameter bias [E], 0 at the start, saved with the others; neither the optimizer nor clipping, noise or
          schedules touch it.
Options   k=2, rate=0.001 or an annealing, normalise=false.
Gradient  by the gates of what is kept, as without the bias: balance costs no gradient.
Cost      O(M E k) time.
Source    Wang et al. 2024, arXiv:2408.15664, algorithm 1, with rate 0.001 and gates sigmoid(s).)doc");

}  // namespace
}  // namespace fovea
