#include <algorithm>
#include <cmath>

#include "modules/program/machine_op.h"

namespace fovea::program {
namespace {

class CopiesOp : public Op {
 public:
  explicit CopiesOp(Extent copies) : copies_(copies) {}
  bool is_differentiable() const final { return false; }

 protected:
  Extent copies() const { return copies_; }
  void require_copies(const Type& type) const {
    if (type.shape.rank() >= 1 && type.shape[0] % copies_ == 0) return;
    reject(name(), "rows in groups of " + std::to_string(copies_) + " were expected; " + describe("rows", type) +
                       " came; repeat the rows of the batch first.");
  }

 private:
  Extent copies_;
};

class SamplingNoise final : public CopiesOp {
 public:
  using CopiesOp::CopiesOp;
  std::string_view name() const override { return "sampling_noise"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_copies(in[0]);
    return {{in[0].shape.inserted(1, 1), Kind::kReal}};
  }

  // -log(-log u)
  void forward(const OpRun& run) const override {
    const Extent items = run.in[0].shape()[1];
    Real* out = run.out[0].real();
    for (Extent row = 0; row < run.in[0].shape()[0]; ++row) {
      Rng rng = run.rng(row);
      for (Extent n = 0; n < items; ++n) {
        *out++ = row % copies() == 0 ? Real(0) : static_cast<Real>(-std::log(-std::log(rng.uniform())));
      }
    }
  }
};

class Cheapest final : public CopiesOp {
 public:
  using CopiesOp::CopiesOp;
  std::string_view name() const override { return "cheapest"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_index(name(), in[0], "programs");
    require_copies(in[0]);
    return {{in[0].shape.with(0, in[0].shape[0] / copies()), Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const Extent rows = run.out[0].shape()[0];
    const Extent width = run.out[0].size() / std::max<Extent>(rows, 1);
    for (Extent b = 0; b < rows; ++b) {
      const Real* prices = run.in[1].real() + b * copies();
      const Extent best = std::min_element(prices, prices + copies()) - prices;
      std::copy_n(run.in[0].index() + (b * copies() + best) * width, width, run.out[0].index() + b * width);
    }
  }
};

class Repeated final : public CopiesOp {
 public:
  using CopiesOp::CopiesOp;
  std::string_view name() const override { return "repeated"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_index(name(), in[0], "rows");
    return {{in[0].shape.with(0, in[0].shape[0] * copies()), Kind::kIndex}};
  }

  void forward(const OpRun& run) const override {
    const Extent rows = run.in[0].shape()[0];
    const Extent width = run.in[0].size() / std::max<Extent>(rows, 1);
    for (Extent row = 0; row < rows * copies(); ++row) {
      std::copy_n(run.in[0].index() + row / copies() * width, width, run.out[0].index() + row * width);
    }
  }
};

}  // namespace

Value sampling_noise(Value legal, Extent copies, At at) {
  return innermost({legal}, at).add(std::make_shared<SamplingNoise>(copies), {legal}, "", at);
}

Value cheapest(Value programs, Value prices, Extent copies, At at) {
  return innermost({programs, prices}, at).add(std::make_shared<Cheapest>(copies), {programs, prices}, "", at);
}

Value repeated(Value rows, Extent copies, At at) {
  return innermost({rows}, at).add(std::make_shared<Repeated>(copies), {rows}, "", at);
}

}  // namespace fovea::program
