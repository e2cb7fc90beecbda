#include "framework/ops/binary.h"

#include "framework/core/error.h"
#include "framework/cpu/packs.h"
#include "framework/ops/strides.h"

namespace fovea {
namespace {

// A function y = f(a, b) with the gradients of its inputs, given that of y.
struct AddFunction {
  static constexpr std::string_view kName = "add";
  static constexpr BackwardReads kReads{0, 0};
  static Pack value(Pack a, Pack b) { return a + b; }
  static Pack grad_a(Pack, Pack, Pack g) { return g; }
  static Pack grad_b(Pack, Pack, Pack g) { return g; }
};

struct SubtractFunction {
  static constexpr std::string_view kName = "subtract";
  static constexpr BackwardReads kReads{0, 0};
  static Pack value(Pack a, Pack b) { return a - b; }
  static Pack grad_a(Pack, Pack, Pack g) { return g; }
  static Pack grad_b(Pack, Pack, Pack g) { return -g; }
};

struct MultiplyFunction {
  static constexpr std::string_view kName = "multiply";
  static constexpr BackwardReads kReads{3, 0};
  static Pack value(Pack a, Pack b) { return a * b; }
  static Pack grad_a(Pack, Pack b, Pack g) { return g * b; }
  static Pack grad_b(Pack a, Pack, Pack g) { return g * a; }
};

struct DivideFunction {
  static constexpr std::string_view kName = "divide";
  static constexpr BackwardReads kReads{3, 0};
  static Pack value(Pack a, Pack b) { return a / b; }
  static Pack grad_a(Pack, Pack b, Pack g) { return g / b; }
  static Pack grad_b(Pack a, Pack b, Pack g) { return -(g / b) * (a / b); }
};

struct BinaryPrepared final : Prepared {
  Walk walk;
  bool whole_a = false;  // no element of a is repeated
  bool whole_b = false;
};

template <class Function>
class BinaryOp final : public Op {
 public:
  std::string_view name() const override { return Function::kName; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_real(name(), in[0], "a");
    require_real(name(), in[1], "b");
    return {Type{joint_shape(in[0], in[1]), Kind::kReal}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto prepared = std::make_shared<BinaryPrepared>();
    const Shape out = joint_shape(in[0], in[1]);
    prepared->walk = make_walk(out, broadcast_strides(in[0].shape, out), broadcast_strides(in[1].shape, out));
    prepared->whole_a = in[0].shape.size() == out.size();
    prepared->whole_b = in[1].shape.size() == out.size();
    return prepared;
  }

  void forward(const OpRun& run) const override {
    const Walk& walk = static_cast<const BinaryPrepared*>(run.prepared)->walk;
    const Real* a = run.in[0].real();
    const Real* b = run.in[1].real();
    Real* y = run.out[0].real();
    each_run(walk, [&](Extent at, Extent at_a, Extent at_b) {
      for_packs(walk.run, [&, out = y + at](Extent i, auto lanes) {
        const Pack value_a = load_run(lanes, a + at_a, i, walk.run_a);
        lanes.store(out + i, Function::value(value_a, load_run(lanes, b + at_b, i, walk.run_b)));
      });
    });
  }

  void backward(const OpRun& run) const override {
    const auto& prepared = *static_cast<const BinaryPrepared*>(run.prepared);
    if (run.wants(0)) {
      pull(run, 0, prepared.whole_a, [](Pack a, Pack b, Pack g) { return Function::grad_a(a, b, g); });
    }
    if (run.wants(1)) {
      pull(run, 1, prepared.whole_b, [](Pack a, Pack b, Pack g) { return Function::grad_b(a, b, g); });
    }
  }

  BackwardReads backward_reads() const override { return Function::kReads; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  Shape joint_shape(const Type& a, const Type& b) const {
    const Shape& longer = a.shape.rank() >= b.shape.rank() ? a.shape : b.shape;
    const Shape& shorter = a.shape.rank() >= b.shape.rank() ? b.shape : a.shape;
    Shape out = longer;
    for (int axis = -1; axis >= -shorter.rank(); --axis) {
      if (longer[axis] == shorter[axis] || shorter[axis] == 1) continue;
      if (longer[axis] != 1) {
        reject(name(),
               describe("a", a) + " and " + describe("b", b) + " do not broadcast; give extents that are equal or 1.");
      }
      out = out.with(axis, shorter[axis]);
    }
    return out;
  }

  template <class Lanes>
  static Pack load_run(Lanes lanes, const Real* from, Extent i, Extent stride) {
    return stride == 0 ? cpu::broadcast(*from) : lanes.load(from + i);
  }

  // Adds (or assigns) the gradient of one input; `rule` gives its packs.
  template <class Rule>
  static void pull(const OpRun& run, std::size_t input, bool whole, Rule rule) {
    const Walk& walk = static_cast<const BinaryPrepared*>(run.prepared)->walk;
    Real* grad = run.grad_in[input].real();
    const bool assigns = run.assigns(input);
    if (assigns && !whole) clear(grad, run.grad_in[input].size());
    const Extent stride = input == 0 ? walk.run_a : walk.run_b;
    with_flag(assigns && whole, [&](auto assign) {
      each_run(walk, [&](Extent at, Extent at_a, Extent at_b) {
        pull_run<assign>(run, {at, at_a, at_b}, stride == 0, grad + (input == 0 ? at_a : at_b), rule);
      });
    });
  }

  struct Place {
    Extent out, a, b;
  };

  template <bool assign, class Rule>
  static void pull_run(const OpRun& run, Place place, bool repeated, Real* grad, Rule rule) {
    const Walk& walk = static_cast<const BinaryPrepared*>(run.prepared)->walk;
    const Real* g = run.grad_out[0].real() + place.out;
    // Inputs that backward does not read may have been overwritten.
    const bool reads = Function::kReads.inputs != 0;
    const Real* a = reads ? run.in[0].real() + place.a : g;
    const Real* b = reads ? run.in[1].real() + place.b : g;
    const Extent stride_a = reads ? walk.run_a : 1;
    const Extent stride_b = reads ? walk.run_b : 1;
    Pack total{};
    for_packs(walk.run, [&](Extent i, auto lanes) {
      const Pack grad_y = lanes.load(g + i);
      const Pack part = rule(load_run(lanes, a, i, stride_a), load_run(lanes, b, i, stride_b), grad_y);
      if (repeated) {
        Real kept[kPack];
        lanes.store(kept, part);
        total += lanes.load(kept);  // read back: lanes past the end must not be counted, 0 / 0 would be NaN
      } else {
        put<assign>(lanes, grad + i, part);
      }
    });
    if (repeated) *grad += cpu::sum_lanes(total);
  }
};

}  // namespace

OpPointer make_binary(Binary function) {
  switch (function) {
    case Binary::kAdd: return std::make_shared<BinaryOp<AddFunction>>();
    case Binary::kSubtract: return std::make_shared<BinaryOp<SubtractFunction>>();
    case Binary::kMultiply: return std::make_shared<BinaryOp<MultiplyFunction>>();
    case Binary::kDivide: return std::make_shared<BinaryOp<DivideFunction>>();
  }
  throw Error("binary", "the function is not one of the known ones; give a value of Binary.");
}

}  // namespace fovea
