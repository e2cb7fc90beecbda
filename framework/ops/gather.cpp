#include "framework/ops/gather.h"

#include "framework/cpu/packs.h"

namespace fovea {
namespace {

// What the ops of this file share: `groups` tables of `items` rows, each read by `picks` indices.
struct Layout {
  Extent groups = 1;
  Extent items = 0;
  Extent picks = 0;
  Extent width = 1;
  Index low = 0;  // -1 where zeros may be asked for
};

void gather(std::string_view op, const Layout& layout, const Real* table, const Index* indices, Real* out) {
  for (Extent group = 0; group < layout.groups; ++group) {
    const Real* from = table + group * layout.items * layout.width;
    for (Extent pick = 0; pick < layout.picks; ++pick, out += layout.width) {
      const Index index = indices[group * layout.picks + pick];
      if (index < layout.low || index >= layout.items) {
        reject_index(op, group * layout.picks + pick, index, layout.low, layout.items);
      }
      if (index < 0) {
        clear(out, layout.width);
      } else {
        copy(from + index * layout.width, out, layout.width);
      }
    }
  }
}

// table[index] += grad, in the order of the indices: an item that was read twice gets both gradients.
void scatter_add(const Layout& layout, const Index* indices, const Real* grad, Real* table) {
  for (Extent group = 0; group < layout.groups; ++group) {
    Real* to = table + group * layout.items * layout.width;
    for (Extent pick = 0; pick < layout.picks; ++pick, grad += layout.width) {
      const Index index = indices[group * layout.picks + pick];
      if (index >= 0) add_row(grad, to + index * layout.width, layout.width);
    }
  }
}

class EmbeddingOp final : public Op {
 public:
  std::string_view name() const override { return "embedding"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_index(name(), in[0], "indices");
    require_real(name(), in[1], "weight");
    if (in[1].shape.rank() != 2) reject(name(), describe("weight", in[1]) + " is no table; give [V, D].");
    return {Type{in[0].shape.inserted(in[0].shape.rank(), in[1].shape[1]), Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    gather(name(), layout(run), run.in[1].real(), run.in[0].index(), run.out[0].real());
  }

  void backward(const OpRun& run) const override {
    if (run.wants(1)) scatter_add(layout(run), run.in[0].index(), run.grad_out[0].real(), run.grad_in[1].real());
  }

  BackwardReads backward_reads() const override { return {1, 0}; }

 private:
  static Layout layout(const OpRun& run) {
    const Shape& table = run.in[1].shape();
    return {.items = table[0], .picks = run.in[0].size(), .width = table[1]};
  }
};

class GatherItemsOp final : public Op {
 public:
  std::string_view name() const override { return "gather_items"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_real(name(), in[0], "items");
    require_index(name(), in[1], "indices");
    const Shape& items = in[0].shape;
    const Shape& indices = in[1].shape;
    if (items.rank() != 3 || indices.rank() < 1 || indices.rank() > 2 || indices[0] != items[0]) {
      reject(name(), describe("items", in[0]) + " and " + describe("indices", in[1]) +
                         " do not fit; give items [B, N, D] and indices [B, M] or [B].");
    }
    return {Type{indices.inserted(indices.rank(), items[2]), Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    gather(name(), layout(run), run.in[0].real(), run.in[1].index(), run.out[0].real());
  }

  void backward(const OpRun& run) const override {
    if (run.wants(0)) scatter_add(layout(run), run.in[1].index(), run.grad_out[0].real(), run.grad_in[0].real());
  }

  BackwardReads backward_reads() const override { return {2, 0}; }

 private:
  static Layout layout(const OpRun& run) {
    const Shape& items = run.in[0].shape();
    const Extent picks = run.in[1].shape().rank() == 1 ? 1 : run.in[1].shape()[1];
    return {.groups = items[0], .items = items[1], .picks = picks, .width = items[2], .low = -1};
  }
};

class ScatterItemsOp final : public Op {
 public:
  std::string_view name() const override { return "scatter_items"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 3);
    require_real(name(), in[0], "values");
    require_index(name(), in[1], "kept");
    require_rank(name(), in[2], 2, "like");
    if (in[0].shape.rank() != 3 || in[1].shape != in[0].shape || in[2].shape[0] != in[0].shape[0]) {
      reject(name(), describe("values", in[0]) + ", " + describe("kept", in[1]) + " and " + describe("like", in[2]) +
                         " do not fit; give values and kept [B, M, K] and like [B, N, ...].");
    }
    return {Type{in[0].shape.with(2, in[2].shape[1]), Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    const Extent items = run.out[0].shape()[2];
    clear(run.out[0].real(), run.out[0].size());
    each_kept(run, [&](Extent place, Extent row, Index item) {
      if (item < -1 || item >= items) reject_index(name(), place, item, -1, items);
      if (item >= 0) run.out[0].real()[row * items + item] += run.in[0].real()[place];
    });
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(0)) return;
    const Extent items = run.out[0].shape()[2];
    each_kept(run, [&](Extent place, Extent row, Index item) {
      if (item >= 0) run.grad_in[0].real()[place] += run.grad_out[0].real()[row * items + item];
    });
  }

  BackwardReads backward_reads() const override { return {2, 0}; }

 private:
  template <class Body>
  static void each_kept(const OpRun& run, Body body) {
    const Extent width = run.in[1].shape()[2];
    for (Extent place = 0; place < run.in[1].size(); ++place) body(place, place / width, run.in[1].index()[place]);
  }
};

class GatherRowsOp final : public Op {
 public:
  std::string_view name() const override { return "gather_rows"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_real(name(), in[0], "x");
    require_index(name(), in[1], "indices");
    require_rank(name(), in[0], 1, "x");
    if (in[1].shape.rank() != 1) reject(name(), describe("indices", in[1]) + " has not one axis; give indices [S].");
    return {Type{in[0].shape.with(0, in[1].shape[0]), Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    gather(name(), layout(run), run.in[0].real(), run.in[1].index(), run.out[0].real());
  }

  void backward(const OpRun& run) const override {
    if (run.wants(0)) scatter_add(layout(run), run.in[1].index(), run.grad_out[0].real(), run.grad_in[0].real());
  }

  BackwardReads backward_reads() const override { return {2, 0}; }

 private:
  static Layout layout(const OpRun& run) {
    const Shape& x = run.in[0].shape();
    return {.items = x[0], .picks = run.in[1].size(), .width = extent_of(x, 1, x.rank())};
  }
};

}  // namespace

OpPointer make_embedding() { return std::make_shared<EmbeddingOp>(); }
OpPointer make_gather_items() { return std::make_shared<GatherItemsOp>(); }
OpPointer make_scatter_items() { return std::make_shared<ScatterItemsOp>(); }
OpPointer make_gather_rows() { return std::make_shared<GatherRowsOp>(); }

}  // namespace fovea
