#include <algorithm>

#include "framework/core/error.h"
#include "framework/cpu/packs.h"
#include "framework/ops/layout.h"

namespace fovea {
namespace {

// An op that copies all elements in their order under another shape.
class CopyOp : public Op {
 public:
  std::vector<Type> infer(std::span<const Type> in) const final {
    require_count(name(), in, 1);
    return {Type{shape_of(in[0]), in[0].kind}};
  }

  void forward(const OpRun& run) const final { std::memcpy(run.out[0].data, run.in[0].data, run.in[0].bytes()); }

  void backward(const OpRun& run) const final {
    if (!run.wants(0)) return;
    if (run.assigns(0)) {
      copy(run.grad_out[0].real(), run.grad_in[0].real(), run.grad_in[0].size());
    } else {
      add_row(run.grad_out[0].real(), run.grad_in[0].real(), run.grad_in[0].size());
    }
  }

  BackwardReads backward_reads() const final { return {0, 0}; }
  bool can_assign(std::size_t) const final { return true; }

 private:
  virtual Shape shape_of(const Type& x) const = 0;
};

class ReshapeOp final : public CopyOp {
 public:
  explicit ReshapeOp(std::vector<Extent> extents) : extents_(std::move(extents)) {
    if (std::count(extents_.begin(), extents_.end(), -1) > 1) {
      throw Error("reshape", "at most one extent may be -1; several are; give the others.");
    }
  }

  std::string_view name() const override { return "reshape"; }

 private:
  Shape shape_of(const Type& x) const override {
    Shape shape;
    int inferred = -1;
    for (const Extent extent : extents_) {
      const int axis = shape.rank();
      if (extent == 0 && axis >= x.shape.rank()) refuse(x);
      if (extent == -1) inferred = axis;
      shape = shape.inserted(axis, extent == -1 ? 1 : extent == 0 ? x.shape[axis] : extent);
    }
    if (inferred >= 0) {
      const Extent others = shape.size();
      if (others == 0 || x.shape.size() % others != 0) refuse(x);
      shape = shape.with(inferred, x.shape.size() / others);
    }
    if (shape.size() != x.shape.size()) refuse(x);
    return shape;
  }

  [[noreturn]] void refuse(const Type& x) const {
    std::string text;
    for (const Extent extent : extents_) text += (text.empty() ? "" : ", ") + std::to_string(extent);
    reject(name(), describe("x", x) + " does not take the extents [" + text +
                       "] (0 keeps an axis, -1 takes what is left); give as many elements.");
  }

  std::vector<Extent> extents_;
};

class UnsqueezeOp final : public CopyOp {
 public:
  explicit UnsqueezeOp(int axis) : axis_(axis) {}
  std::string_view name() const override { return "unsqueeze"; }

 private:
  Shape shape_of(const Type& x) const override { return x.shape.inserted(front_axis(name(), axis_, x.shape.rank() + 1), 1); }
  int axis_;
};

class SqueezeOp final : public CopyOp {
 public:
  explicit SqueezeOp(int axis) : axis_(axis) {}
  std::string_view name() const override { return "squeeze"; }

 private:
  Shape shape_of(const Type& x) const override {
    const int axis = front_axis(name(), axis_, x.shape.rank());
    if (x.shape[axis] != 1) {
      reject(name(), "axis " + std::to_string(axis_) + " of " + describe("x", x) + " is not 1; use slice or reshape.");
    }
    return x.shape.without(axis);
  }
  int axis_;
};

class ExpandRowsOp final : public Op {
 public:
  std::string_view name() const override { return "expand_rows"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_rank(name(), in[1], 1, "like");
    return {Type{in[0].shape.inserted(0, in[1].shape[0]), in[0].kind}};
  }

  void forward(const OpRun& run) const override {
    auto* to = static_cast<std::byte*>(run.out[0].data);
    const std::size_t bytes = run.in[0].bytes();
    for (Extent row = 0; row < run.out[0].shape()[0]; ++row) {
      std::memcpy(to + static_cast<std::size_t>(row) * bytes, run.in[0].data, bytes);
    }
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Extent width = run.grad_in[0].size();
    if (run.assigns(0)) clear(run.grad_in[0].real(), width);
    for (Extent row = 0; row < run.grad_out[0].shape()[0]; ++row) {
      add_row(run.grad_out[0].real() + row * width, run.grad_in[0].real(), width);
    }
  }

  BackwardReads backward_reads() const override { return {0, 0}; }
  bool can_assign(std::size_t input) const override { return input == 0; }
};

class ZerosLikeRowsOp final : public Op {
 public:
  explicit ZerosLikeRowsOp(std::vector<Extent> widths) : widths_(std::move(widths)) {}

  std::string_view name() const override { return "zeros_like_rows"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 1);
    require_rank(name(), in[0], 1, "like");
    Shape shape{in[0].shape[0]};
    for (const Extent width : widths_) shape = shape.inserted(shape.rank(), width);
    return {Type{shape, Kind::kReal}};
  }

  void forward(const OpRun& run) const override { clear(run.out[0].real(), run.out[0].size()); }

  bool is_differentiable() const override { return false; }
  BackwardReads backward_reads() const override { return {0, 0}; }

 private:
  std::vector<Extent> widths_;
};

}  // namespace

OpPointer make_reshape(std::vector<Extent> extents) { return std::make_shared<ReshapeOp>(std::move(extents)); }
OpPointer make_unsqueeze(int axis) { return std::make_shared<UnsqueezeOp>(axis); }
OpPointer make_squeeze(int axis) { return std::make_shared<SqueezeOp>(axis); }
OpPointer make_expand_rows() { return std::make_shared<ExpandRowsOp>(); }
OpPointer make_zeros_like_rows(std::vector<Extent> widths) { return std::make_shared<ZerosLikeRowsOp>(std::move(widths)); }

}  // namespace fovea
