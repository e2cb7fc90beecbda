#include "framework/cpu/parallel.h"
#include "framework/train/optimizer.h"

namespace fovea {
namespace {

class Sgd final : public Optimizer {
 public:
  void fields(Options& options) override {
    options.add("momentum", momentum_, "share of the last step that is kept, in [0, 1)", {.low = 0, .high = 1});
    options.add("nesterov", nesterov_, "true: look ahead along the momentum (needs momentum > 0)");
    options.add("weight_decay", weight_decay_, "factor of the values that is added to the gradient, >= 0", {.low = 0});
  }

  void check() const override {
    if (nesterov_ && momentum_ <= 0) throw Error("nesterov needs a momentum; momentum is 0; set momentum=0.9.");
  }

  void prepare(std::size_t size) override { velocity_.assign(momentum_ > 0 ? size : 0, Real(0)); }

  void step(std::span<Real> values, std::span<const Real> gradients, double learning_rate, Extent) override {
    const Real rate = static_cast<Real>(learning_rate);
    const Real momentum = static_cast<Real>(momentum_);
    const Real decay = static_cast<Real>(weight_decay_);
    Real* const value = values.data();
    const Real* const gradient = gradients.data();
    Real* const velocity = velocity_.data();
    // g += decay * p;  v = momentum v + g;  p -= rate * (v, or g + momentum v)
    const auto tile = [&](Extent begin, Extent end, Extent) {
      if (velocity_.empty()) {
#pragma omp simd
        for (Extent i = begin; i < end; ++i) value[i] -= rate * (gradient[i] + decay * value[i]);
        return;
      }
      const Real own = nesterov_ ? Real(1) : Real(0);
      const Real kept = nesterov_ ? momentum : Real(1);
#pragma omp simd
      for (Extent i = begin; i < end; ++i) {
        const Real g = gradient[i] + decay * value[i];
        const Real v = momentum * velocity[i] + g;
        velocity[i] = v;
        value[i] -= rate * (own * g + kept * v);
      }
    };
    cpu::parallel_tiles(static_cast<Extent>(values.size()), kTile, std::ref(tile));
  }

  std::vector<std::span<Real>> state() override { return {velocity_}; }

 private:
  double momentum_ = 0;
  bool nesterov_ = false;
  double weight_decay_ = 0;
  std::vector<Real> velocity_;
};

FOVEA_OPTIMIZER("sgd", Sgd, R"doc(Stochastic gradient descent, with momentum, Nesterov's momentum and weight decay.

Solves    v = momentum v + g + weight_decay p;  p -= rate v, or p -= rate (g + momentum v) with nesterov.
Shapes    values [P], gradients [P]; elements are independent.
Errors    nesterov without momentum.
Cost      O(P) time; P Reals of state with momentum, else none.
Source    Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning".)doc");

}  // namespace
}  // namespace fovea
