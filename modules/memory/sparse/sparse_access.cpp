#include "modules/memory/sparse/sparse_access.h"

#include <algorithm>

#include "framework/core/span.h"
#include "framework/cpu/packs.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"
#include "modules/memory/sparse/sparse_words.h"

namespace fovea {
namespace {

enum Input : std::size_t { kQuery, kAdded, kSharpness, kWriteGate, kReuse, kBefore, kKeptBefore };
enum Output : std::size_t { kRead, kWeights, kKept, kEmptied };

/// One memory for each row of the batch.
struct SparseState final : OpState {
  std::vector<std::unique_ptr<SparseWords>> rows;
};

/// One head of one row: what it takes and what it gives.
struct Head {
  Extent number, width, kept;
  SparseWords& words;
  const OpRun& run;

  Real* real(std::span<const Tensor> tensors, std::size_t i, Extent size) const {
    return i < tensors.size() && tensors[i] ? tensors[i].real() + number * size : nullptr;
  }
  std::span<const Real> vector(std::size_t input) const { return span_of(real(run.in, input, width), width); }
  Real number_of(std::size_t input) const { return run.in[input].real()[number]; }
  const Index* kept_before() const { return run.in[kKeptBefore].index() + number * kept; }
  const Real* before() const { return real(run.in, kBefore, kept); }
  Index* kept_now() const { return run.out[kKept].index() + number * kept; }
  Real* weights() const { return real(run.out, kWeights, kept); }
  Index& emptied() const { return run.out[kEmptied].index()[number]; }
  /// What was written over: the emptied word, then those that were read before.
  Real* old(Extent place) const { return run.scratch[0].real() + (number * (kept + 1) + place) * width; }
};

class SparseAccessOp final : public Op {
 public:
  explicit SparseAccessOp(const SparseAccess& options) : options_(options) {}

  std::string_view name() const override { return "sparse_access"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in,
                          {"query [B, H, D]", "added [B, H, D]", "sharpness [B, H]", "write_gate [B, H]", "reuse [B, H]",
                           "weights before [B, H, K]", "kept before Index [B, H, K]"});
    types.require(types["K"] == options_.kept);
    if (options_.kept > options_.slots) {
      reject(name(), std::to_string(options_.kept) + " words cannot be kept of " + std::to_string(options_.slots) +
                         "; give at least as many slots.");
    }
    return {in[kQuery], types.type("[B, H, K]"), types.type("Index [B, H, K]"), types.type("Index [B, H]")};
  }

  std::vector<Type> scratch(std::span<const Type> in) const override {
    const Shape& query = in[kQuery].shape;
    return {{query.with(2, options_.kept + 1).inserted(3, query[2]), Kind::kReal}};
  }

  std::shared_ptr<OpState> make_state(std::span<const Type> in) const override {
    auto state = std::make_shared<SparseState>();
    for (Extent b = 0; b < in[kQuery].shape[0]; ++b) {
      state->rows.push_back(std::make_unique<SparseWords>(options_, in[kQuery].shape[2]));
    }
    return state;
  }

  void forward(const OpRun& run) const override {
    const Shape& query = run.in[kQuery].shape();
    std::vector<SparseWords*> rows = rows_of(run);
    cpu::parallel_for(query[0], [&](Extent b) {
      SparseWords& words = *rows[b];
      if (run.time == 0) words.reset();
      for (Extent h = 0; h < query[1]; ++h) write({b * query[1] + h, query[2], options_.kept, words, run});
      for (Extent h = 0; h < query[1]; ++h) read({b * query[1] + h, query[2], options_.kept, words, run});
    });
    Counters done;
    for (SparseWords* words : rows) done.scored_pairs += static_cast<std::uint64_t>(words->take_scored());
    done.gathered_rows = static_cast<std::uint64_t>(run.out[kKept].size());
    run.count(done);
  }

  void backward(const OpRun& run) const override {
    const Shape& query = run.in[kQuery].shape();
    std::vector<SparseWords*> rows = rows_of(run);
    cpu::parallel_for(query[0], [&](Extent b) {
      SparseWords& words = *rows[b];
      words.prepare_gradients();
      for (Extent h = query[1] - 1; h >= 0; --h) pull_read({b * query[1] + h, query[2], options_.kept, words, run});
      for (Extent h = query[1] - 1; h >= 0; --h) pull_write({b * query[1] + h, query[2], options_.kept, words, run});
    });
    run.count({.gathered_rows_backward = static_cast<std::uint64_t>(run.out[kKept].size())});
  }

  BackwardReads backward_reads() const override { return {~0U, 1U << kWeights | 1U << kKept | 1U << kEmptied}; }

  double multiply_adds(std::span<const Type> in) const override {
    return 4 * static_cast<double>(in[kBefore].shape.size() * in[kQuery].shape[2]);
  }

 private:
  static std::vector<SparseWords*> rows_of(const OpRun& run) {
    std::vector<SparseWords*> rows;
    for (const auto& row : static_cast<SparseState*>(run.state)->rows) rows.push_back(row.get());
    return rows;
  }

  void write(const Head& head) const {
    const Index least = head.words.order().least();
    head.emptied() = least;
    save(head, 0, least);
    clear(head.words.word(least), head.width);
    add_word(head, least, head.number_of(kWriteGate) * (1 - head.number_of(kReuse)));
    for (Extent k = 0; k < head.kept; ++k) {
      const Index slot = head.kept_before()[k];
      if (slot < 0) continue;
      save(head, k + 1, slot);
      add_word(head, slot, head.number_of(kWriteGate) * head.number_of(kReuse) * head.before()[k]);
    }
  }

  static void save(const Head& head, Extent place, Index slot) {
    head.words.touch(slot);
    copy(head.words.word(slot), head.old(place), head.width);
  }

  void add_word(const Head& head, Index slot, Real weight) const {
    cpu::add_scaled(weight, head.vector(kAdded), {head.words.word(slot), head.vector(kAdded).size()});
    head.words.wrote(slot);
    access(head, slot, weight);
  }

  void access(const Head& head, Index slot, Real weight) const {
    if (weight > static_cast<Real>(options_.least_access)) head.words.order().touch(slot);
  }

  void read(const Head& head) const {
    const FoundSlots found = head.words.search(head.vector(kQuery), head.kept, head.number_of(kSharpness));
    put_in_order(found, head.kept_now(), head.weights());
    std::fill(head.kept_now() + found.count, head.kept_now() + head.kept, -1);
    std::fill(head.weights() + found.count, head.weights() + head.kept, Real(0));
    Real* read = head.real(head.run.out, kRead, head.width);
    clear(read, head.width);
    for (Extent k = 0; k < found.count; ++k) {
      const Index slot = head.kept_now()[k];
      head.words.touch(slot);
      cpu::add_scaled(head.weights()[k], word(head, slot), {read, head.vector(kQuery).size()});
      access(head, slot, head.weights()[k]);
    }
  }

  static std::span<const Real> word(const Head& head, Index slot) { return span_of(head.words.word(slot), head.width); }

  // read = sum w_k M_k, w = softmax(sharpness s)  =>  g_k = grad_read . M_k + grad_w_k, grad of sharpness s_k: w_k (g_k -
  // sum w g)
  void pull_read(const Head& head) const {
    const std::span<const Real> grad = span_of(head.real(head.run.grad_out, kRead, head.width), head.width);
    const Real* grad_weights = head.real(head.run.grad_out, kWeights, head.kept);
    const auto pull_of = [&](Extent k) { return cpu::dot(grad, word(head, head.kept_now()[k])) + grad_weights[k]; };
    Real mean = 0;
    for (Extent k = 0; k < head.kept; ++k) {
      if (head.kept_now()[k] >= 0) mean += head.weights()[k] * pull_of(k);
    }
    Real* grad_sharpness = head.real(head.run.grad_in, kSharpness, 1);
    for (Extent k = 0; k < head.kept; ++k) {
      const Index slot = head.kept_now()[k];
      if (slot < 0) continue;
      const Real grad_score = head.weights()[k] * (pull_of(k) - mean);
      Real* grad_word = head.words.gradient(slot);
      if (grad_sharpness != nullptr) {
        *grad_sharpness += grad_score * score_of(options_.rule, head.vector(kQuery), word(head, slot));
      }
      pull_score(options_.rule, head.vector(kQuery), word(head, slot), grad_score * head.number_of(kSharpness),
                 {head.real(head.run.grad_in, kQuery, head.width), grad_word});
      cpu::add_scaled(head.weights()[k], grad, {grad_word, grad.size()});
    }
  }

  // M_n += c a, c = gate reuse w_n; M_u = gate (1 - reuse) a: backwards, and the old words come back.
  void pull_write(const Head& head) const {
    const Real gate = head.number_of(kWriteGate);
    const Real reuse = head.number_of(kReuse);
    Real* grad_before = head.real(head.run.grad_in, kBefore, head.kept);
    Real grad_gate = 0;
    Real grad_reuse = 0;
    for (Extent k = head.kept - 1; k >= 0; --k) {
      const Index slot = head.kept_before()[k];
      if (slot < 0) continue;
      const Real weight = head.before()[k];
      const Real pull = pull_added(head, slot, gate * reuse * weight);
      if (grad_before != nullptr) grad_before[k] += gate * reuse * pull;
      grad_gate += reuse * weight * pull;
      grad_reuse += gate * weight * pull;
      copy(head.old(k + 1), head.words.word(slot), head.width);
    }
    const Real pull = pull_added(head, head.emptied(), gate * (1 - reuse));
    grad_gate += (1 - reuse) * pull;
    grad_reuse -= gate * pull;
    clear(head.words.gradient(head.emptied()), head.width);
    copy(head.old(0), head.words.word(head.emptied()), head.width);
    if (Real* to = head.real(head.run.grad_in, kWriteGate, 1); to != nullptr) *to += grad_gate;
    if (Real* to = head.real(head.run.grad_in, kReuse, 1); to != nullptr) *to += grad_reuse;
  }

  /// Adds to the gradient of what was added; returns that of the weight with which it was added.
  static Real pull_added(const Head& head, Index slot, Real weight) {
    const std::span<const Real> grad = span_of(head.words.gradient(slot), head.width);
    Real* to = head.real(head.run.grad_in, kAdded, head.width);
    if (to != nullptr) cpu::add_scaled(weight, grad, {to, grad.size()});
    return cpu::dot(grad, head.vector(kAdded));
  }

  SparseAccess options_;
};

}  // namespace

OpPointer make_sparse_access(const SparseAccess& options) { return std::make_shared<SparseAccessOp>(options); }

}  // namespace fovea
