// Sorting after the protocol of "Order Matters".

#include "modules/pointer/pointer_network.h"

namespace fovea {
namespace {

class OrderMatters : public Experiment {
 public:
  OrderMatters() { model_.site = "bilinear | dense | softmax | none"; }

  void fields(Options& options) override {
    options.add("lengths", lengths_, "numbers in a row, one run each, >= 1", {.low = 1});
    options.add("transfer", transfer_, "lengths to evaluate every run on without retraining", {.low = 1});
    model_.fields(options);
  }

  std::vector<RunSpec> runs() const override {
    std::vector<RunSpec> runs;
    for (const Extent n : lengths_) {
      RunSpec run;
      run.name = "n_" + std::to_string(n);
      run.task = task_of(n);
      run.model = pointer_model(model_);
      run.train.steps = 10000;
      run.train.batch = 128;
      run.train.learning_rate = 2e-3;
      run.train.schedule = "warmup(50) * cosine(to=0.01)";
      run.train.clip_norm = 2.0;
      run.train.evaluate_every = 2500;
      for (const Extent other : transfer_) run.evaluations.push_back({"N=" + std::to_string(other), task_of(other), 1000});
      runs.push_back(std::move(run));
    }
    return runs;
  }

 private:
  static std::string task_of(Extent n) { return "sort_numbers(n=" + std::to_string(n) + ")"; }

  std::vector<Extent> lengths_{5, 10, 15};
  std::vector<Extent> transfer_{50, 100};
  PointerOptions model_;
};

FOVEA_EXPERIMENT("order_matters", OrderMatters, R"doc(
How many rows are sorted without a single mistake after 10,000 training iterations?

Question  The sorting experiment of Vinyals, Bengio & Kudlur 2016 (section 4.4): n reals in (0, 1), one model for each n,
          10,000 iterations, the share of test rows that are exactly right. Published, best of their models, in per cent:
          94 (n=5), 57 (n=10), 10 (n=15). Beyond it: the same models on 50 and 100 numbers.
Command   fovea run order_matters --seeds 3
          fovea run order_matters --seeds 3 learning_rate=0 steps=1   # what chance alone gives
          fovea run order_matters --seeds 3 site="additive | dense | softmax | none"
          fovea run order_matters --seeds 3 encoder=lstm      # the pointer network of 2015 in the same setting
Source    arXiv:1511.06391, section 4.4 and table 1.
)doc");

}  // namespace
}  // namespace fovea
