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

class DropoutOp final : public Op {
 public:
  explicit DropoutOp(double rate)
      : factor_(static_cast<Real>(1 / (1 - rate))), threshold_(static_cast<std::uint64_t>(std::ldexp(rate, 32))) {
    if (!(rate >= 0 && rate < 1)) {
      throw Error("dropout", "a rate in [0, 1) was expected; " + std::to_string(rate) + " came; give such a rate.");
    }
  }

  std::string_view name() const override { return "dropout"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"x [B, ...]"});
    return {in[0]};
  }

  // One bit an element: 1 = kept.
  std::vector<Type> scratch(std::span<const Type> in) const override {
    const Shape& x = in[0].shape;
    return {Type{{x[0], words_of(extent_of(x, 1, x.rank()))}, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    if (run.context->mode == Mode::kEvaluate) {
      copy(run.in[0].real(), run.out[0].real(), run.in[0].size());
      return;
    }
    const Extent rows = run.in[0].shape()[0];
    const Extent width = run.in[0].size() / std::max<Extent>(rows, 1);
    Index* words = run.scratch[0].index();
    for (Extent row = 0; row < rows; ++row) {
      Rng rng = run.rng(row);
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
  std::uint32_t draw(Rng& rng, Extent count) const {
    std::uint32_t word = 0;
    for (Extent i = 0; i < count; ++i) word |= static_cast<std::uint32_t>(rng.bits() >= threshold_) << i;
    return word;
  }

  template <bool assign>
  void pull(const OpRun& run) const {
    const Extent rows = run.grad_in[0].shape()[0];
    const Extent width = run.grad_in[0].size() / std::max<Extent>(rows, 1);
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

OpPointer make_dropout(double rate) { return std::make_shared<DropoutOp>(rate); }

}  // namespace fovea
