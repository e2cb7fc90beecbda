#include "framework/ops/normalise.h"

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class NormaliseOp final : public Op {
 public:
  explicit NormaliseOp(double epsilon) : epsilon_(static_cast<Real>(epsilon)) {}

  std::string_view name() const override { return "normalise"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [...]"});
    return {in[0]};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override { return {Type{{row_shape(in[0].shape).rows}}}; }

  void forward(const OpRun& run) const override {
    const RowShape shape = row_shape(run.in[0].shape());
    const Extent width = shape.width;
    const Extent rows = shape.rows;
    const Real* x = run.in[0].real();
    Real* y = run.out[0].real();
    for (Extent row = 0; row < rows; ++row, x += width, y += width) {
      const Real length = std::sqrt(cpu::dot(span_of(x, width), span_of(x, width)));
      run.scratch[0].real()[row] = length;
      const Real inverse = 1 / (length > epsilon_ || length != length ? length : epsilon_);
      for_packs(width, [=](Extent i, auto lanes) { lanes.store(y + i, lanes.load(x + i) * inverse); });
    }
  }

  // y = x / |x|: grad_x += (grad_y - y sum(y grad_y)) / |x|;  y = x / epsilon: grad_x += grad_y / epsilon
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const RowShape shape = row_shape(run.out[0].shape());
    const Extent width = shape.width;
    const Extent rows = shape.rows;
    const Real* y = run.out[0].real();
    const Real* grad_y = run.grad_out[0].real();
    Real* grad_x = run.grad_in[0].real();
    with_flag(run.assigns(0), [&](auto assign) {
      for (Extent row = 0; row < rows; ++row, y += width, grad_y += width, grad_x += width) {
        const Real length = run.scratch[0].real()[row];
        const bool is_short = length <= epsilon_;
        const Real inverse = 1 / (is_short ? epsilon_ : length);
        const Real along = is_short ? Real(0) : cpu::dot(span_of(y, width), span_of(grad_y, width));
        for_packs(width, [=](Extent i, auto lanes) {
          put<assign>(lanes, grad_x + i, (lanes.load(grad_y + i) - lanes.load(y + i) * along) * inverse);
        });
      }
    });
  }

  BackwardReads backward_reads() const override { return {0, 1}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  Real epsilon_;
};

class LayerNormOp final : public Op {
 public:
  explicit LayerNormOp(double epsilon) : epsilon_(static_cast<Real>(epsilon)) {}

  std::string_view name() const override { return "layer_norm"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [..., D]", "weight [D]", "bias [D]"});
    return {in[0]};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    return {Type{{row_shape(in[0].shape).rows}}, Type{{row_shape(in[0].shape).rows}}};  // mean, 1 / sqrt(variance + epsilon)
  }

  void forward(const OpRun& run) const override {
    const RowShape shape = row_shape(run.in[0].shape());
    const Extent width = shape.width;
    const Extent rows = shape.rows;
    const Real* x = run.in[0].real();
    const Real* weight = run.in[1].real();
    const Real* bias = run.in[2].real();
    Real* y = run.out[0].real();
    for (Extent row = 0; row < rows; ++row, x += width, y += width) {
      const Real mean = cpu::sum(span_of(x, width)) / static_cast<Real>(width);
      for_packs(width, [=](Extent i, auto lanes) { lanes.store(y + i, lanes.load(x + i) - mean); });
      const Real variance = cpu::dot(span_of(y, width), span_of(y, width)) / static_cast<Real>(width);
      const Real inverse = 1 / std::sqrt(variance + epsilon_);
      run.scratch[0].real()[row] = mean;
      run.scratch[1].real()[row] = inverse;
      for_packs(width, [=](Extent i, auto lanes) {
        lanes.store(y + i, lanes.load(y + i) * inverse * lanes.load(weight + i) + lanes.load(bias + i));
      });
    }
  }

  void backward(const OpRun& run) const override {
    if (run.wants(0)) with_flag(run.assigns(0), [&](auto assign) { pull_x<assign>(run); });
    if (run.wants(1)) pull_weight(run);
    if (run.wants(2)) {
      const Extent width = row_shape(run.in[0].shape()).width;
      if (run.assigns(2)) clear(run.grad_in[2].real(), width);
      for (Extent row = 0; row < row_shape(run.in[0].shape()).rows; ++row) {
        add_row(run.grad_out[0].real() + row * width, run.grad_in[2].real(), width);
      }
    }
  }

  BackwardReads backward_reads() const override { return {3, 0}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  // With n = (x - mean) inverse and h = grad_y weight: grad_x += inverse (h - mean(h) - n mean(h n))
  template <bool assign>
  static void pull_x(const OpRun& run) {
    const Extent width = row_shape(run.in[0].shape()).width;
    const Real* weight = run.in[1].real();
    for (Extent row = 0; row < row_shape(run.in[0].shape()).rows; ++row) {
      const Real* x = run.in[0].real() + row * width;
      const Real* grad_y = run.grad_out[0].real() + row * width;
      Real* grad_x = run.grad_in[0].real() + row * width;
      const Real mean = run.scratch[0].real()[row];
      const Real inverse = run.scratch[1].real()[row];
      Pack sum{};
      Pack along{};
      for_packs(width, [&](Extent i, auto lanes) {  // past the end grad_y is 0
        const Pack h = lanes.load(grad_y + i) * lanes.load(weight + i);
        sum += h;
        along += h * (lanes.load(x + i) - mean);
      });
      const Real shift = cpu::sum_lanes(sum) / static_cast<Real>(width);
      const Real slope = cpu::sum_lanes(along) * inverse * inverse / static_cast<Real>(width);
      for_packs(width, [=](Extent i, auto lanes) {
        const Pack h = lanes.load(grad_y + i) * lanes.load(weight + i);
        put<assign>(lanes, grad_x + i, inverse * (h - shift - (lanes.load(x + i) - mean) * slope));
      });
    }
  }

  static void pull_weight(const OpRun& run) {
    const Extent width = row_shape(run.in[0].shape()).width;
    Real* grad_weight = run.grad_in[1].real();
    if (run.assigns(1)) clear(grad_weight, width);
    for (Extent row = 0; row < row_shape(run.in[0].shape()).rows; ++row) {
      const Real* x = run.in[0].real() + row * width;
      const Real* grad_y = run.grad_out[0].real() + row * width;
      const Real mean = run.scratch[0].real()[row];
      const Real inverse = run.scratch[1].real()[row];
      for_packs(width, [=](Extent i, auto lanes) {
        const Pack part = lanes.load(grad_y + i) * (lanes.load(x + i) - mean) * inverse;
        put<false>(lanes, grad_weight + i, part);
      });
    }
  }

  Real epsilon_;
};

}  // namespace

OpPointer make_normalise(double epsilon) { return std::make_shared<NormaliseOp>(epsilon); }
OpPointer make_layer_norm(double epsilon) { return std::make_shared<LayerNormOp>(epsilon); }

}  // namespace fovea
