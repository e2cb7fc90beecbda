#include <algorithm>
#include <cmath>

#include "framework/core/error.h"
#include "framework/cpu/packs.h"
#include "framework/ops/loss.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

constexpr Extent kBits = 32;  // elements kept in one Index of scratch

Extent words_of(Extent width) { return (width + kBits - 1) / kBits; }

/// Whose random numbers drop elements.
enum class Drawn {
  kByRow,   // x [B, ...]: those of each row of the batch
  kByStep,  // a parameter, in rows of its first axis: the same for all rows of the batch
};

template <Drawn kDrawn>
class DropoutOp final : public Op {
 public:
  explicit DropoutOp(double rate)
      : factor_(static_cast<Real>(1 / (1 - rate))), threshold_(static_cast<std::uint64_t>(std::ldexp(rate, 32))) {
    if (!(rate >= 0 && rate < 1)) {
      throw Error("dropout", "a rate in [0, 1) was expected; " + std::to_string(rate) + " came; give such a rate.");
    }
  }

  std::string_view name() const override { return kDrawn == Drawn::kByRow ? "dropout" : "parameter_dropout"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    [[maybe_unused]] const Signature types(name(), in, {kDrawn == Drawn::kByRow ? "x [B, ...]" : "parameter [...]"});
    return {in[0]};
  }

  // One bit an element: 1 = kept.
  std::vector<Type> scratch(std::span<const Type> in) const override {
    return {Type{{rows_of(in[0].shape), words_of(width_of(in[0].shape))}, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    if (run.context->mode == Mode::kEvaluate) {
      copy(run.in[0].real(), run.out[0].real(), run.in[0].size());
      return;
    }
    const Extent rows = rows_of(run.in[0].shape());
    const Extent width = width_of(run.in[0].shape());
    Index* words = run.scratch[0].index();
    for (Extent row = 0; row < rows; ++row) {
      Rng rng = rng_of(run, row);
      for (Extent first = 0; first < width; first += kBits, ++words) {
        const Extent count = std::min(kBits, width - first);
        const std::uint32_t word = draw(rng, count);
        *words = static_cast<Index>(word);
        const Real* x = run.in[0].real() + row * width + first;
        Real* y = run.out[0].real() + row * width + first;
        for (Extent i = 0; i < count; ++i) y[i] = ((word >> i) & 1U) != 0 ? x[i] * factor_ : 0;
      }
    }
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    with_flag(run.assigns(0), [&](auto assign) {
      if (run.context->mode == Mode::kEvaluate) {
        for_packs(run.grad_in[0].size(), [&](Extent i, auto lanes) {
          put<assign>(lanes, run.grad_in[0].real() + i, lanes.load(run.grad_out[0].real() + i));
        });
      } else {
        pull<assign>(run);
      }
    });
  }

  BackwardReads backward_reads() const override { return {0, 0}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  // A vector is one row: a generator an element would be slow.
  static Extent rows_of(const Shape& shape) {
    const bool is_matrix = kDrawn == Drawn::kByRow || shape.rank() > 1;
    return is_matrix ? shape[0] : 1;
  }
  static Extent width_of(const Shape& shape) { return shape.size() / std::max<Extent>(rows_of(shape), 1); }

  static Rng rng_of(const OpRun& run, Extent row) {
    if constexpr (kDrawn == Drawn::kByRow) return run.rng(row);
    return Rng({run.context->seed, run.stream, run.context->step, static_cast<std::uint32_t>(row), run.time});
  }

  std::uint32_t draw(Rng& rng, Extent count) const {
    std::uint32_t word = 0;
    for (Extent i = 0; i < count; ++i) word |= static_cast<std::uint32_t>(rng.bits() >= threshold_) << i;
    return word;
  }

  template <bool assign>
  void pull(const OpRun& run) const {
    const Extent rows = rows_of(run.grad_in[0].shape());
    const Extent width = width_of(run.grad_in[0].shape());
    const Index* words = run.scratch[0].index();
    for (Extent row = 0; row < rows; ++row) {
      for (Extent first = 0; first < width; first += kBits, ++words) {
        const auto word = static_cast<std::uint32_t>(*words);
        const Extent count = std::min(kBits, width - first);
        const Real* from = run.grad_out[0].real() + row * width + first;
        Real* to = run.grad_in[0].real() + row * width + first;
        for (Extent i = 0; i < count; ++i) {
          const Real part = ((word >> i) & 1U) != 0 ? from[i] * factor_ : 0;
          to[i] = assign ? part : to[i] + part;
        }
      }
    }
  }

  Real factor_;
  std::uint64_t threshold_;
};

}  // namespace

OpPointer make_dropout(double rate) { return std::make_shared<DropoutOp<Drawn::kByRow>>(rate); }
OpPointer make_parameter_dropout(double rate) { return std::make_shared<DropoutOp<Drawn::kByStep>>(rate); }

}  // namespace fovea
