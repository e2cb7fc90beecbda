#include <array>

#include "framework/attention/critic.h"
#include "framework/attention/several_draws.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

class Reinforce final : public Estimator, public SeveralDraws, public Critic {
 public:
  void fields(Options& options) override {
    options.add("baseline", baseline_, "what is taken off the cost",
                {"none", "moving_average", "leave_one_out", "greedy_rollout", "critic"});
    options.add("decay", decay_, "of the moving average of the cost, per step, from 0 (last batch only) to 1 (no baseline)",
                {.low = 0, .high = 1});
    options.add("draws", draws_, "evaluations of each item for leave_one_out, >= 2", {.low = 2});
    options.add("critic_width", critic_width_, "width of the hidden layer of the critic, >= 1", {.low = 1});
  }

  // The last layer starts at 0: in the first step there is in effect no baseline.
  std::vector<SiteParameter> parameters(Extent query_width) const override {
    if (!is("critic")) return {};
    return {{"critic_weight", {critic_width_, query_width}, Init::glorot()},
            {"critic_bias", {critic_width_}, Init::zero()},
            {"critic_out_weight", {1, critic_width_}, Init::zero()},
            {"critic_out_bias", {1}, Init::zero()}};
  }

  Value baseline(std::span<const Value> parameters, Value queries) const override {
    if (!is("critic")) return {};
    const Value hidden = tanh(linear(detach(queries), parameters[0], parameters[1]));
    return squeeze(linear(hidden, parameters[2], parameters[3]), 2);
  }

  Extent draws(const SelectorParts& /*selector*/, Extent /*items*/) const override {
    return is("leave_one_out") ? draws_ : is("greedy_rollout") ? 2 : 1;
  }

  bool choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, Choice& out) const override {
    if (is("greedy_rollout") && draw.index == 1) {
      selector.random->select_greedy(scores, draw.rng, out);
    } else {
      selector->select(scores, draw.rng, out);
    }
    return true;
  }

  void share_out(const Evaluations& evaluations, const Shares& out) override {
    const auto draws = static_cast<std::size_t>(evaluations.draws);
    if (is("leave_one_out")) {
      leave_one_out(evaluations, out);
    } else if (is("greedy_rollout")) {
      for (std::size_t row = 0; row < out.weights.size(); ++row) {
        const bool is_sampled = row % draws == 0;
        out.weights[row] = is_sampled ? Real(1) : Real(0);
        out.advantages[row] = is_sampled ? evaluations.costs[row] - evaluations.costs[row + 1] : Real(0);
      }
    } else {
      const Real share = Real(1) / static_cast<Real>(draws);  // other sites may ask for several
      std::fill(out.weights.begin(), out.weights.end(), share);
      subtract_average(evaluations.costs, out.advantages);
      for (Real& advantage : out.advantages) advantage *= share;
    }
  }

  std::span<double> state() override { return average_; }

 private:
  bool is(std::string_view baseline) const { return baseline_ == baseline; }

  void subtract_average(std::span<const Real> costs, std::span<Real> out) {
    if (costs.empty()) return;
    // The baseline comes from earlier batches alone: one that contains its own cost would bias the estimate.
    const double baseline = average_[1] > 0 ? average_[0] / average_[1] : 0;
    double sum = 0;
    for (std::size_t b = 0; b < costs.size(); ++b) {
      const auto cost = static_cast<double>(costs[b]);
      out[b] = static_cast<Real>(cost - baseline);
      sum += cost;
    }
    if (is("none") || is("critic")) return;  // the site itself takes off what the critic says
    average_[0] = decay_ * average_[0] + (1 - decay_) * sum / static_cast<double>(costs.size());
    average_[1] = decay_ * average_[1] + (1 - decay_);
  }

  // The baseline of a draw is the mean cost of the others.
  static void leave_one_out(const Evaluations& evaluations, const Shares& out) {
    const auto draws = static_cast<std::size_t>(evaluations.draws);
    const double share = 1 / static_cast<double>(draws);
    for (std::size_t first = 0; first < out.weights.size(); first += draws) {
      double sum = 0;
      for (std::size_t r = 0; r < draws; ++r) sum += static_cast<double>(evaluations.costs[first + r]);
      for (std::size_t row = first; row < first + draws; ++row) {
        const auto cost = static_cast<double>(evaluations.costs[row]);
        out.weights[row] = static_cast<Real>(share);
        out.advantages[row] = static_cast<Real>(share * (cost - (sum - cost) / static_cast<double>(draws - 1)));
      }
    }
  }

  std::string baseline_ = "moving_average";
  double decay_ = 0.9;
  Extent draws_ = 4;
  Extent critic_width_ = 32;
  std::array<double, 2> average_{};  // decayed sum of mean costs, and of its weights
};

FOVEA_ESTIMATOR("reinforce", Reinforce, R"doc(REINFORCE: the score-function estimator, with a choice of baselines.

Approximates  d E[cost] / d scores, the expectation over the sampled choice.
With          (cost - b) d log p(choice) / d scores. The baseline b is
              none            0;
              moving_average  the decayed mean cost of earlier batches, divided by the sum of its weights, so that it is a
                              true average from the second step on and 0 in the first;
              leave_one_out   every item is evaluated `draws` times: the mean cost of its other draws;
              greedy_rollout  every item is evaluated twice: the cost of the most probable choice;
              critic          v . tanh(W q + c) + d, a prediction from the query q of each choice, which is trained to lower
                              (cost - b)^2 with the model; no gradient passes from it to the query.
Requires      a selector that samples; one cost for each row of the batch; nothing passes through the weights.
Bias          none: b does not depend on the choice that it is used for.
Cost          O(N) time a row; leave_one_out and greedy_rollout take `draws` and 2 evaluations of each item; the critic takes
              O(Dq critic_width) a query. Its gradient counts in the norm that is clipped.
Source        Williams 1992, Machine Learning 8, 229-256; leave_one_out: Mnih & Rezende 2016, arXiv:1602.06725, Kool et al.
              2019 (DeepRLStructPred workshop); greedy_rollout: Rennie et al. 2017, arXiv:1612.00563; critic: Mnih & Gregor
              2014, arXiv:1402.0030, Mnih et al. 2014, arXiv:1406.6247.)doc");

}  // namespace
}  // namespace fovea
