#include <cmath>

#include "framework/cpu/parallel.h"
#include "framework/train/optimizer.h"

namespace fovea {
namespace {

class Adagrad final : public Optimizer {
 public:
  void fields(Options& options) override {
    options.add("learning_rate_decay", decay_of_rate_, "rate / (1 + (t - 1) decay) at step t, >= 0", {.low = 0});
    options.add("initial_sum", initial_sum_, "the sum of squares before the first step, >= 0", {.low = 0});
    options.add("epsilon", epsilon_, "added to the root, > 0", {.low = 1e-38});
    options.add("weight_decay", weight_decay_, "factor of the values that is added to the gradient, >= 0", {.low = 0});
  }

  void prepare(std::size_t size) override { sum_.assign(size, static_cast<Real>(initial_sum_)); }

  void step(std::span<Real> values, std::span<const Real> gradients, double learning_rate, Extent number) override {
    const Real rate = static_cast<Real>(learning_rate / (1.0 + static_cast<double>(number - 1) * decay_of_rate_));
    const Real epsilon = static_cast<Real>(epsilon_);
    const Real decay = static_cast<Real>(weight_decay_);
    Real* const value = values.data();
    const Real* const gradient = gradients.data();
    Real* const sum = sum_.data();
    // s += g^2;  p -= rate g / (sqrt(s) + epsilon)
    const auto tile = [&](Extent begin, Extent end, Extent) {
#pragma omp simd
      for (Extent i = begin; i < end; ++i) {
        const Real g = gradient[i] + decay * value[i];
        const Real s = sum[i] + g * g;
        sum[i] = s;
        value[i] -= rate * (g / (std::sqrt(s) + epsilon));
      }
    };
    cpu::parallel_tiles(static_cast<Extent>(values.size()), kTile, std::ref(tile));
  }

  std::vector<std::span<Real>> state() override { return {sum_}; }

 private:
  double decay_of_rate_ = 0;
  double initial_sum_ = 0;
  double epsilon_ = 1e-10;
  double weight_decay_ = 0;
  std::vector<Real> sum_;
};

FOVEA_OPTIMIZER("adagrad", Adagrad, R"doc(Adagrad: steps divided by the root of the sum of all squared gradients so far.

Solves    s += g^2;  p -= rate / (1 + (t - 1) learning_rate_decay) g / (sqrt(s) + epsilon).
Shapes    values [P], gradients [P]; elements are independent.
Cost      O(P) time, P Reals of state.
Source    Duchi, Hazan and Singer 2011, "Adaptive subgradient methods for online learning".)doc");

}  // namespace
}  // namespace fovea
