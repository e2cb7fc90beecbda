#include "framework/ops/gather.h"

#include "framework/cpu/packs.h"
#include "framework/ops/signature.h"

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

// Rows of a table; what differs between embedding, gather_items and gather_rows is a Reading.
struct Reading {
  std::string_view name;
  std::size_t table;  // the input that is read; the other one holds the indices
  std::vector<Type> (*infer)(std::string_view op, std::span<const Type> in);
  Layout (*layout)(const Shape& table, const Shape& indices);
};

class GatherOp final : public Op {
 public:
  explicit GatherOp(const Reading& reading) : reading_(reading), table_(reading.table), indices_(1 - reading.table) {}

  std::string_view name() const override { return reading_.name; }

  std::vector<Type> infer(std::span<const Type> in) const override { return reading_.infer(name(), in); }

  void forward(const OpRun& run) const override {
    gather(name(), layout(run), run.in[table_].real(), run.in[indices_].index(), run.out[0].real());
  }

  void backward(const OpRun& run) const override {
    if (!run.wants(table_)) return;
    scatter_add(layout(run), run.in[indices_].index(), run.grad_out[0].real(), run.grad_in[table_].real());
  }

  BackwardReads backward_reads() const override { return {1U << indices_, 0}; }

 private:
  Layout layout(const OpRun& run) const { return reading_.layout(run.in[table_].shape(), run.in[indices_].shape()); }

  const Reading& reading_;
  std::size_t table_;
  std::size_t indices_;
};

constexpr Reading kEmbedding{"embedding", 1,
                             [](std::string_view op, std::span<const Type> in) -> std::vector<Type> {
                               return {Signature(op, in, {"indices Index [...]", "weight [V, D]"}).type("[..., D]")};
                             },
                             [](const Shape& table, const Shape& indices) {
                               return Layout{.items = table[0], .picks = indices.size(), .width = table[1]};
                             }};

constexpr Reading kItems{
    "gather_items", 0,
    [](std::string_view op, std::span<const Type> in) -> std::vector<Type> {
      const bool is_single = in.size() == 2 && in[1].shape.rank() == 1;
      const Signature types(op, in, {"items [B, N, D]", is_single ? "indices Index [B]" : "indices Index [B, M]"});
      return {types.type(is_single ? "[B, D]" : "[B, M, D]")};
    },
    [](const Shape& items, const Shape& indices) {
      const Extent picks = indices.rank() == 1 ? 1 : indices[1];
      return Layout{.groups = items[0], .items = items[1], .picks = picks, .width = items[2], .low = -1};
    }};

constexpr Reading kRows{"gather_rows", 0,
                        [](std::string_view op, std::span<const Type> in) -> std::vector<Type> {
                          const Signature types(op, in, {"x [R, ...]", "indices Index [S]"});
                          return {Type{in[0].shape.with(0, types["S"])}};
                        },
                        [](const Shape& x, const Shape& indices) {
                          return Layout{.items = x[0], .picks = indices.size(), .width = extent_of(x, 1, x.rank())};
                        }};

class ScatterItemsOp final : public Op {
 public:
  std::string_view name() const override { return "scatter_items"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"values [B, M, K]", "kept Index [B, M, K]", "like any [B, N, ...]"});
    return {types.type("[B, M, N]")};
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

}  // namespace

OpPointer make_embedding() { return std::make_shared<GatherOp>(kEmbedding); }
OpPointer make_gather_items() { return std::make_shared<GatherOp>(kItems); }
OpPointer make_scatter_items() { return std::make_shared<ScatterItemsOp>(); }
OpPointer make_gather_rows() { return std::make_shared<GatherOp>(kRows); }

}  // namespace fovea
