#include <cmath>

#include "framework/cpu/parallel.h"
#include "framework/train/optimizer.h"

namespace fovea {
namespace {

class RmsProp final : public Optimizer {
 public:
  void fields(Options& options) override {
    options.add("alpha", alpha_, "decay of the mean of squares, in [0, 1]", {.low = 0, .high = 1});
    options.add("epsilon", epsilon_, "added to the root, > 0", {.low = 1e-38});
    options.add("momentum", momentum_, "share of the last step that is kept, in [0, 1]", {.low = 0, .high = 1});
    options.add("centered", centered_, "true: divide by the deviation instead of the root of the mean square");
    options.add("weight_decay", weight_decay_, "factor of the values that is added to the gradient, >= 0", {.low = 0});
  }

  void prepare(std::size_t size) override {
    square_.assign(size, Real(0));
    mean_.assign(centered_ ? size : 0, Real(0));
    velocity_.assign(momentum_ > 0 ? size : 0, Real(0));
  }

  void step(std::span<Real> values, std::span<const Real> gradients, double learning_rate, Extent) override {
    const Real kept = static_cast<Real>(alpha_);
    const Real fresh = static_cast<Real>(1.0 - alpha_);
    const Real rate = static_cast<Real>(learning_rate);
    const Real epsilon = static_cast<Real>(epsilon_);
    const Real decay = static_cast<Real>(weight_decay_);
    const Real momentum = static_cast<Real>(momentum_);
    // v = alpha v + (1 - alpha) g^2;  centred: v - mean^2 under the root;  u = momentum u + g / (root + epsilon);  p -= rate
    // u
    const auto tile = [&](Extent begin, Extent end, Extent) {
      for (Extent at = begin; at < end; ++at) {
        const auto i = static_cast<std::size_t>(at);
        const Real g = gradients[i] + decay * values[i];
        const Real v = kept * square_[i] + fresh * (g * g);
        square_[i] = v;
        Real under_root = v;
        if (centered_) {
          mean_[i] += fresh * (g - mean_[i]);
          under_root = v - mean_[i] * mean_[i];
        }
        Real change = g / (std::sqrt(under_root) + epsilon);
        if (!velocity_.empty()) change = velocity_[i] = momentum * velocity_[i] + change;
        values[i] -= rate * change;
      }
    };
    cpu::parallel_tiles(static_cast<Extent>(values.size()), kTile, std::ref(tile));
  }

  std::vector<std::span<Real>> state() override { return {square_, mean_, velocity_}; }

 private:
  double alpha_ = 0.99;
  double epsilon_ = 1e-8;
  double momentum_ = 0;
  bool centered_ = false;
  double weight_decay_ = 0;
  std::vector<Real> square_;
  std::vector<Real> mean_;
  std::vector<Real> velocity_;
};

FOVEA_OPTIMIZER("rmsprop", RmsProp, R"doc(RMSProp: steps divided by the root of a running mean of squares.

Solves    v = alpha v + (1 - alpha) g^2;  p -= rate g / (sqrt(v) + epsilon); with momentum the quotients are accumulated,
          centered subtracts the square of the running mean under the root.
Shapes    values [P], gradients [P]; elements are independent.
Cost      O(P) time, P to 3 P Reals of state.
Source    Tieleman and Hinton 2012, lecture 6.5; centred and with momentum: Graves 2013, arXiv:1308.0850.)doc");

}  // namespace
}  // namespace fovea
