#include <cmath>

#include "framework/cpu/parallel.h"
#include "framework/train/optimizer.h"

namespace fovea {
namespace {

/// Whether the weight decay enters the gradient (Adam) or shrinks the values themselves (AdamW).
enum class Decay { kInGradient, kOfValues };

template <Decay kDecay>
class Adam final : public Optimizer {
 public:
  void fields(Options& options) override {
    options.add("beta1", beta1_, "decay of the mean of gradients, in [0, 1)", {.low = 0, .high = 0.9999999});
    options.add("beta2", beta2_, "decay of the mean of squares, in [0, 1)", {.low = 0, .high = 0.9999999});
    options.add("epsilon", epsilon_, "added to the root, > 0", {.low = 1e-38});
    options.add("weight_decay", weight_decay_,
                kDecay == Decay::kInGradient ? "factor of the values that is added to the gradient, >= 0"
                                             : "share of the values removed per unit of learning rate, >= 0",
                {.low = 0});
  }

  void prepare(std::size_t size) override {
    mean_.assign(size, Real(0));
    square_.assign(size, Real(0));
  }

  void step(std::span<Real> values, std::span<const Real> gradients, double learning_rate, Extent number) override {
    const double correction1 = 1.0 - std::pow(beta1_, static_cast<double>(number));
    const double correction2 = 1.0 - std::pow(beta2_, static_cast<double>(number));
    const Real rate = static_cast<Real>(learning_rate / correction1);
    const Real root_scale = static_cast<Real>(1.0 / std::sqrt(correction2));
    const Real fresh1 = static_cast<Real>(1.0 - beta1_);
    const Real kept2 = static_cast<Real>(beta2_);
    const Real fresh2 = static_cast<Real>(1.0 - beta2_);
    const Real epsilon = static_cast<Real>(epsilon_);
    const Real in_gradient = kDecay == Decay::kInGradient ? static_cast<Real>(weight_decay_) : Real(0);
    const Real shrink = kDecay == Decay::kOfValues ? static_cast<Real>(1.0 - learning_rate * weight_decay_) : Real(1);
    Real* const value = values.data();
    const Real* const gradient = gradients.data();
    Real* const mean = mean_.data();
    Real* const square = square_.data();
    // m += (1 - beta1) (g - m);  v = beta2 v + (1 - beta2) g^2;  p -= rate m / (sqrt(v) root_scale + epsilon)
    const auto tile = [&](Extent begin, Extent end, Extent) {
#pragma omp simd
      for (Extent i = begin; i < end; ++i) {
        const Real g = gradient[i] + in_gradient * value[i];
        const Real m = mean[i] + fresh1 * (g - mean[i]);
        const Real v = kept2 * square[i] + fresh2 * (g * g);
        mean[i] = m;
        square[i] = v;
        value[i] = shrink * value[i] - rate * (m / (std::sqrt(v) * root_scale + epsilon));
      }
    };
    cpu::parallel_tiles(static_cast<Extent>(values.size()), kTile, std::ref(tile));
  }

  std::vector<std::span<Real>> state() override { return {mean_, square_}; }

 private:
  double beta1_ = 0.9;
  double beta2_ = 0.999;
  double epsilon_ = 1e-8;
  double weight_decay_ = kDecay == Decay::kOfValues ? 0.01 : 0.0;
  std::vector<Real> mean_;
  std::vector<Real> square_;
};

using AdamInGradient = Adam<Decay::kInGradient>;
using AdamOfValues = Adam<Decay::kOfValues>;

FOVEA_OPTIMIZER("adam", AdamInGradient, R"doc(Adam: steps scaled by running means of the gradient and of its square.

Solves    m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
          p -= rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon);  weight_decay p is added to g.
Shapes    values [P], gradients [P]; elements are independent.
Cost      O(P) time, 2 P Reals of state.
Source    Kingma and Ba 2015, arXiv:1412.6980, Algorithm 1.)doc");

FOVEA_OPTIMIZER("adamw", AdamOfValues, R"doc(AdamW: Adam whose weight decay acts on the values, not on the gradient.

Solves    p *= 1 - rate weight_decay, then the step of Adam.
Shapes    values [P], gradients [P]; elements are independent.
Cost      O(P) time, 2 P Reals of state.
Source    Loshchilov and Hutter 2019, arXiv:1711.05101, Algorithm 2.)doc");

}  // namespace
}  // namespace fovea
