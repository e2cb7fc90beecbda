#include "modules/memory/ntm/memory_address.h"

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/cpu/simplex.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

// Weights of 0 occur: their logarithm must stay finite, yet so low that none of their powers counts.
constexpr Real kTiny = static_cast<Real>(1e-30);

using Row = std::span<Real>;
using ConstRow = std::span<const Real>;

/// body(part of a, part of b) for the two parts in which row a, moved ahead by `places` in a circle, lies beside row b.
template <class A, class B, class Body>
void beside(A a, B b, Extent places, Body body) {
  const auto size = static_cast<Extent>(a.size());
  const auto ahead = static_cast<std::size_t>((places % size + size) % size);
  const std::size_t rest = a.size() - ahead;
  body(a.first(rest), b.last(rest));
  if (ahead > 0) body(a.last(ahead), b.first(ahead));
}

class MemoryAddressOp final : public Op {
 public:
  explicit MemoryAddressOp(Sharpening sharpening) : sharpening_(sharpening) {}

  std::string_view name() const override { return "memory_address"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in,
                          {"found [B, N]", "previous [B, N]", "gate [B]", "shift [B, 2 R + 1 <= 2 N + 1]", "power [B]"});
    const Extent shifts = in[kShift].shape[1];
    types.require(shifts % 2 == 1 && shifts / 2 <= types["N"]);
    return {in[kFound]};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    const Shape& shape = in[kFound].shape;
    std::vector<Type> kept{in[kFound], in[kFound]};  // mixed, moved
    if (sharpening_ == Sharpening::kPower) {
      kept.push_back(in[kFound]);  // log(moved)
    } else {
      kept.push_back({{shape[0], shape[1]}, Kind::kIndex});  // places of the weights above 0
      kept.push_back({{shape[0]}, Kind::kIndex});            // and how many
    }
    return kept;
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Extent items = in[kFound].shape[1];
    // Forward: weights above 0 side by side, and what sparsemax needs. Backward: two gradients, and those of kept weights.
    return {Type{{items}}, Type{{std::max(items, cpu::simplex_scratch(items))}}, Type{{items}}};
  }

  void forward(const OpRun& run) const override {
    for (Extent b = 0; b < run.in[kFound].shape()[0]; ++b) {
      mix(run, b);
      move(run, b);
      if (sharpening_ == Sharpening::kPower) {
        raise(run, b);
      } else {
        project(run, b);
      }
    }
  }

  void backward(const OpRun& run) const override {
    for (std::size_t i = 0; i < kInputs; ++i) {
      if (run.wants(i) && run.assigns(i)) clear(run.grad_in[i].real(), run.grad_in[i].size());
    }
    for (Extent b = 0; b < run.in[kFound].shape()[0]; ++b) {
      const Row grad_moved = workspace_row(run, 0);
      if (sharpening_ == Sharpening::kPower) {
        pull_raised(run, b, grad_moved);
      } else {
        pull_projected(run, b, grad_moved);
      }
      const Row grad_mixed = workspace_row(run, 1);
      pull_moved(run, b, grad_moved, grad_mixed);
      pull_mixed(run, b, grad_mixed);
    }
  }

  bool can_assign(std::size_t) const override { return true; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[kFound].shape.size()) * static_cast<double>(in[kShift].shape[1] + 3);
  }

 private:
  enum Input : std::size_t { kFound, kPrevious, kGate, kShift, kPower, kInputs };
  enum Scratch : std::size_t { kMixed, kMoved, kLogs, kKept = kLogs, kCount };

  static Row row_of(const Tensor& tensor, Extent b) {
    const Extent width = tensor.shape()[1];
    return span_of(tensor.real() + b * width, width);
  }
  static Row workspace_row(const OpRun& run, std::size_t i) {
    return span_of(run.workspace[i].real(), run.in[kFound].shape()[1]);
  }

  // mixed = g found + (1 - g) previous: a sum of two products that are not negative cannot fall below 0 by rounding.
  static void mix(const OpRun& run, Extent b) {
    const Real gate = run.in[kGate].real()[b];
    const Real* found = row_of(run.in[kFound], b).data();
    const Real* previous = row_of(run.in[kPrevious], b).data();
    const Row mixed = row_of(run.scratch[kMixed], b);
    for_packs(static_cast<Extent>(mixed.size()), [=](Extent i, auto lanes) {
      lanes.store(mixed.data() + i, gate * lanes.load(found + i) + (1 - gate) * lanes.load(previous + i));
    });
  }

  static void move(const OpRun& run, Extent b) {
    const Row mixed = row_of(run.scratch[kMixed], b);
    const Row moved = row_of(run.scratch[kMoved], b);
    const Row shift = row_of(run.in[kShift], b);
    clear(moved.data(), static_cast<Extent>(moved.size()));
    const auto reach = static_cast<Extent>(shift.size() / 2);
    for (std::size_t s = 0; s < shift.size(); ++s) {
      beside(ConstRow(mixed), moved, static_cast<Extent>(s) - reach,
             [&](ConstRow from, Row to) { cpu::add_scaled(shift[s], from, to); });
    }
  }

  // y = moved^p / sum of moved^p = softmax(p log(moved))
  static void raise(const OpRun& run, Extent b) {
    const Real* moved = row_of(run.scratch[kMoved], b).data();
    const Row logs = row_of(run.scratch[kLogs], b);
    const Row out = row_of(run.out[0], b);
    const auto width = static_cast<Extent>(out.size());
    for_packs(width, [=](Extent i, auto lanes) { lanes.store(logs.data() + i, lanes.load(moved + i) + kTiny); });
    cpu::log(logs, logs);
    const Real power = run.in[kPower].real()[b];
    for_packs(width, [=](Extent i, auto lanes) { lanes.store(out.data() + i, power * lanes.load(logs.data() + i)); });
    cpu::softmax_weights(out, out);
  }

  // y = sparsemax(p moved)
  static void project(const OpRun& run, Extent b) {
    const Row out = row_of(run.out[0], b);
    const auto width = static_cast<Extent>(out.size());
    Index* kept = run.scratch[kKept].index() + b * width;
    Real* weights = run.workspace[0].real();
    const double temperature = 1 / static_cast<double>(run.in[kPower].real()[b]);
    const Extent count =
        cpu::sparsemax(row_of(run.scratch[kMoved], b), temperature, {weights, kept, run.workspace[1].real()});
    run.scratch[kCount].index()[b] = static_cast<Index>(count);
    clear(out.data(), width);
    for (Extent i = 0; i < count; ++i) out[kept[i]] = weights[i];
  }

  // With a = p log(moved): grad_a = y (g - sum(y g)); grad_p += sum(grad_a log(moved)); grad_moved = grad_a p / moved
  static void pull_raised(const OpRun& run, Extent b, Row grad_moved) {
    const Real power = run.in[kPower].real()[b];
    const Real* moved = row_of(run.scratch[kMoved], b).data();
    cpu::assign_softmax_backward(row_of(run.out[0], b), row_of(run.grad_out[0], b), grad_moved);
    if (run.wants(kPower)) run.grad_in[kPower].real()[b] += cpu::dot(grad_moved, row_of(run.scratch[kLogs], b));
    Real* grad = grad_moved.data();
    for_packs(static_cast<Extent>(grad_moved.size()), [=](Extent i, auto lanes) {
      lanes.store(grad + i, power * lanes.load(grad + i) / (lanes.load(moved + i) + kTiny));
    });
  }

  // On kept places: h = g - mean of g; grad_p += sum(h moved); grad_moved = p h. Elsewhere 0.
  static void pull_projected(const OpRun& run, Extent b, Row grad_moved) {
    const Row grad = row_of(run.grad_out[0], b);
    const Row moved = row_of(run.scratch[kMoved], b);
    const Index* kept = run.scratch[kKept].index() + b * static_cast<Extent>(grad.size());
    const Index count = run.scratch[kCount].index()[b];
    const Real power = run.in[kPower].real()[b];
    clear(grad_moved.data(), static_cast<Extent>(grad_moved.size()));
    Real mean = 0;
    for (Index i = 0; i < count; ++i) mean += grad[kept[i]] / static_cast<Real>(count);
    Real along = 0;
    for (Index i = 0; i < count; ++i) {
      const auto place = static_cast<std::size_t>(kept[i]);
      along += (grad[place] - mean) * moved[place];
      grad_moved[place] = power * (grad[place] - mean);
    }
    if (run.wants(kPower)) run.grad_in[kPower].real()[b] += along;
  }

  // moved_n = sum over s of shift_s mixed_(n - (s - R)): grad_shift_s += sum(grad_moved * mixed, moved by s - R); grad_mixed
  // = the gradient moved back.
  static void pull_moved(const OpRun& run, Extent b, Row grad_moved, Row grad_mixed) {
    const Row mixed = row_of(run.scratch[kMixed], b);
    const Row shift = row_of(run.in[kShift], b);
    const auto reach = static_cast<Extent>(shift.size() / 2);
    clear(grad_mixed.data(), static_cast<Extent>(grad_mixed.size()));
    for (std::size_t s = 0; s < shift.size(); ++s) {
      const Extent places = static_cast<Extent>(s) - reach;
      beside(grad_mixed, ConstRow(grad_moved), places, [&](Row to, ConstRow from) { cpu::add_scaled(shift[s], from, to); });
      if (!run.wants(kShift)) continue;
      Real& grad_shift = row_of(run.grad_in[kShift], b)[s];
      beside(ConstRow(mixed), ConstRow(grad_moved), places,
             [&](ConstRow from, ConstRow to) { grad_shift += cpu::dot(from, to); });
    }
  }

  static void pull_mixed(const OpRun& run, Extent b, Row grad_mixed) {
    const Real gate = run.in[kGate].real()[b];
    const Row found = row_of(run.in[kFound], b);
    const Row previous = row_of(run.in[kPrevious], b);
    if (run.wants(kFound)) cpu::add_scaled(gate, grad_mixed, row_of(run.grad_in[kFound], b));
    if (run.wants(kPrevious)) cpu::add_scaled(1 - gate, grad_mixed, row_of(run.grad_in[kPrevious], b));
    if (run.wants(kGate)) run.grad_in[kGate].real()[b] += cpu::dot(grad_mixed, found) - cpu::dot(grad_mixed, previous);
  }

  Sharpening sharpening_;
};

}  // namespace

OpPointer make_memory_address(Sharpening sharpening) { return std::make_shared<MemoryAddressOp>(sharpening); }

}  // namespace fovea
