// Gradients through the choice of a set of items, each against the sum over all sets.

#include "framework/attention/site/site.h"
#include "framework/experiment.h"
#include "framework/graph/functions.h"

namespace fovea {
namespace {

struct Way {
  const char* run;
  const char* estimator;
};

constexpr Way kWays[] = {
    {"exact", "exact"},
    {"sampled", "reinforce(baseline=none)"},
    {"moving_average", "reinforce(baseline=moving_average)"},
    {"leave_one_out", "reinforce(baseline=leave_one_out, draws=4)"},
    {"unordered_set", "unordered_set(draws=4)"},
    {"straight_through", "straight_through"},
    {"simple", "simple"},
    {"implicit_mle", "implicit_mle(temperature=3)"},
    {"perturb_and_select", "perturb_and_select(deviation=1.5)"},
};

class KSubsetGradients final : public Experiment {
 public:
  void fields(Options& options) override {
    options.add("items", items_, "items N, >= 2", {.low = 2, .high = 1e4});
    options.add("k", k_, "items of a set, in [1, items)", {.low = 1});
    options.add("instance", instance_, "which b, >= 0", {.low = 0});
    options.add("cost", cost_, "of a set z: |z - b|^2, or the same with z for z^2, as always in the run marginals",
                {"quadratic", "linear"});
  }

  std::vector<RunSpec> runs() const override {
    std::vector<RunSpec> runs;
    const std::string sampled = "dot | dense | k_subset(" + std::to_string(k_) + ") | ";
    for (const Way& way : kWays) runs.push_back(run_of(way.run, sampled + way.estimator, cost_ == "linear"));
    runs.push_back(run_of("marginals", marginals(), true));
    return runs;
  }

 private:
  std::string marginals() const { return "dot | dense | k_subset_marginals(" + std::to_string(k_) + ") | none"; }

  RunSpec run_of(const std::string& name, const std::string& site, bool is_linear) const {
    RunSpec run;
    run.name = name;
    run.task = "nearest_subset(items=" + std::to_string(items_) + ", k=" + std::to_string(k_) +
               ", instance=" + std::to_string(instance_) + ")";
    run.model = model(site, is_linear);
    run.train.steps = 2000;
    run.train.batch = 1;
    run.train.shard_rows = 1;
    run.train.learning_rate = 1e-2;
    run.train.validation_rows = 1;
    run.train.test_rows = 1;
    return run;
  }

  // The scores are a parameter: its dot products with the unit vectors, which are the values too. The weights are 1 / k.
  Model model(const std::string& text, bool is_linear) const {
    return [text, is_linear, items = items_, k = k_, marginals = marginals()](Builder& b, const InputTypes& inputs) {
      const Value target = b.input("target", inputs.at("target"));
      std::vector<Real> diagonal(static_cast<std::size_t>(items * items));
      for (Extent i = 0; i < items; ++i) diagonal[i * items + i] = 1;
      const Value scores = expand_rows(b.parameter("scores", {1, items}, Init::normal(1)), target);
      const Value units = expand_rows(b.constant("units", {items, items}, diagonal), target);
      const auto scope = b.scope("choice");
      Site site(b, b.mode() == Mode::kTrain ? text : marginals, items, items);
      const Value read = site.attend({scores, site.prepare_keys(units), units, {}}).read;
      const Value set = scale(squeeze(read, 1), static_cast<double>(k));
      if (b.mode() == Mode::kEvaluate) {
        b.output("marginals", set);
      } else if (is_linear) {
        const Value slopes = add_scalar(scale(target, -2), 1);
        b.output("cost", sum_all_but_first(add(multiply(set, slopes), square(target))));
      } else {
        b.output("cost", sum_all_but_first(square(subtract(set, target))));
      }
    };
  }

  Extent items_ = 10;
  Extent k_ = 5;
  Extent instance_ = 0;
  std::string cost_ = "quadratic";
};

FOVEA_EXPERIMENT("k_subset_gradients", KSubsetGradients, R"doc(
How far are the estimates of a gradient through the choice of k of N items from the exact one?

Question  A set z of 5 of 10 items is drawn from the conditional Bernoulli distribution; the mean of |z - b|^2 is to be
          small, b ~ N(0, I) fixed. There are 252 sets, and so the gradient is known exactly. The run marginals writes z for
          z^2, so that its gradient is the exact one too, without any draw.
Command   fovea study estimators k_subset_gradients --run sampled --samples 10000 --of exact --of reinforce \
            --of "reinforce(baseline=none)" --of "reinforce(baseline=leave_one_out, draws=4)" --of "unordered_set(draws=4)" \
            --of straight_through --of simple --of implicit_mle --of "perturb_and_select(deviation=1.5)"
          fovea study selectors k_subset_gradients cost=linear --run sampled --of "k_subset_marginals(5)"
          fovea run k_subset_gradients --seeds 5
Expect    simple next to exact: a bias of 0.17, a square error of 0.31 and a cosine of 0.88. straight_through has a bias of 2.7,
          since softmax is another distribution, reinforce a square error of 271 without and 3 to 9 with a baseline,
          implicit_mle a bias of 0.89 with a variance of 0.005, perturb_and_select one of 0.16 with a variance of 2.9. The
          marginals have no bias and no variance. After 2000 steps (means of 5 seeds) the gap is 0.020 for exact and for
          marginals, 0.052 for simple, 0.14 and 0.17 for implicit_mle(temperature=3) and
          perturb_and_select(deviation=1.5), whose noise is about as wide as that of the selector.
Source    the synthetic experiment of Ahmed et al. 2023, arXiv:2210.01941, and Niepert et al. 2021, arXiv:2106.01798.
)doc");

}  // namespace
}  // namespace fovea
