#pragma once

#include "framework/ops/recurrent/recurrent_cell.h"

// Internal to the recurrent ops: one call over a sequence. Steps are counted in the order they are computed; step s reads
// row block x + s * x_step and writes y + s * y_step, so that a reversed sequence differs in these alone.
namespace fovea {

struct RecurrentExtents {
  Extent steps = 0;   // T
  Extent rows = 0;    // B
  Extent inputs = 0;  // D
  Extent units = 0;   // H
  Extent gates = 0;

  Extent blocks() const { return (units + cpu::kPack - 1) / cpu::kPack; }
  Extent block_size() const { return rows * cpu::kPanelWidth; }  // slots of one block at one step
  Extent step_size() const { return blocks() * block_size(); }   // slots of one step
  Extent cell_step() const { return blocks() * rows * cpu::kPack; }
  Extent panel_width() const { return gates * cpu::kPack; }
  static Extent panels(Extent columns) { return (columns + cpu::kPanelWidth - 1) / cpu::kPanelWidth; }

  Extent gates_size() const { return steps * step_size(); }
  Extent cells_size() const { return (steps + 1) * cell_step(); }  // slab 0 is the cell before the first step
  Extent packed_size(Extent width) const {
    const Extent forward = blocks() * width;
    const Extent backward = panels(width) * blocks() * cpu::kPanelWidth;
    return panel_width() * (forward > backward ? forward : backward);
  }
  Extent grad_hidden_size() const { return panels(units) * block_size(); }
  Extent grad_panels_size(Extent width) const { return blocks() * panel_width() * width; }
};

/// All memory of one call; what is not wanted is null.
struct RecurrentPass {
  const CellKind* kind = nullptr;
  RecurrentExtents extents;
  const Real* x = nullptr;  // of the first step computed
  Extent x_step = 0;
  const Real* h0 = nullptr;
  const Real* c0 = nullptr;
  const Real* weight_ih = nullptr;
  const Real* weight_hh = nullptr;
  const Real* bias_ih = nullptr;
  const Real* bias_hh = nullptr;
  Real* y = nullptr;
  Extent y_step = 0;
  Real* h = nullptr;  // after the last step; null where y holds it alone
  Real* c = nullptr;

  Real* gates = nullptr;  // scratch
  Real* cells = nullptr;
  Real* packed_ih = nullptr;  // workspace
  Real* packed_hh = nullptr;
  Real* bias = nullptr;  // forward: sums; backward: gradients
  Real* grad_hidden = nullptr;
  Real* grad_cell = nullptr;
  Real* grad_panels = nullptr;
  Real* staging = nullptr;  // for bfloat16 factors; null: products in full precision
  bool is_packed = false;   // packed_ih and packed_hh came packed for forward

  /// A gradient, and whether it is written instead of added to.
  struct Gradient {
    Real* data = nullptr;
    bool assign = false;
  };
  const Real* grad_y = nullptr;  // steps as y
  const Real* grad_h = nullptr;
  const Real* grad_c = nullptr;
  Gradient grad_x, grad_h0, grad_c0, grad_weight_ih, grad_weight_hh, grad_bias_ih, grad_bias_hh;

  Real* gates_at(Extent step, Extent block) const {
    return gates + step * extents.step_size() + block * extents.block_size();
  }
  /// The cell after `step`; step -1 is the first slab.
  Real* cell_at(Extent step, Extent block) const {
    return cells == nullptr ? nullptr : cells + (step + 1) * extents.cell_step() + block * extents.rows * cpu::kPack;
  }
  cpu::GateWeights input_weights() const { return {weight_ih, extents.inputs, extents.units, kind->input_order()}; }
  cpu::GateWeights hidden_weights() const { return {weight_hh, extents.units, extents.units, kind->hidden_order()}; }
  const Real* hidden_before(Extent step) const { return step == 0 ? h0 : y + (step - 1) * y_step; }
  Extent lanes(Extent block) const {
    const Extent left = extents.units - block * cpu::kPack;
    return left < cpu::kPack ? left : cpu::kPack;
  }
  Extent hidden_slots() const { return kind->hidden_slot * cpu::kPack; }
};

/// Fills packed_ih and packed_hh with the weights as recurrent_forward reads them.
void pack_for_forward(const RecurrentPass& pass);
void recurrent_forward(const RecurrentPass& pass);
void recurrent_backward(const RecurrentPass& pass);

// The parts of these that do not depend on how products are rounded.
void compute_gates(const RecurrentPass& pass, Extent step, Extent block);
void step_back(const RecurrentPass& pass, Extent step, Extent block);
void write_cells(const RecurrentPass& pass);

// grad_x and the gradients of the weights, from the gradients in the slots.
void recurrent_input_gradient(const RecurrentPass& pass);
void recurrent_weight_gradients(const RecurrentPass& pass);

/// What one weight matrix was multiplied by: x, or h one step before.
struct WeightFactor {
  const Real* first = nullptr;  // rows [B, width] of step 0; null: they are zero
  const Real* rest = nullptr;   // of step 1; later ones follow at `step`
  Extent step = 0;
  Extent width = 0;
  Extent first_slot = 0;
  std::span<const int> gates;
  RecurrentPass::Gradient grad;
  Real* panels = nullptr;  // [blocks, width, gates, kPack]: the gradient, transposed

  const Real* at(Extent index) const { return index == 0 ? first : rest + (index - 1) * step; }
};
WeightFactor input_factor(const RecurrentPass& pass);
WeightFactor hidden_factor(const RecurrentPass& pass);
/// Transposes the panels into the gradient.
void write_weight_gradient(const RecurrentPass& pass, const WeightFactor& factor);

// The same with bfloat16 factors in tiles.
Extent tile_staging_size(const RecurrentExtents& extents);
void pack_for_forward_tiles(const RecurrentPass& pass);
void forward_tiles(const RecurrentPass& pass);
void pack_hidden_tiles(const RecurrentPass& pass);
void gather_grad_hidden_tiles(const RecurrentPass& pass, Extent panel);
void round_slots(const RecurrentPass& pass, Extent step);
void input_and_weight_gradients_tiles(const RecurrentPass& pass);

/// The number of panels of `bytes` each that are worked on together: as many as stay in the second-level cache.
inline Extent panels_together(Extent bytes) {
  constexpr Extent kCache = 1 << 20;
  return bytes < kCache ? kCache / bytes : 1;
}

/// Where fetching ahead begins to pay: less stays in the second-level cache by itself.
inline bool is_large(Extent size) { return panels_together(size * static_cast<Extent>(sizeof(Real))) == 1; }

inline std::span<const Real> fetched(const Real* data, Extent size) {
  return data == nullptr ? std::span<const Real>() : std::span(data, static_cast<std::size_t>(size));
}

inline Extent packs_of(Extent columns) {
  const Extent packs = (columns + cpu::kPack - 1) / cpu::kPack;
  return packs < cpu::kPanelPacks ? packs : cpu::kPanelPacks;
}

inline void put_lanes(Real* to, cpu::Pack pack, Extent lanes, bool assign) {
  store_lanes(to, assign ? pack : load_lanes(to, lanes) + pack, lanes);
}

}  // namespace fovea
