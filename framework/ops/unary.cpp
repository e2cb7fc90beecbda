#include "framework/ops/unary.h"

#include "framework/core/error.h"
#include "framework/cpu/packs.h"
#include "framework/ops/unary_functions.h"

namespace fovea {
namespace {

template <class Function>
class UnaryOp final : public Op {
 public:
  std::string_view name() const override { return Function::kName; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 1);
    require_real(name(), in[0], "x");
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    const Real* x = run.in[0].real();
    Real* y = run.out[0].real();
    for_packs(run.in[0].size(), [=](Extent i, auto lanes) { lanes.store(y + i, Function::value(lanes.load(x + i))); });
  }

  // grad_x += grad_y f'(x)
  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Real* from = Function::kReads == SlopeReads::kInput ? run.in[0].real() : run.out[0].real();
    const Real* grad_y = run.grad_out[0].real();
    Real* grad_x = run.grad_in[0].real();
    with_flag(run.assigns(0), [&](auto assign) {
      for_packs(run.grad_in[0].size(), [=](Extent i, auto lanes) {
        put<assign>(lanes, grad_x + i, lanes.load(grad_y + i) * Function::slope(lanes.load(from + i)));
      });
    });
  }

  BackwardReads backward_reads() const override {
    return Function::kReads == SlopeReads::kInput ? BackwardReads{1, 0} : BackwardReads{0, 1};
  }
  bool can_assign(std::size_t) const override { return true; }
};

class AffineOp final : public Op {
 public:
  AffineOp(double factor, double term, std::string name)
      : factor_(static_cast<Real>(factor)), term_(static_cast<Real>(term)), name_(std::move(name)) {}

  std::string_view name() const override { return name_; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 1);
    require_real(name(), in[0], "x");
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    const Real* x = run.in[0].real();
    Real* y = run.out[0].real();
    const Real factor = factor_;
    const Real term = term_;
    for_packs(run.in[0].size(), [=](Extent i, auto lanes) { lanes.store(y + i, factor * lanes.load(x + i) + term); });
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Real* grad_y = run.grad_out[0].real();
    Real* grad_x = run.grad_in[0].real();
    const Real factor = factor_;
    with_flag(run.assigns(0), [&](auto assign) {
      for_packs(run.grad_in[0].size(),
                [=](Extent i, auto lanes) { put<assign>(lanes, grad_x + i, factor * lanes.load(grad_y + i)); });
    });
  }

  BackwardReads backward_reads() const override { return {0, 0}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  Real factor_;
  Real term_;
  std::string name_;
};

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
    case Unary::kTanh: return std::make_shared<UnaryOp<TanhFunction>>();
    case Unary::kSigmoid: return std::make_shared<UnaryOp<SigmoidFunction>>();
    case Unary::kRelu: return std::make_shared<UnaryOp<ReluFunction>>();
    case Unary::kGelu: return std::make_shared<UnaryOp<GeluFunction>>();
    case Unary::kSilu: return std::make_shared<UnaryOp<SiluFunction>>();
    case Unary::kSoftplus: return std::make_shared<UnaryOp<SoftplusFunction>>();
    case Unary::kExp: return std::make_shared<UnaryOp<ExpFunction>>();
    case Unary::kLog: return std::make_shared<UnaryOp<LogFunction>>();
    case Unary::kSqrt: return std::make_shared<UnaryOp<SqrtFunction>>();
    case Unary::kSquare: return std::make_shared<UnaryOp<SquareFunction>>();
  }
  throw Error("unary", "the function is none of the known ones; give a value of Unary.");
}

OpPointer make_affine(double factor, double term, std::string name) {
  return std::make_shared<AffineOp>(factor, term, std::move(name));
}

}  // namespace fovea
