#include "add_noise.h"

#include <algorithm>

namespace fovea {
namespace {

class AddNoiseOp final : public Op {
 public:
  explicit AddNoiseOp(double deviation) : deviation_(static_cast<Real>(deviation)) {
    if (deviation >= 0) return;
    reject(name(), "a deviation >= 0 was expected; " + std::to_string(deviation) + " came; give 0.1, say.");
  }

  std::string_view name() const override { return "add_noise"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 1);
    require_real(name(), in[0], "x");
    require_rank(name(), in[0], 1, "x");
    return {in[0]};
  }

  // y = x + deviation e, e normal; the noise of row b of the batch is the same wherever that row is computed
  void forward(const OpRun& run) const override {
    const Real* x = run.in[0].real();
    Real* y = run.out[0].real();
    if (run.context->mode == Mode::kEvaluate) {
      std::copy_n(x, run.in[0].size(), y);
      return;
    }
    const Extent rows = run.in[0].shape()[0];
    const Extent width = rows > 0 ? run.in[0].size() / rows : 0;
    for (Extent b = 0; b < rows; ++b, x += width, y += width) {
      Rng rng = run.rng(b);
      rng.fill_normal({y, static_cast<std::size_t>(width)});
      for (Extent i = 0; i < width; ++i) y[i] = x[i] + deviation_ * y[i];
    }
  }

  // y = x + deviation e  =>  grad_x += grad_y
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Real* grad_y = run.grad_out[0].real();
    Real* grad_x = run.grad_in[0].real();
    for (Extent i = 0; i < run.grad_in[0].size(); ++i) grad_x[i] = (run.assigns(0) ? 0 : grad_x[i]) + grad_y[i];
  }

  BackwardReads backward_reads() const override { return {.inputs = 0, .outputs = 0}; }
  bool can_assign(std::size_t /*input*/) const override { return true; }

 private:
  Real deviation_;
};

}  // namespace

OpPointer make_add_noise(double deviation) { return std::make_shared<AddNoiseOp>(deviation); }

Value add_noise(Value x, double deviation, At at) { return innermost({x}, at).add(make_add_noise(deviation), {x}, "", at); }

}  // namespace fovea
