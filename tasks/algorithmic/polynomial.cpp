// The task `polynomial`: many independent choices between 0 and 1, each to come near a target.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "framework/task.h"

namespace fovea {
namespace {

constexpr const char* kName = "polynomial";

class Polynomial : public Task {
 public:
  void fields(Options& options) override {
    options.add("choices", choices_, "independent choices, >= 1", {.low = 1, .high = 1e6});
    options.add("target", target_, "what each choice is compared with, in [0, 1]", {.low = 0, .high = 1});
    options.add("power", power_, "of the distance, > 0", {.low = 1e-3, .high = 100});
  }

  void fill(Rng& /*rng*/, Split /*split*/, Batch& batch) const override {
    const Tensor target = batch.make("target", {Shape{batch.rows(), choices_}, Kind::kReal});
    for (Extent i = 0; i < target.size(); ++i) target.real()[i] = static_cast<Real>(target_);
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"target", kNumber, {"choice"}}, {"probability", kNumber, {"choice"}}}, {}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor given = require_output(outputs, "probability", batch.at("target").type, kName);
    const double of_zero = std::pow(target_, power_);
    const double of_one = std::pow(1 - target_, power_);
    Judgement judgement{{{"accuracy", {}}, {"expected_cost", {}}, {"gap", {}}}, {}};
    for (Extent b = 0; b < batch.rows(); ++b) {
      double cost = 0;
      double right = 0;
      for (Extent i = b * choices_; i < (b + 1) * choices_; ++i) {
        const auto probability = static_cast<double>(given.real()[i]);
        cost += ((1 - probability) * of_zero + probability * of_one) / static_cast<double>(choices_);
        right += ((probability > 0.5) == (of_one < of_zero) ? 1 : 0) / static_cast<double>(choices_);
      }
      judgement.metrics[0].rows.push_back(right);
      judgement.metrics[1].rows.push_back(cost);
      judgement.metrics[2].rows.push_back(cost - std::min(of_zero, of_one));
    }
    return judgement;
  }

  /// The more probable side of each choice.
  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows(), choices_}, Kind::kReal};
    const Tensor given = require_output(outputs, "probability", type, kName);
    std::string text;
    for (Extent i = row * choices_; i < (row + 1) * choices_; ++i) text += given.real()[i] > Real(0.5) ? '1' : '0';
    return text + "\n";
  }

  double chance() const override { return 0.5; }

 private:
  Extent choices_ = 128;
  double target_ = 0.45;
  double power_ = 2;
};

FOVEA_TASK("polynomial", Polynomial, R"doc(
Polynomial programming: independent choices z of 0 or 1, the mean of |z - target|^power is to be small.

Inputs    target [B, choices], the same number everywhere.
Outputs   "probability" [B, choices], that of 1.
Metrics   accuracy, the share of choices whose more probable side is the better one; expected_cost, the exact expectation of the
          cost; gap, its distance from the optimum, min(target, 1 - target)^power.
Splits    all the same: there is nothing to generalise to.
Source    Liu, Dong, Liu, Yu & Gao 2023, arXiv:2304.08612, section 6; Tucker et al. 2017, arXiv:1703.07370, with one choice.
)doc");

}  // namespace
}  // namespace fovea
