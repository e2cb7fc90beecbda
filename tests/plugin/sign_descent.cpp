// The optimizer `sign_descent`: steps of one length in every coordinate.

#include <functional>

#include "framework/cpu/parallel.h"
#include "framework/train/optimizer.h"

namespace fovea {
namespace {

class SignDescent final : public Optimizer {
 public:
  void fields(Options& options) override {
    options.add("momentum", momentum_, "share of the mean gradient that is kept, in [0, 1)", {.low = 0, .high = 0.9999999});
  }

  void prepare(std::size_t size) override { mean_.assign(size, Real(0)); }

  // m = momentum m + (1 - momentum) g;  p -= rate sign(m)
  void step(std::span<Real> values, std::span<const Real> gradients, double learning_rate, Extent /*number*/) override {
    const auto rate = static_cast<Real>(learning_rate);
    const auto kept = static_cast<Real>(momentum_);
    const auto tile = [&](Extent begin, Extent end, Extent /*tile*/) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        mean_[i] = kept * mean_[i] + (1 - kept) * gradients[i];
        const Real sign = static_cast<Real>(mean_[i] > 0) - static_cast<Real>(mean_[i] < 0);  // 0 stays 0
        values[i] -= rate * sign;
      }
    };
    cpu::parallel_tiles(static_cast<Extent>(values.size()), kTile, std::ref(tile));
  }

  std::vector<std::span<Real>> state() override { return {mean_}; }

 private:
  double momentum_ = 0.9;
  std::vector<Real> mean_;
};

FOVEA_OPTIMIZER("sign_descent", SignDescent, R"doc(Sign descent: steps of one length in every coordinate.

Solves    m = momentum m + (1 - momentum) g;  p -= rate sign(m), with sign(0) = 0.
Shapes    values [P], gradients [P]; elements are independent.
Cost      O(P) time, P Reals of state.
Source    Bernstein et al. 2018, arXiv:1802.04434, Algorithm 2 (Signum).)doc");

}  // namespace
}  // namespace fovea
