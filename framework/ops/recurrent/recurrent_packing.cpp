#include <algorithm>
#include <string>

#include "framework/cpu/tile_product.h"
#include "framework/ops/recurrent/recurrent.h"
#include "framework/ops/recurrent/recurrent_pass.h"

namespace fovea {
namespace {

class RecurrentPacking final : public Op {
 public:
  RecurrentPacking(const CellKind& kind, cpu::Products products) : kind_(kind), products_(products) {}

  std::string_view name() const override { return "pack_recurrent"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    for (const Type& type : in) {
      require_real(name(), type, "weight");
      if (type.shape.rank() != 2 || type.shape[0] != kind_.gates * in[1].shape[-1]) {
        reject(name(), describe("weight", type) + " came; give weight_ih [" + std::to_string(kind_.gates) +
                           " * hidden, inputs] and weight_hh [" + std::to_string(kind_.gates) + " * hidden, hidden].");
      }
    }
    const RecurrentExtents e = extents(in[0].shape, in[1].shape);
    return {Type{{e.packed_size(e.inputs)}, Kind::kReal}, Type{{e.packed_size(e.units)}, Kind::kReal}};
  }

  // One panel of either matrix.
  std::vector<Type> workspace(std::span<const Type> in) const override {
    const RecurrentExtents e = extents(in[0].shape, in[1].shape);
    return {Type{{std::max(e.inputs, e.units) * e.panel_width()}, Kind::kReal}};
  }

  void forward(const OpRun& run) const override {
    RecurrentPass pass;
    pass.kind = &kind_;
    pass.extents = extents(run.in[0].shape(), run.in[1].shape());
    pass.weight_ih = run.in[0].real();
    pass.weight_hh = run.in[1].real();
    pass.packed_ih = run.out[0].real();
    pass.packed_hh = run.out[1].real();
    pass.grad_panels = run.workspace[0].real();
    if (products_ == cpu::Products::kBf16 && cpu::has_tiles()) {
      pack_for_forward_tiles(pass);
    } else {
      pack_for_forward(pass);
    }
  }

 private:
  // Of a sequence, so that both matrices are packed.
  RecurrentExtents extents(const Shape& weight_ih, const Shape& weight_hh) const {
    return {.steps = 2, .rows = 1, .inputs = weight_ih[1], .units = weight_hh[1], .gates = kind_.gates};
  }

  const CellKind& kind_;
  cpu::Products products_;
};

}  // namespace

OpPointer make_lstm_packing(cpu::Products products) { return std::make_shared<RecurrentPacking>(kLstm, products); }

}  // namespace fovea
