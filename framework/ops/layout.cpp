#include "framework/ops/layout.h"

#include <algorithm>
#include <optional>

#include "framework/cpu/packs.h"
#include "framework/ops/strides.h"

namespace fovea {
namespace {

struct TransposePrepared final : Prepared {
  Walk walk;  // a: the input
};

class TransposeOp final : public Op {
 public:
  explicit TransposeOp(std::vector<int> axes) : axes_(std::move(axes)) {}

  std::string_view name() const override { return "transpose"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 1);
    std::vector<int> sorted = front(in[0]);
    Shape shape;
    for (const int axis : sorted) shape = shape.inserted(shape.rank(), in[0].shape[axis]);
    std::sort(sorted.begin(), sorted.end());
    if (static_cast<int>(sorted.size()) != in[0].shape.rank() ||
        std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
      reject(name(), "the axes are not an order of those of " + describe("x", in[0]) + "; name every axis once.");
    }
    return {Type{shape, in[0].kind}};
  }

  std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const override {
    const Strides from = dense_strides(in[0].shape);
    const Shape out = infer(in)[0].shape;
    Strides strides{};
    const std::vector<int> axes = front(in[0]);
    for (std::size_t i = 0; i < axes.size(); ++i) strides[i] = from[axes[i]];
    auto prepared = std::make_shared<TransposePrepared>();
    prepared->walk = make_walk(out, strides, dense_strides(out));
    return prepared;
  }

  void forward(const OpRun& run) const override {
    const Walk& walk = static_cast<const TransposePrepared*>(run.prepared)->walk;
    if (run.in[0].type.kind == Kind::kIndex) {
      move(walk, run.in[0].index(), run.out[0].index());
    } else {
      move(walk, run.in[0].real(), run.out[0].real());
    }
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Walk& walk = static_cast<const TransposePrepared*>(run.prepared)->walk;
    const Real* grad_y = run.grad_out[0].real();
    Real* grad_x = run.grad_in[0].real();
    with_flag(run.assigns(0), [&](auto assign) {
      each_run(walk, [&](Extent out, Extent at, Extent) {
        if (walk.run_a == 1) {
          for_packs(walk.run,
                    [&](Extent i, auto lanes) { put<assign>(lanes, grad_x + at + i, lanes.load(grad_y + out + i)); });
          return;
        }
        for (Extent i = 0; i < walk.run; ++i) {
          Real& to = grad_x[at + i * walk.run_a];
          to = assign ? grad_y[out + i] : to + grad_y[out + i];
        }
      });
    });
  }

  BackwardReads backward_reads() const override { return {0, 0}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  std::vector<int> front(const Type& x) const {
    std::vector<int> axes;
    for (const int axis : axes_) axes.push_back(front_axis(name(), axis, x.shape.rank()));
    return axes;
  }

  template <class T>
  static void move(const Walk& walk, const T* from, T* to) {
    each_run(walk, [&](Extent out, Extent at, Extent) {
      if (walk.run_a == 1) {
        std::copy_n(from + at, walk.run, to + out);
      } else {
        for (Extent i = 0; i < walk.run; ++i) to[out + i] = from[at + i * walk.run_a];
      }
    });
  }

  std::vector<int> axes_;
};

// Copies `rows` rows of `bytes` each between tensors of other row lengths.
struct RowCopy {
  Extent rows;
  std::size_t bytes;
  void operator()(const void* from, std::size_t from_step, void* to, std::size_t to_step) const {
    const auto* source = static_cast<const std::byte*>(from);
    auto* target = static_cast<std::byte*>(to);
    for (Extent row = 0; row < rows; ++row, source += from_step, target += to_step) std::memcpy(target, source, bytes);
  }
};

// grad_x (+)= grad_y, row by row.
struct RowPull {
  Extent rows;
  Extent width;
  Extent from_step;
  Extent to_step;
  bool assigns = false;
  void operator()(const Real* from, Real* to) const {
    for (Extent row = 0; row < rows; ++row, from += from_step, to += to_step) {
      if (assigns) {
        copy(from, to, width);
      } else {
        add_row(from, to, width);
      }
    }
  }
};

class ConcatOp final : public Op {
 public:
  explicit ConcatOp(int axis) : axis_(axis) {}

  std::string_view name() const override { return "concat"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    if (in.empty()) require_count(name(), in, 1);
    const int axis = front_axis(name(), axis_, in[0].shape.rank());
    Extent total = 0;
    for (const Type& type : in) {
      const bool fits = type.kind == in[0].kind && type.shape.rank() == in[0].shape.rank();
      if (!fits || type.shape.with(axis, 0) != in[0].shape.with(axis, 0)) {
        reject(name(), describe("an input", type) + " does not fit the first, " + in[0].shape.text() +
                           "; give one kind, and extents that differ along axis " + std::to_string(axis_) + " only.");
      }
      total += type.shape[axis];
    }
    return {Type{in[0].shape.with(axis, total), in[0].kind}};
  }

  void forward(const OpRun& run) const override {
    const Extent rows = outer(run.out[0]);
    const std::size_t step = run.out[0].bytes() / static_cast<std::size_t>(std::max<Extent>(rows, 1));
    auto* to = static_cast<std::byte*>(run.out[0].data);
    for (const Tensor& x : run.in) {
      const std::size_t bytes = x.bytes() / static_cast<std::size_t>(std::max<Extent>(rows, 1));
      RowCopy{rows, bytes}(x.data, bytes, to, step);
      to += bytes;
    }
  }

  void backward(const OpRun& run) const override {
    const Extent rows = std::max<Extent>(outer(run.out[0]), 1);
    const Extent step = run.out[0].size() / rows;
    const Real* from = run.grad_out[0].real();
    for (std::size_t i = 0; i < run.in.size(); ++i) {
      const Extent width = run.in[i].size() / rows;
      const RowPull pull{.rows = rows, .width = width, .from_step = step, .to_step = width, .assigns = run.assigns(i)};
      if (run.wants(i)) pull(from, run.grad_in[i].real());
      from += width;
    }
  }

  BackwardReads backward_reads() const override { return {0, 0}; }
  bool can_assign(std::size_t) const override { return true; }

 private:
  Extent outer(const Tensor& out) const { return extent_of(out.shape(), 0, axis_ < 0 ? axis_ + out.shape().rank() : axis_); }

  int axis_;
};

class SliceOp final : public Op {
 public:
  SliceOp(int axis, Extent begin, Extent end) : axis_(axis), begin_(begin), end_(end) {}
  SliceOp(int axis, int like_axis) : axis_(axis), begin_(0), end_(0), like_axis_(like_axis) {}

  std::string_view name() const override { return like_axis_ ? "slice_like" : "slice"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    if (like_axis_) return {infer_like(in)};
    require_count(name(), in, 1);
    const int axis = front_axis(name(), axis_, in[0].shape.rank());
    const Extent begin = resolve(begin_, in[0].shape[axis]);
    const Extent end = resolve(end_, in[0].shape[axis]);
    if (begin < 0 || end < begin) {
      reject(name(), "[" + std::to_string(begin_) + ", " + std::to_string(end_) + ") is not a range of axis " +
                         std::to_string(axis_) + " of " + describe("x", in[0]) + "; give 0 <= begin <= end.");
    }
    return {Type{in[0].shape.with(axis, end - begin), in[0].kind}};
  }

  void forward(const OpRun& run) const override {
    const Window window = window_of(run);
    const std::size_t unit = bytes_of(run.in[0].type.kind);
    const auto* from = static_cast<const std::byte*>(run.in[0].data) + static_cast<std::size_t>(window.offset) * unit;
    const std::size_t bytes = static_cast<std::size_t>(window.width) * unit;
    RowCopy{window.rows, bytes}(from, static_cast<std::size_t>(window.step) * unit, run.out[0].data, bytes);
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Window window = window_of(run);
    Real* to = run.grad_in[0].real();
    if (run.assigns(0)) clear(to, run.grad_in[0].size());
    const RowPull pull{.rows = window.rows, .width = window.width, .from_step = window.width, .to_step = window.step};
    pull(run.grad_out[0].real(), to + window.offset);
  }

  BackwardReads backward_reads() const override { return {0, 0}; }
  bool can_assign(std::size_t input) const override { return input == 0; }

 private:
  Type infer_like(std::span<const Type> in) const {
    require_count(name(), in, 2);
    const int axis = front_axis(name(), axis_, in[0].shape.rank());
    const Extent wanted = in[1].shape[front_axis(name(), *like_axis_, in[1].shape.rank())];
    if (wanted > in[0].shape[axis]) {
      reject(name(), std::to_string(wanted) + " places of axis " + std::to_string(axis_) + " were asked for by " +
                         describe("like", in[1]) + "; " + describe("x", in[0]) + " has fewer; make x longer.");
    }
    return {in[0].shape.with(axis, wanted), in[0].kind};
  }

  struct Window {
    Extent rows, width, step, offset;
  };

  static Extent resolve(Extent place, Extent extent) { return place < 0 ? place + extent : std::min(place, extent); }

  Window window_of(const OpRun& run) const {
    const Shape& x = run.in[0].shape();
    const int axis = axis_ < 0 ? axis_ + x.rank() : axis_;
    const Extent inner = extent_of(x, axis + 1, x.rank());
    return {.rows = extent_of(x, 0, axis),
            .width = run.out[0].shape()[axis] * inner,
            .step = x[axis] * inner,
            .offset = resolve(begin_, x[axis]) * inner};
  }

  int axis_;
  Extent begin_;
  Extent end_;
  std::optional<int> like_axis_;
};

}  // namespace

OpPointer make_transpose(std::vector<int> axes) { return std::make_shared<TransposeOp>(std::move(axes)); }
OpPointer make_concat(int axis) { return std::make_shared<ConcatOp>(axis); }
OpPointer make_slice(int axis, Extent begin, Extent end) { return std::make_shared<SliceOp>(axis, begin, end); }
OpPointer make_slice_like(int axis, int like_axis) { return std::make_shared<SliceOp>(axis, like_axis); }

}  // namespace fovea
