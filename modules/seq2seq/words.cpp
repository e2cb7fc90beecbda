#include "modules/seq2seq/words.h"

#include <algorithm>

#include "framework/cpu/row_math.h"
#include "framework/ops/signature.h"

namespace fovea::seq2seq {
namespace {

class WordMask final : public Op {
 public:
  std::string_view name() const override { return "word_mask"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_index(name(), in[0], "words");
    return {in[0]};
  }
  void forward(const OpRun& run) const override {
    const Index* words = run.in[0].index();
    std::transform(words, words + run.in[0].size(), run.out[0].index(), [](Index word) { return Index{word > 0 ? 1 : 0}; });
  }
};

class TurnAround final : public Op {
 public:
  std::string_view name() const override { return "turn_around"; }
  BackwardReads backward_reads() const override { return {0b10, 0}; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [T, B, D]", "mask Index [B, T]"});
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    for_each_item(run, [&](Extent from, Extent to, Extent width) {
      std::copy_n(run.in[0].real() + from, width, run.out[0].real() + to);
    });
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    for_each_item(run, [&](Extent from, Extent to, Extent width) {
      const auto size = static_cast<std::size_t>(width);
      cpu::add({run.grad_out[0].real() + to, size}, {run.grad_in[0].real() + from, size});
    });
  }

 private:
  /// Calls body(place in x, place in y, width) for all items.
  template <class Body>
  static void for_each_item(const OpRun& run, const Body& body) {
    const Shape& mask = run.in[1].shape();  // [B, T]
    const Extent width = run.out[0].shape()[2];
    for (Extent b = 0; b < mask[0]; ++b) {
      const Index* row = run.in[1].index() + b * mask[1];
      const Extent length = std::find(row, row + mask[1], 0) - row;
      for (Extent t = 0; t < mask[1]; ++t) {
        const Extent other = t < length ? length - 1 - t : t;
        body((t * mask[0] + b) * width, (other * mask[0] + b) * width, width);
      }
    }
  }
};

class TeacherWords final : public Op {
 public:
  explicit TeacherWords(Index start) : start_(start) {}

  std::string_view name() const override { return "teacher_words"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"targets Index [B, M]"});
    return {types.type("Index [M, B]")};
  }

  void forward(const OpRun& run) const override {
    const Shape& targets = run.in[0].shape();
    for (Extent m = 0; m < targets[1]; ++m) {
      for (Extent b = 0; b < targets[0]; ++b) {
        const Index word = m == 0 ? start_ : run.in[0].index()[b * targets[1] + m - 1];
        run.out[0].index()[m * targets[0] + b] = word < 0 ? start_ : word;
      }
    }
  }

 private:
  Index start_;
};

class RepeatWords final : public Op {
 public:
  std::string_view name() const override { return "repeat_words"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"words Index [B, M]", "like any [B, M, N, ...]"});
    return {types.type("Index [B, M, N]")};
  }

  void forward(const OpRun& run) const override {
    const Extent items = run.out[0].shape()[2];
    for (Extent word = 0; word < run.in[0].size(); ++word) {
      std::fill_n(run.out[0].index() + word * items, items, run.in[0].index()[word]);
    }
  }
};

class WordAccuracyOp final : public Op {
 public:
  std::string_view name() const override { return "word_accuracy"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"scores [M, B, V]", "targets Index [B, M]"});
    return {types.type("[B]"), types.type("[B]")};
  }

  void forward(const OpRun& run) const override {
    const Shape& scores = run.in[0].shape();
    for (Extent b = 0; b < scores[1]; ++b) {
      Extent right = 0;
      for (Extent m = 0; m < scores[0]; ++m) {
        const Real* row = run.in[0].real() + (m * scores[1] + b) * scores[2];
        const Index target = run.in[1].index()[b * scores[0] + m];
        right += target < 0 || std::max_element(row, row + scores[2]) - row == target ? 1 : 0;
      }
      run.out[0].real()[b] = right == scores[0] ? Real(1) : Real(0);
      run.out[1].real()[b] = static_cast<Real>(right) / static_cast<Real>(scores[0]);
    }
  }
};

}  // namespace

Value word_mask(Value words, At at) { return innermost({words}, at).add(std::make_shared<WordMask>(), {words}, "", at); }

Value turn_around(Value x, Value mask, At at) {
  return innermost({x, mask}, at).add(std::make_shared<TurnAround>(), {x, mask}, "", at);
}

Value teacher_words(Value targets, Index start, At at) {
  return innermost({targets}, at).add(std::make_shared<TeacherWords>(start), {targets}, "", at);
}

Value repeat_words(Value words, Value like, At at) {
  return innermost({words, like}, at).add(std::make_shared<RepeatWords>(), {words, like}, "", at);
}

WordAccuracy word_accuracy(Value scores, Value targets, At at) {
  const auto out = innermost({scores, targets}, at).add_all(std::make_shared<WordAccuracyOp>(), {scores, targets}, "", at);
  return {out[0], out[1]};
}

}  // namespace fovea::seq2seq
