// The policy `sinkhorn`: rows go where a balanced plan sends them.

#include <algorithm>
#include <cmath>

#include "modules/routing/policy.h"

namespace fovea {
namespace {

class Sinkhorn final : public RoutingPolicy {
 public:
  void fields(Options& options) override {
    options.add("k", k_, "experts of a row, >= 1", {.low = 1});
    options.add("iterations", iterations_, "of the scaling of experts and rows, >= 1", {.low = 1});
    options.add("temperature", temperature_, "scores are divided by it, > 0", {.low = 1e-6});
    options.add("assign", assign_, "by the plan alone, or with room for equally many rows at each expert (k = 1)",
                {"plan", "room"});
    options.add("evaluation", evaluation_, "best: rows have their best experts in evaluation; plan: as in training",
                {"best", "plan"});
  }
  Traits traits() const override { return {.reads_scores = true}; }
  Extent places(Extent experts, Extent /*offered*/) const override { return std::min(experts, k_); }
  Extent scratch(Extent rows, Extent experts) const override { return rows * experts + 2 * experts; }

  void assign(const Assignment& run) const override {
    if (run.mode == Mode::kEvaluate && evaluation_ == "best") return keep_best_of_rows(run, run.gates, run.places);
    const auto experts = static_cast<std::size_t>(run.experts);
    const Row plan = run.scratch.subspan(2 * experts, static_cast<std::size_t>(run.rows) * experts);
    start(run, plan);
    for (Extent i = 0; i < iterations_; ++i) {
      scale_experts(run, plan);
      scale_rows(run, plan);
    }
    if (assign_ == "plan" || k_ > 1) return keep_best_of_rows(run, plan, run.places);
    keep_where_room(run, plan, room_of(1, 1, run.rows, run.experts), run.experts);
  }

 private:
  // plan_me = exp((s_me - max s_m) / temperature), 0 where the site offers nothing
  void start(const Assignment& run, Row plan) const {
    for (Extent row = 0; row < run.rows; ++row) {
      const ConstRow scores = run.scores.subspan(run.pair(row, 0), run.experts);
      const Real most = *std::max_element(scores.begin(), scores.end());
      for (Extent expert = 0; expert < run.experts; ++expert) {
        const std::size_t pair = run.pair(row, expert);
        const double power = static_cast<double>(run.scores[pair] - most) / temperature_;
        plan[pair] = run.gates[pair] > 0 ? static_cast<Real>(std::exp(power)) : Real{0};
      }
    }
  }

  // The rows of an expert sum to M / E.
  static void scale_experts(const Assignment& run, Row plan) {
    const auto experts = static_cast<std::size_t>(run.experts);
    const Row sums = run.scratch.subspan(experts, experts);
    std::fill(sums.begin(), sums.end(), Real{0});
    for (std::size_t i = 0; i < plan.size(); ++i) sums[i % experts] += plan[i];
    const Real share = static_cast<Real>(run.rows) / static_cast<Real>(run.experts);
    for (Real& sum : sums) sum = sum > 0 ? share / sum : Real{0};
    for (std::size_t i = 0; i < plan.size(); ++i) plan[i] *= sums[i % experts];
  }

  // The experts of a row sum to 1.
  static void scale_rows(const Assignment& run, Row plan) {
    for (Extent row = 0; row < run.rows; ++row) {
      const Row own = plan.subspan(run.pair(row, 0), run.experts);
      Real sum = 0;
      for (const Real value : own) sum += value;
      if (!(sum > 0)) continue;
      for (Real& value : own) value /= sum;
    }
  }

  Extent k_ = 1;
  Extent iterations_ = 20;
  double temperature_ = 1;
  std::string assign_ = "plan";
  std::string evaluation_ = "best";
};

FOVEA_POLICY("sinkhorn", Sinkhorn, R"doc(Sinkhorn: rows are sent to experts by a plan that keeps all experts equally busy.

Solves    the plan P of the largest sum of P s + temperature entropy(P) whose rows sum to 1 and whose experts to M / E, by
          scaling experts and rows in turn; a row has its k best experts by P. assign=room: each expert has room for
          ceil(M / E) rows, and a row goes to the best one by P that has. In evaluation rows have the experts of the largest
          gates, since a plan looks at all rows, later ones too.
Shapes    K = k; the site dot | dense | softmax | none makes the gates, which weigh what is kept, probabilities.
Options   k=1, iterations=20, temperature=1, assign=plan or room (k = 1), evaluation=best or plan.
Gradient  by the gates; none passes the plan.
Errors    none; scores 80 temperatures or more below the best of their row are 0 in the plan.
Cost      O(iterations M E) time, M E Reals of scratch.
Source    Clark et al. 2022, arXiv:2202.01169, appendix B.2 (S-BASE); a balanced assignment: Lewis et al. 2021,
          arXiv:2103.16716.)doc");

}  // namespace
}  // namespace fovea
