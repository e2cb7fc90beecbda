#include "framework/ops/unary.h"

#include "framework/core/error.h"
#include "framework/cpu/packs.h"
#include "framework/ops/signature.h"
#include "framework/ops/unary_functions.h"

namespace fovea {
namespace {

struct AffineFunction {
  static constexpr SlopeReads kReads = SlopeReads::kNothing;
  Pack value(Pack x) const { return factor * x + term; }
  Pack slope(Pack /*x*/) const { return cpu::broadcast(factor); }
  Real factor;
  Real term;
};

template <class Function>
class UnaryOp final : public Op {
 public:
  explicit UnaryOp(std::string name, Function function = {}) : name_(std::move(name)), function_(function) {}

  std::string_view name() const override { return name_; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [...]"});
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    const Real* x = run.in[0].real();
    Real* y = run.out[0].real();
    for_packs(run.in[0].size(),
              [=, f = function_](Extent i, auto lanes) { lanes.store(y + i, f.value(lanes.load(x + i))); });
  }

  // grad_x += grad_y f'(x)
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Real* grad_y = run.grad_out[0].real();
    const Real* from = Function::kReads == SlopeReads::kNothing ? grad_y
                       : Function::kReads == SlopeReads::kInput ? run.in[0].real()
                                                                : run.out[0].real();
    Real* grad_x = run.grad_in[0].real();
    with_flag(run.assigns(0), [&](auto assign) {
      for_packs(run.grad_in[0].size(), [=, f = function_](Extent i, auto lanes) {
        put<assign>(lanes, grad_x + i, lanes.load(grad_y + i) * f.slope(lanes.load(from + i)));
      });
    });
  }

  BackwardReads backward_reads() const override {
    return {Function::kReads == SlopeReads::kInput ? 1U : 0U, Function::kReads == SlopeReads::kOutput ? 1U : 0U};
  }
  bool can_assign(std::size_t) const override { return true; }

 private:
  std::string name_;
  Function function_;
};

template <class Function>
OpPointer unary_of() {
  return std::make_shared<UnaryOp<Function>>(std::string(Function::kName));
}

class DetachOp final : public Op {
 public:
  std::string_view name() const override { return "detach"; }
  std::vector<Type> infer(std::span<const Type> in) const override { return {in[0]}; }
  void forward(const OpRun& run) const override { std::memcpy(run.out[0].data, run.in[0].data, run.in[0].bytes()); }
  bool is_differentiable() const override { return false; }
};

}  // namespace

OpPointer make_detach() { return std::make_shared<DetachOp>(); }

OpPointer make_unary(Unary function) {
  switch (function) {
    case Unary::kTanh: return unary_of<TanhFunction>();
    case Unary::kSigmoid: return unary_of<SigmoidFunction>();
    case Unary::kRelu: return unary_of<ReluFunction>();
    case Unary::kGelu: return unary_of<GeluFunction>();
    case Unary::kSilu: return unary_of<SiluFunction>();
    case Unary::kSoftplus: return unary_of<SoftplusFunction>();
    case Unary::kExp: return unary_of<ExpFunction>();
    case Unary::kLog: return unary_of<LogFunction>();
    case Unary::kSqrt: return unary_of<SqrtFunction>();
    case Unary::kSquare: return unary_of<SquareFunction>();
  }
  throw Error("unary", "the function is not one of the known ones; give a value of Unary.");
}

OpPointer make_affine(double factor, double term, std::string name) {
  const AffineFunction function{static_cast<Real>(factor), static_cast<Real>(term)};
  return std::make_shared<UnaryOp<AffineFunction>>(std::move(name), function);
}

}  // namespace fovea
