// Many independent hard choices: which estimators find the optimum?

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
    {"straight_through", "straight_through"},
    {"gumbel_straight_through", "gumbel_straight_through"},
    {"gumbel_rao", "gumbel_rao"},
    {"reinmax", "reinmax"},
    {"reinforce", "reinforce(baseline=moving_average)"},
    {"leave_one_out", "reinforce(baseline=leave_one_out, draws=2)"},
    {"critic", "reinforce(baseline=critic)"},
    {"greedy_rollout", "reinforce(baseline=greedy_rollout)"},
    {"arm", "arm"},
    {"disarm", "disarm"},
    {"simple", "simple"},
    {"implicit_mle", "implicit_mle"},
    {"perturb_and_select", "perturb_and_select"},
};

class PolynomialProgramming : public Experiment {
 public:
  void fields(Options& options) override {
    options.add("choices", choices_, "independent choices, >= 1", {.low = 1});
    options.add("target", target_, "what each choice is compared with, in [0, 1]", {.low = 0, .high = 1});
    options.add("power", power_, "of the distance, > 0", {.low = 1e-3});
    options.add("only", only_, "one run, or all", run_names());
  }

  std::vector<RunSpec> runs() const override {
    std::vector<RunSpec> runs;
    for (const Way& way : kWays) {
      if (only_ != "all" && only_ != way.run) continue;
      RunSpec run;
      run.name = way.run;
      run.task = "polynomial(choices=" + std::to_string(choices_) + ", target=" + number_text(target_) +
                 ", power=" + number_text(power_) + ")";
      run.model = model(std::string("dot | dense | sample | ") + way.estimator);
      run.train.steps = 40000;
      run.train.batch = 64;
      run.train.shard_rows = 32;
      run.train.learning_rate = 1e-3;
      run.train.log_every = 100;
      run.train.validation_rows = 1;
      run.train.test_rows = 1;
      runs.push_back(std::move(run));
    }
    return runs;
  }

 private:
  static std::vector<std::string> run_names() {
    std::vector<std::string> names{"all"};
    for (const Way& way : kWays) names.emplace_back(way.run);
    return names;
  }

  // The logit of a choice is the dot product of its query, a parameter, with the keys 0 and 1; the values are 0 and 1.
  Model model(const std::string& text) const {
    return [text, choices = choices_, power = power_](Builder& b, const InputTypes& inputs) {
      const Value target = b.input("target", inputs.at("target"));
      const Value logits = expand_rows(b.parameter("logits", {choices, 1}, Init::zero()), target);
      if (b.mode() == Mode::kEvaluate) {
        b.output("probability", squeeze(sigmoid(logits), 2));
        return;
      }
      const Value sides = expand_rows(b.constant("sides", {2, 1}, std::vector<Real>{0, 1}), target);
      const auto scope = b.scope("choice");
      Site site(b, text, 1, 1);
      const Value chosen = squeeze(site.attend({logits, site.prepare_keys(sides), sides, {}}).read, 2);
      const Value distance = exp(scale(log(square(subtract(chosen, target))), power / 2));
      b.output("cost", mean_all_but_first(distance));
    };
  }

  Extent choices_ = 128;
  double target_ = 0.45;
  double power_ = 2;
  std::string only_ = "all";
};

FOVEA_EXPERIMENT("polynomial_programming", PolynomialProgramming, R"doc(
Which estimators find the optimum of many independent hard choices?

Question  128 choices of 0 or 1; the mean of |z - 0.45|^p is to be small: the optimum takes 0 everywhere, 0.301869 / 0.2025 /
          0.091125 for p = 1.5 / 2 / 3, and the two sides of a choice differ by little. One run for each estimator, Adam with 1e-3,
          batch 64; `expected_cost` is exact, `gap` its distance from the optimum.
Command   fovea run polynomial_programming
          fovea run polynomial_programming power=1.5 --output runs/power_1.5
Source    Liu, Dong, Liu, Yu & Gao 2023, arXiv:2304.08612, section 6.
)doc");

}  // namespace
}  // namespace fovea
