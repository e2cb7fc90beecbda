#include "modules/memory/entnet/entity_memory.h"

#include <array>
#include <numeric>

#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"
#include "modules/memory/entnet/entity_memory_kernel.h"

namespace fovea {
namespace {

using Inputs = EntityMemoryInputs;

constexpr Extent kTile = 8;  // rows of the batch that are one product

struct EntityPrepared final : Prepared {
  Extent rows = 0;   // B
  Extent steps = 0;  // T
  Extent slots = 0;  // N
  Extent width = 0;  // D
  // By the number of rows, 1 .. kTile: inner = states U^T; grad_states += grad_inner U; grad_U += grad_inner^T states
  std::array<cpu::Gemm, kTile + 1> forward, grad_states, grad_weight;

  Extent block() const { return slots * width; }  // of one row
};

enum Scratch : std::size_t { kAfter, kInner, kGates, kNorms, kOrder, kCounts, kAllowed };
enum Workspace : std::size_t { kStart, kTransposed, kGrad, kGradInner, kSink };

/// A tile of rows, ordered by their number of sentences: at step k the first active(k) of them take part.
struct Tile {
  const EntityPrepared& plan;
  const OpRun& run;
  Extent first = 0;  // in the order of rows
  Extent rows = 0;

  Extent row(Extent r) const { return run.scratch[kOrder].index()[first + r]; }
  Extent count(Extent r) const { return run.scratch[kCounts].index()[row(r)]; }
  Extent steps() const { return count(0); }
  Extent active(Extent k) const {
    Extent r = 0;
    while (r < rows && count(r) > k) ++r;
    return r;
  }
  /// The number in [0, B T) of the k-th allowed sentence of a row.
  Extent sentence(Extent r, Extent k) const {
    return row(r) * plan.steps + run.scratch[kAllowed].index()[row(r) * plan.steps + k];
  }
  // What one step left: rows of the tile side by side.
  Extent at(Extent k) const { return first * plan.steps + k * rows; }
  Real* after(Extent k) const { return run.scratch[kAfter].real() + at(k) * plan.block(); }
  Real* inner(Extent k) const { return run.scratch[kInner].real() + at(k) * plan.block(); }
  Real* gates(Extent k) const { return run.scratch[kGates].real() + at(k) * plan.slots; }
  Real* norms(Extent k) const { return run.scratch[kNorms].real() + at(k) * plan.slots; }
  const Real* before(Extent k) const { return k == 0 ? run.workspace[kStart].real() : after(k - 1); }

  const Real* in(std::size_t input, Extent row_number = 0) const { return run.in[input].real() + row_number * plan.width; }
  Real* work(Workspace which) const { return run.workspace[which].real(); }
};

template <class Body>
void each_tile(const EntityPrepared& plan, const OpRun& run, Body body) {
  for (Extent first = 0; first < plan.rows; first += kTile) {
    body(Tile{plan, run, first, std::min(kTile, plan.rows - first)});
  }
}

// Which sentences are allowed, and rows ordered by their number: the longest first, so that active rows come first.
void order_rows(const EntityPrepared& plan, const OpRun& run) {
  const Index* mask = run.in[Inputs::kMask].index();
  Index* order = run.scratch[kOrder].index();
  Index* counts = run.scratch[kCounts].index();
  for (Extent b = 0; b < plan.rows; ++b) {
    Index* allowed = run.scratch[kAllowed].index() + b * plan.steps;
    counts[b] = 0;
    for (Extent t = 0; t < plan.steps; ++t) {
      if (mask[b * plan.steps + t] != 0) allowed[counts[b]++] = static_cast<Index>(t);
    }
  }
  std::iota(order, order + plan.rows, Index{0});
  std::sort(order, order + plan.rows,
            [=](Index a, Index b) { return counts[a] != counts[b] ? counts[a] > counts[b] : a < b; });
}

// The states before the first sentence, for each row of a tile.
void fill_start(const EntityPrepared& plan, const OpRun& run) {
  for (Extent r = 0; r < kTile; ++r) {
    copy(run.in[Inputs::kInitial].real(), run.workspace[kStart].real() + r * plan.block(), plan.block());
  }
}

void step_forward(const Tile& tile, Extent k) {
  const EntityPrepared& plan = tile.plan;
  const Extent rows = tile.active(k);
  const Real* before = tile.before(k);
  plan.forward[rows](before, tile.work(kTransposed), tile.inner(k));
  Real* gates = tile.gates(k);
  for (Extent i = 0; i < rows * plan.slots; ++i) {
    const Real* sentence = tile.in(Inputs::kSentences, tile.sentence(i / plan.slots, k));
    gates[i] = gate_score(sentence, before + i * plan.width, tile.in(Inputs::kKeys, i % plan.slots), plan.width);
  }
  const std::span<Real> all(gates, static_cast<std::size_t>(rows * plan.slots));
  cpu::sigmoid(all, all);
  for (Extent i = 0; i < rows * plan.slots; ++i) {
    const SlotUpdate update{.state = before + i * plan.width,
                            .key_term = tile.in(Inputs::kKeyTerms, i % plan.slots),
                            .sentence_term = tile.in(Inputs::kSentenceTerms, tile.sentence(i / plan.slots, k)),
                            .gate = gates[i],
                            .slope = *tile.in(Inputs::kSlope)};
    const Extent at = i * plan.width;
    tile.norms(k)[i] = update_slot(update, tile.inner(k) + at, tile.after(k) + at, plan.width);
  }
}

/// Gradients that are not wanted go to a sink.
struct Gradients {
  Real* of[Inputs::kCount] = {};
  bool wanted[Inputs::kCount] = {};
  Pack slope{};

  explicit Gradients(const OpRun& run) {
    for (std::size_t i = 0; i < Inputs::kCount; ++i) {
      if (i == Inputs::kMask) continue;
      wanted[i] = run.wants(i);
      of[i] = wanted[i] ? run.grad_in[i].real() : run.workspace[kSink].real();
    }
  }
  Real* sentence(std::size_t input, Extent offset) const { return of[input] + (wanted[input] ? offset : 0); }
};

void step_backward(const Tile& tile, Extent k, Gradients& to) {
  const EntityPrepared& plan = tile.plan;
  const Extent rows = tile.active(k);
  const Real* before = tile.before(k);
  Real* grad_inner = tile.work(kGradInner);
  for (Extent i = 0; i < rows * plan.slots; ++i) {
    const Extent at = i * plan.width;
    const Extent slot = i % plan.slots * plan.width;
    const Extent sentence = tile.sentence(i / plan.slots, k) * plan.width;
    Real* grad = tile.work(kGrad) + at;
    const Real gate = tile.gates(k)[i];
    const SlotRead read{tile.inner(k) + at, tile.after(k) + at, gate, tile.norms(k)[i], *tile.in(Inputs::kSlope)};
    SlotSums sums{to.of[Inputs::kKeyTerms] + slot, to.sentence(Inputs::kSentenceTerms, sentence), to.slope};
    const Real grad_gate = update_slot_backward(read, grad, grad_inner + at, sums, plan.width);
    to.slope = sums.slope;
    const ScoreGradients score{grad, to.of[Inputs::kKeys] + slot, to.sentence(Inputs::kSentences, sentence)};
    const ScoreInputs inputs{tile.in(Inputs::kSentences) + sentence, before + at, tile.in(Inputs::kKeys) + slot};
    gate_score_backward(inputs, grad_gate * gate * (1 - gate), score, plan.width);
  }
  const auto number = static_cast<std::size_t>(rows);
  plan.grad_states[number](grad_inner, tile.in(Inputs::kWeight), tile.work(kGrad));
  if (to.wanted[Inputs::kWeight]) plan.grad_weight[number](grad_inner, before, to.of[Inputs::kWeight]);
}

class EntityMemoryOp final : public Op {
 public:
  explicit EntityMemoryOp(cpu::Products products) : products_(products) {}

  std::string_view name() const override { return "entity_memory"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in,
                          {"sentences [B, T, D]", "sentence terms [B, T, D]", "mask Index [B, T]", "initial [N, D]",
                           "keys [N, D]", "key terms [N, D]", "weight [D, D]", "slope [1]"});
    return {types.type("[B, N, D]")};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    const Shape& sentences = in[Inputs::kSentences].shape;
    const Extent slots = in[Inputs::kInitial].shape[0];
    const Type states{{sentences[0], sentences[1], slots, sentences[2]}, Kind::kReal};
    const Type scalars{{sentences[0], sentences[1], slots}, Kind::kReal};
    const Type rows{{sentences[0]}, Kind::kIndex};
    return {states, states, scalars, scalars, rows, rows, {{sentences[0], sentences[1]}, Kind::kIndex}};
  }

  std::vector<Type> workspace(std::span<const Type> in) const override {
    const Extent width = in[Inputs::kSentences].shape.last();
    const Type tile{{kTile, in[Inputs::kInitial].shape[0], width}, Kind::kReal};
    return {tile, {{width, width}}, tile, tile, in[Inputs::kInitial]};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    auto plan = std::make_shared<EntityPrepared>();
    const Shape& sentences = in[Inputs::kSentences].shape;
    plan->rows = sentences[0];
    plan->steps = sentences[1];
    plan->slots = in[Inputs::kInitial].shape[0];
    plan->width = sentences[2];
    const Extent d = plan->width;
    for (std::size_t rows = 1; rows <= kTile; ++rows) {
      const Extent m = static_cast<Extent>(rows) * plan->slots;
      plan->forward[rows] = cpu::Gemm({.m = m, .n = d, .k = d, .products = products_});
      plan->grad_states[rows] = cpu::Gemm({.m = m, .n = d, .k = d, .accumulate = true, .products = products_});
      plan->grad_weight[rows] =
          cpu::Gemm({.m = d, .n = d, .k = m, .transpose_a = true, .accumulate = true, .products = products_});
    }
    return plan;
  }

  void forward(const OpRun& run) const override {
    const auto& plan = *static_cast<const EntityPrepared*>(run.prepared);
    order_rows(plan, run);
    fill_start(plan, run);
    const Real* weight = run.in[Inputs::kWeight].real();
    Real* transposed = run.workspace[kTransposed].real();
    for (Extent i = 0; i < plan.width * plan.width; ++i) {
      transposed[i % plan.width * plan.width + i / plan.width] = weight[i];
    }
    each_tile(plan, run, [&](const Tile& tile) {
      for (Extent k = 0; k < tile.steps(); ++k) step_forward(tile, k);
      for (Extent r = 0; r < tile.rows; ++r) {
        const Real* last = tile.before(tile.count(r)) + r * plan.block();
        copy(last, run.out[0].real() + tile.row(r) * plan.block(), plan.block());
      }
    });
  }

  void backward(const OpRun& run) const override {
    const auto& plan = *static_cast<const EntityPrepared*>(run.prepared);
    fill_start(plan, run);
    clear(run.workspace[kSink].real(), run.workspace[kSink].size());
    Gradients to(run);
    each_tile(plan, run, [&](const Tile& tile) {
      for (Extent r = 0; r < tile.rows; ++r) {
        copy(run.grad_out[0].real() + tile.row(r) * plan.block(), tile.work(kGrad) + r * plan.block(), plan.block());
      }
      for (Extent k = tile.steps() - 1; k >= 0; --k) step_backward(tile, k, to);
      for (Extent r = 0; r < tile.rows; ++r) {
        add_row(tile.work(kGrad) + r * plan.block(), to.of[Inputs::kInitial], plan.block());
      }
    });
    if (to.wanted[Inputs::kSlope]) *to.of[Inputs::kSlope] += cpu::sum_lanes(to.slope);
  }

  BackwardReads backward_reads() const override { return {(1U << Inputs::kCount) - 1U, 0}; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[Inputs::kSentences].shape.size()) * static_cast<double>(in[Inputs::kInitial].shape.size());
  }

 private:
  cpu::Products products_;
};

}  // namespace

OpPointer make_entity_memory(cpu::Products products) { return std::make_shared<EntityMemoryOp>(products); }

}  // namespace fovea
