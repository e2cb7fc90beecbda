#include "modules/memory/sparse/write_items.h"

#include <algorithm>

#include "framework/cpu/packs.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

enum Input : std::size_t { kMemory, kKept, kWeights, kErase, kAdded, kAll };

/// One head of one row of the batch.
struct Head {
  Extent slots, kept, width;
  const Index* items;                                       // [K]
  const Real *weights, *erase, *added;                      // [K], [D], [D]
  Real* old;                                                // [K, D], the slots before they were written
  Real *grad_weights, *grad_erase, *grad_added, *grad_all;  // null: not wanted
};

Head head_of(const OpRun& run, Extent b, Extent m) {
  const Shape& memory = run.in[kMemory].shape();
  const Shape& kept = run.in[kKept].shape();
  const Extent head = b * kept[1] + m;
  const auto gradient = [&](std::size_t input, Extent width) {
    const bool is_wanted = input < run.grad_in.size() && run.wants(input);
    return is_wanted ? run.grad_in[input].real() + head * width : nullptr;
  };
  const Extent width = memory[2];
  return {memory[1],
          kept[2],
          width,
          run.in[kKept].index() + head * kept[2],
          run.in[kWeights].real() + head * kept[2],
          run.in[kErase].real() + head * width,
          run.in[kAdded].real() + head * width,
          run.scratch[0].real() + head * kept[2] * width,
          gradient(kWeights, kept[2]),
          gradient(kErase, width),
          gradient(kAdded, width),
          gradient(kAll, memory[1])};
}

// y = m (1 - w e) + w a
void write(const Head& head, Extent k, Real* slot) {
  copy(slot, head.old + k * head.width, head.width);
  const Real weight = head.weights[k];
  for_packs(head.width, [&](Extent i, auto lanes) {
    const Pack m = lanes.load(slot + i);
    lanes.store(slot + i, m + weight * (lanes.load(head.added + i) - m * lanes.load(head.erase + i)));
  });
}

// sum over d of g (a - m e)
Real pull_weight(const Head& head, const Real* slot, const Real* grad) {
  Pack total{};
  for_packs(head.width, [&](Extent i, auto lanes) {  // past the end the gradient is 0
    total += lanes.load(grad + i) * (lanes.load(head.added + i) - lanes.load(slot + i) * lanes.load(head.erase + i));
  });
  return cpu::sum_lanes(total);
}

// y = m (1 - w e) + w a  =>  grad_w += sum g (a - m e), grad_e -= w g m, grad_a += w g, and g becomes g (1 - w e)
void pull(const Head& head, Extent k, Real* grad) {
  const Real weight = head.weights[k];
  const Real* slot = head.old + k * head.width;
  if (head.grad_weights != nullptr) head.grad_weights[k] += pull_weight(head, slot, grad);
  for_packs(head.width, [&](Extent i, auto lanes) {
    const Pack weighted = weight * lanes.load(grad + i);
    if (head.grad_erase != nullptr) put<false>(lanes, head.grad_erase + i, -weighted * lanes.load(slot + i));
    if (head.grad_added != nullptr) put<false>(lanes, head.grad_added + i, weighted);
    lanes.store(grad + i, lanes.load(grad + i) - weighted * lanes.load(head.erase + i));
  });
}

class WriteItemsOp final : public Op {
 public:
  explicit WriteItemsOp(WriteTo to) : to_(to) {}

  std::string_view name() const override { return "write_items"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in,
              {"memory [B, N, D]", "kept Index [B, M, K]", "weights [B, M, K]", "erase [B, M, D]", "added [B, M, D]",
               "all weights? [B, M, N]"});
    return {in[kMemory]};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    const Shape& kept = in[kKept].shape;
    return {{kept.inserted(3, in[kMemory].shape[2]), Kind::kReal}};
  }

  /// A copy of the memory and of its gradient for one row of the batch, where backward may not change these themselves.
  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Shape& memory = in[kMemory].shape;
    return {{{2, to_ == WriteTo::kCopy ? memory[1] : 0, memory[2]}, Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    if (run.out[0].data != run.in[kMemory].data) copy(run.in[kMemory].real(), run.out[0].real(), run.out[0].size());
    const Shape& kept = run.in[kKept].shape();
    for (Extent b = 0; b < kept[0]; ++b) {
      for (Extent m = 0; m < kept[1]; ++m) {
        const Head head = head_of(run, b, m);
        for (Extent k = 0; k < head.kept; ++k) {
          const Index item = head.items[k];
          if (item < -1 || item >= head.slots) reject_index(name(), (b * kept[1] + m) * kept[2] + k, item, -1, head.slots);
          if (item >= 0) write(head, k, run.out[0].real() + (b * head.slots + item) * head.width);
        }
      }
    }
  }

  void restore(const OpRun& run) const override {
    const Shape& kept = run.in[kKept].shape();
    const Extent block = run.out[0].size() / std::max<Extent>(kept[0], 1);
    for (Extent b = 0; b < kept[0]; ++b) {
      for (Extent m = kept[1] - 1; m >= 0; --m) put_back(head_of(run, b, m), run.out[0].real() + b * block);
    }
  }

  void backward(const OpRun& run) const override {
    const Shape& kept = run.in[kKept].shape();
    const Extent block = run.out[0].size() / std::max<Extent>(kept[0], 1);
    for (Extent b = 0; b < kept[0]; ++b) {
      Real* memory = run.out[0].real() + b * block;
      Real* grad = run.grad_out[0].real() + b * block;
      if (to_ == WriteTo::kCopy) {
        Real* own = run.workspace[0].real();
        copy(memory, own, block);
        copy(grad, own + block, block);
        memory = own;
        grad = own + block;
      }
      for (Extent m = kept[1] - 1; m >= 0; --m) pull_head(head_of(run, b, m), memory, grad);
      if (to_ == WriteTo::kCopy && run.wants(kMemory)) {
        Real* target = run.grad_in[kMemory].real() + b * block;
        run.assigns(kMemory) ? copy(grad, target, block) : add_row(grad, target, block);
      }
    }
  }

  int overwrites() const override { return to_ == WriteTo::kPlace ? static_cast<int>(kMemory) : -1; }
  BackwardReads backward_reads() const override { return {1U << kKept | 1U << kWeights | 1U << kErase | 1U << kAdded, 1}; }
  bool can_assign(std::size_t input) const override { return input == kMemory; }

  double multiply_adds(std::span<const Type> in) const override {
    return 2 * static_cast<double>(in[kKept].shape.size() * in[kMemory].shape[2]);
  }

 private:
  // Backwards: a slot that was written twice ends with its oldest values.
  static void put_back(const Head& head, Real* memory) {
    for (Extent k = head.kept - 1; k >= 0; --k) {
      if (head.items[k] >= 0) copy(head.old + k * head.width, memory + head.items[k] * head.width, head.width);
    }
  }

  // Memory and gradient [N, D] after this head become those before it.
  static void pull_head(const Head& head, Real* memory, Real* grad) {
    for (Extent n = 0; head.grad_all != nullptr && n < head.slots; ++n) {
      if (std::find(head.items, head.items + head.kept, static_cast<Index>(n)) != head.items + head.kept) continue;
      head.grad_all[n] += pull_weight(head, memory + n * head.width, grad + n * head.width);
    }
    for (Extent k = head.kept - 1; k >= 0; --k) {
      if (head.items[k] >= 0) pull(head, k, grad + head.items[k] * head.width);
    }
    put_back(head, memory);
  }

  WriteTo to_;
};

}  // namespace

OpPointer make_write_items(WriteTo to) { return std::make_shared<WriteItemsOp>(to); }

}  // namespace fovea
