#include "framework/ops/indices.h"

#include <algorithm>

#include "framework/cpu/packs.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

// The parts that all ops of this file have in common.
class IndexOp : public Op {
 public:
  bool is_differentiable() const final { return false; }
  BackwardReads backward_reads() const final { return {0, 0}; }
};

class OneHotOp final : public IndexOp {
 public:
  explicit OneHotOp(Extent classes) : classes_(classes) {}

  std::string_view name() const override { return "one_hot"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, classes_ == 0 ? 2 : 1);
    require_index(name(), in[0], "indices");
    const Extent width = classes_ == 0 ? in[1].shape.last() : classes_;
    return {Type{in[0].shape.inserted(in[0].shape.rank(), width), Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    const Extent width = run.out[0].shape().last();
    const Index* indices = run.in[0].index();
    Real* out = run.out[0].real();
    clear(out, run.out[0].size());
    for (Extent row = 0; row < run.in[0].size(); ++row, out += width) {
      if (indices[row] < -1 || indices[row] >= width) reject_index(name(), row, indices[row], -1, width);
      if (indices[row] >= 0) out[indices[row]] = 1;
    }
  }

 private:
  Extent classes_;
};

class MarkUsedOp final : public IndexOp {
 public:
  std::string_view name() const override { return "mark_used"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"mask Index [B, N]", "index Index [B]"});
    return {in[0]};
  }

  void forward(const OpRun& run) const override {
    const Extent width = run.in[0].shape()[1];
    const Index* index = run.in[1].index();
    Index* out = run.out[0].index();
    std::copy_n(run.in[0].index(), run.in[0].size(), out);
    for (Extent row = 0; row < run.in[1].size(); ++row, out += width) {
      if (index[row] < -1 || index[row] >= width) reject_index(name(), row, index[row], -1, width);
      if (index[row] >= 0) out[index[row]] = 0;
    }
  }
};

class ArgmaxOp final : public IndexOp {
 public:
  std::string_view name() const override { return "argmax"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"x [..., N]", "mask? Index [..., N]"});
    return {types.type("Index [...]")};
  }

  void forward(const OpRun& run) const override {
    const Extent width = run.in[0].shape().last();
    const Real* x = run.in[0].real();
    const Index* mask = run.in.size() == 2 ? run.in[1].index() : nullptr;
    for (Extent row = 0; row < run.out[0].size(); ++row, x += width) {
      Extent best = -1;
      for (Extent i = 0; i < width; ++i) {
        if (mask != nullptr && mask[row * width + i] == 0) continue;
        if (best < 0 || x[i] > x[best]) best = i;
      }
      run.out[0].index()[row] = static_cast<Index>(best);
    }
  }
};

class EqualOp final : public IndexOp {
 public:
  std::string_view name() const override { return "equal"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"a Index [...]", "b Index [...]"});
    return {types.type("[...]")};
  }

  void forward(const OpRun& run) const override {
    const Index* a = run.in[0].index();
    const Index* b = run.in[1].index();
    Real* out = run.out[0].real();
    for (Extent i = 0; i < run.out[0].size(); ++i) out[i] = a[i] == b[i] ? 1 : 0;
  }
};

class SameSegmentOp final : public IndexOp {
 public:
  std::string_view name() const override { return "same_segment"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"a Index [B, M]", "b Index [B, N]"});
    return {types.type("Index [B, M, N]")};
  }

  void forward(const OpRun& run) const override {
    const Shape& shape = run.out[0].shape();
    Index* out = run.out[0].index();
    for (Extent row = 0; row < shape[0] * shape[1]; ++row) {
      const Index a = run.in[0].index()[row];
      const Index* b = run.in[1].index() + row / shape[1] * shape[2];
      for (Extent n = 0; n < shape[2]; ++n) *out++ = static_cast<Index>(a >= 0 && a == b[n]);
    }
  }
};

class ToRealOp final : public IndexOp {
 public:
  std::string_view name() const override { return "to_real"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"x Index [...]"});
    return {types.type("[...]")};
  }

  void forward(const OpRun& run) const override {
    const Index* from = run.in[0].index();
    Real* out = run.out[0].real();
    for (Extent i = 0; i < run.out[0].size(); ++i) out[i] = static_cast<Real>(from[i]);
  }
};

class FullIndexOp final : public IndexOp {
 public:
  FullIndexOp(int axes, Index value) : axes_(axes), value_(value) {}

  std::string_view name() const override { return "full_index"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 1);
    require_rank(name(), in[0], axes_, "like");
    Shape shape = in[0].shape;
    while (shape.rank() > axes_) shape = shape.without(-1);
    return {Type{shape, Kind::kIndex}};
  }

  void forward(const OpRun& run) const override { std::fill_n(run.out[0].index(), run.out[0].size(), value_); }

 private:
  int axes_;
  Index value_;
};

}  // namespace

OpPointer make_one_hot(Extent classes) { return std::make_shared<OneHotOp>(classes); }
OpPointer make_mark_used() { return std::make_shared<MarkUsedOp>(); }
OpPointer make_argmax() { return std::make_shared<ArgmaxOp>(); }
OpPointer make_equal() { return std::make_shared<EqualOp>(); }
OpPointer make_same_segment() { return std::make_shared<SameSegmentOp>(); }
OpPointer make_to_real() { return std::make_shared<ToRealOp>(); }
OpPointer make_full_index(int axes, Index value) { return std::make_shared<FullIndexOp>(axes, value); }

}  // namespace fovea
