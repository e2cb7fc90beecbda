#include "modules/transformer/halting.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

enum HaltInput : std::size_t { kProbability, kTotal, kRunning, kIsLast };

class HaltOp final : public Op {
 public:
  explicit HaltOp(double threshold) : threshold_(static_cast<Real>(threshold)) {}

  std::string_view name() const override { return "halt"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"probability [B, T]", "total [B, T]", "running Index [B, T]", "is_last [1]"});
    return {in[kProbability], in[kProbability], in[kRunning], types.type("Index [B]")};
  }

  void forward(const OpRun& run) const override {
    const Shape& shape = run.in[kProbability].shape();
    const Index* running = run.in[kRunning].index();
    for (Extent i = 0; i < shape.size(); ++i) {
      const Real p = run.in[kProbability].real()[i];
      const Real total = run.in[kTotal].real()[i];
      const bool halts = running[i] != 0 && halts_now(run, i);
      const bool goes_on = running[i] != 0 && !halts;
      run.out[0].real()[i] = goes_on ? p : halts ? 1 - total : 0;
      run.out[1].real()[i] = goes_on ? total + p : total;
      run.out[2].index()[i] = goes_on ? 1 : 0;
    }
    for (Extent b = 0; b < shape[0]; ++b) {
      const Index* row = run.out[2].index() + b * shape[1];
      run.out[3].index()[b] = std::all_of(row, row + shape[1], [](Index runs) { return runs == 0; }) ? 1 : 0;
    }
  }

  // weight = p, total' = total + p where it goes on; weight = 1 - total, total' = total where it halts; 0 and total after
  void backward(const OpRun& run) const override {
    const Index* running = run.in[kRunning].index();
    const Index* goes_on = run.out[2].index();
    for (Extent i = 0; i < run.in[kProbability].size(); ++i) {
      const Real grad_weight = run.grad_out[0].real()[i];
      const Real grad_total = run.grad_out[1].real()[i];
      if (goes_on[i] != 0 && run.wants(kProbability)) run.grad_in[kProbability].real()[i] += grad_weight + grad_total;
      if (!run.wants(kTotal)) continue;
      const bool halts = running[i] != 0 && goes_on[i] == 0;
      run.grad_in[kTotal].real()[i] += halts ? grad_total - grad_weight : grad_total;
    }
  }

  BackwardReads backward_reads() const override { return {1U << kRunning, 1U << 2U}; }

 private:
  bool halts_now(const OpRun& run, Extent i) const {
    return run.in[kIsLast].real()[0] != 0 || run.in[kTotal].real()[i] + run.in[kProbability].real()[i] >= threshold_;
  }

  Real threshold_;
};

enum AdvanceInput : std::size_t { kState, kSum, kFresh, kWeight, kRuns };

class AdvanceOp final : public Op {
 public:
  std::string_view name() const override { return "advance"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"state [B, T, E]", "sum [B, T, E]", "fresh [B, T, E]", "weight [B, T]", "running Index [B, T]"});
    return {in[kFresh], in[kFresh]};
  }

  // state' = running ? fresh : state,  sum' = sum + weight fresh
  void forward(const OpRun& run) const override {
    each_position(run, [&](Extent i, Extent begin, std::size_t width) {
      const Real* fresh = run.in[kFresh].real() + begin;
      const Real* from = run.in[kRuns].index()[i] != 0 ? fresh : run.in[kState].real() + begin;
      std::copy_n(from, width, run.out[0].real() + begin);
      Real* const sum = run.out[1].real() + begin;
      std::copy_n(run.in[kSum].real() + begin, width, sum);
      const Real weight = run.in[kWeight].real()[i];
      if (weight != 0) cpu::add_scaled(weight, {fresh, width}, {sum, width});
    });
  }

  void backward(const OpRun& run) const override {
    each_position(run, [&](Extent i, Extent begin, std::size_t width) {
      const bool runs = run.in[kRuns].index()[i] != 0;
      const std::span<const Real> grad_state{run.grad_out[0].real() + begin, width};
      const std::span<const Real> grad_sum{run.grad_out[1].real() + begin, width};
      const auto gradient = [&](AdvanceInput input) { return std::span{run.grad_in[input].real() + begin, width}; };
      if (!runs && run.wants(kState)) cpu::add(grad_state, gradient(kState));
      if (run.wants(kSum)) cpu::add(grad_sum, gradient(kSum));
      if (!runs) return;  // its weight is and stays 0
      if (run.wants(kFresh)) {
        cpu::add(grad_state, gradient(kFresh));
        cpu::add_scaled(run.in[kWeight].real()[i], grad_sum, gradient(kFresh));
      }
      if (run.wants(kWeight)) run.grad_in[kWeight].real()[i] += cpu::dot({run.in[kFresh].real() + begin, width}, grad_sum);
    });
  }

  BackwardReads backward_reads() const override { return {1U << kFresh | 1U << kWeight | 1U << kRuns, 0}; }

 private:
  /// body(position, its first element, its elements)
  template <class Body>
  static void each_position(const OpRun& run, const Body& body) {
    const Extent width = run.in[kFresh].shape()[2];
    for (Extent i = 0; i < run.in[kRuns].size(); ++i) body(i, i * width, static_cast<std::size_t>(width));
  }
};

}  // namespace

HaltingStep halt(const HaltingInputs& inputs, double threshold, At at) {
  if (!(threshold > 0 && threshold <= 1)) {
    throw Error("halt", "a threshold in (0, 1] was expected; " + std::to_string(threshold) +
                            " came; give the sum of probabilities at which a position halts (at " + at.text() + ").");
  }
  const std::vector<Value> in{inputs.probability, inputs.before.total, inputs.before.running, inputs.is_last};
  const std::vector<Value> out = innermost(in, at).add_all(std::make_shared<HaltOp>(threshold), in, "", at);
  return {.weight = out[0], .after = {.total = out[1], .running = out[2]}, .is_over = out[3]};
}

Halting not_halted(Value mask, At at) { return {.total = scale(to_real(mask, at), 0, at), .running = mask}; }

Weighted advance(const AdvanceInputs& inputs, At at) {
  const std::vector<Value> in{inputs.before.state, inputs.before.sum, inputs.fresh, inputs.weight, inputs.running};
  const std::vector<Value> out = innermost(in, at).add_all(std::make_shared<AdvanceOp>(), in, "", at);
  return {.state = out[0], .sum = out[1]};
}

}  // namespace fovea
