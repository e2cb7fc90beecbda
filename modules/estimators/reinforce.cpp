#include <array>

#include "framework/attention/estimator.h"

namespace fovea {
namespace {

class Reinforce final : public Estimator {
 public:
  void fields(Options& options) override {
    options.add("decay", decay_, "of the moving average of the cost, per step, from 0 (last batch only) to 1 (no baseline)",
                {.low = 0, .high = 1});
  }
  Traits traits() const override { return {.has_score_function = true}; }

  void advantages(std::span<const Real> costs, std::span<Real> out) override {
    if (costs.empty()) return;
    // The baseline comes from earlier batches alone: one that contains its own cost would bias the estimate.
    const double baseline = average_[1] > 0 ? average_[0] / average_[1] : 0;
    double sum = 0;
    for (std::size_t b = 0; b < costs.size(); ++b) {
      const auto cost = static_cast<double>(costs[b]);
      out[b] = static_cast<Real>(cost - baseline);
      sum += cost;
    }
    average_[0] = decay_ * average_[0] + (1 - decay_) * sum / static_cast<double>(costs.size());
    average_[1] = decay_ * average_[1] + (1 - decay_);
  }

  std::span<double> state() override { return average_; }

 private:
  double decay_ = 0.9;
  std::array<double, 2> average_{};  // decayed sum of mean costs, and of its weights
};

FOVEA_ESTIMATOR("reinforce", Reinforce, R"doc(REINFORCE: the score-function estimator with a moving-average baseline.

Approximates  d E[cost] / d scores, the expectation over the sampled choice.
With          (cost - b) d log p(choice) / d scores, b the decayed mean cost of earlier batches, divided by the sum of its
              weights, so that it is a true average from the second step on and 0 in the first.
Requires      a selector that samples; one cost for each row of the batch; nothing passes through the weights.
Bias          none: b does not depend on the batch that it is used for.
Cost          O(N) time a row.
Source        Williams 1992, Machine Learning 8, 229-256.)doc");

}  // namespace
}  // namespace fovea
