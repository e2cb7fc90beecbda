#include "modules/memory/ntm/memory_write.h"

#include "framework/cpu/packs.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

// y_n = m_n + w_n (a - m_n e), element by element: the intermediate results of three products are never stored.
class MemoryWriteOp final : public Op {
 public:
  std::string_view name() const override { return "memory_write"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"memory [B, N, D]", "weights [B, N]", "erase [B, D]", "added [B, D]"});
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    const Shape& shape = run.in[0].shape();
    const Extent width = shape[2];
    for (Extent row = 0; row < shape[0] * shape[1]; ++row) {
      const Real* memory = run.in[0].real() + row * width;
      const Real* erase = run.in[2].real() + row / shape[1] * width;
      const Real* added = run.in[3].real() + row / shape[1] * width;
      Real* out = run.out[0].real() + row * width;
      const Real weight = run.in[1].real()[row];
      for_packs(width, [=](Extent i, auto lanes) {
        const Pack m = lanes.load(memory + i);
        lanes.store(out + i, m + weight * (lanes.load(added + i) - m * lanes.load(erase + i)));
      });
    }
  }

  // grad_m += g (1 - w e); grad_w += sum over d of g (a - m e); grad_e -= sum over n of w g m; grad_a += sum over n of w g
  void backward(const OpRun& run) const override {
    for (std::size_t i = 1; i < 4; ++i) {
      if (run.wants(i) && run.assigns(i)) clear(run.grad_in[i].real(), run.grad_in[i].size());
    }
    const Shape& shape = run.in[0].shape();
    for (Extent row = 0; row < shape[0] * shape[1]; ++row) {
      const Row slot = row_of(run, row);
      if (run.wants(0)) with_flag(run.assigns(0), [&](auto assign) { pull_memory<assign>(slot); });
      if (run.wants(1)) run.grad_in[1].real()[row] += pull_weight(slot);
      if (run.wants(2)) pull_erase(slot);
      if (run.wants(3)) pull_added(slot);
    }
  }

  BackwardReads backward_reads() const override { return {15, 0}; }
  bool can_assign(std::size_t) const override { return true; }

  double multiply_adds(std::span<const Type> in) const override { return 2 * static_cast<double>(in[0].shape.size()); }

 private:
  /// One slot of one row of the batch, [D] each.
  struct Row {
    Extent width;
    Real weight;
    const Real *memory, *erase, *added, *grad;
    Real *grad_memory, *grad_erase, *grad_added;
  };

  static Row row_of(const OpRun& run, Extent row) {
    const Shape& shape = run.in[0].shape();
    const Extent width = shape[2];
    const Extent slot = row * width;
    const Extent vector = row / shape[1] * width;
    const auto place = [&](std::size_t input, Extent at) {
      return run.wants(input) ? run.grad_in[input].real() + at : nullptr;
    };
    return {width,
            run.in[1].real()[row],
            run.in[0].real() + slot,
            run.in[2].real() + vector,
            run.in[3].real() + vector,
            run.grad_out[0].real() + slot,
            place(0, slot),
            place(2, vector),
            place(3, vector)};
  }

  template <bool assign>
  static void pull_memory(const Row& s) {
    for_packs(s.width, [&](Extent i, auto lanes) {
      put<assign>(lanes, s.grad_memory + i, lanes.load(s.grad + i) * (1 - s.weight * lanes.load(s.erase + i)));
    });
  }

  static Real pull_weight(const Row& s) {
    Pack total{};
    for_packs(s.width, [&](Extent i, auto lanes) {  // past the end the gradient is 0
      total += lanes.load(s.grad + i) * (lanes.load(s.added + i) - lanes.load(s.memory + i) * lanes.load(s.erase + i));
    });
    return cpu::sum_lanes(total);
  }

  static void pull_erase(const Row& s) {
    for_packs(s.width, [&](Extent i, auto lanes) {
      put<false>(lanes, s.grad_erase + i, -s.weight * lanes.load(s.grad + i) * lanes.load(s.memory + i));
    });
  }

  static void pull_added(const Row& s) {
    for_packs(s.width,
              [&](Extent i, auto lanes) { put<false>(lanes, s.grad_added + i, s.weight * lanes.load(s.grad + i)); });
  }
};

}  // namespace

OpPointer make_memory_write() { return std::make_shared<MemoryWriteOp>(); }

}  // namespace fovea
