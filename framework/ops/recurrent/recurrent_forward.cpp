#include <algorithm>

#include "framework/cpu/packs.h"
#include "framework/ops/recurrent/recurrent_pass.h"

namespace fovea {
namespace {

using cpu::kPanelWidth;

// Weights are read once per step or per group of rows: packed so that a block of units has its gates side by side.
void pack_weights(const RecurrentExtents& e, const cpu::GateWeights& weights, Real* packed) {
  for (Extent block = 0; block < e.blocks(); ++block) {
    cpu::pack_transposed(weights, block * kPack, packed + block * weights.width * e.panel_width());
  }
}

// The sum of what is added to each slot.
void gather_bias(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  const CellKind& kind = *pass.kind;
  clear(pass.bias, e.blocks() * kPanelWidth);
  for (Extent unit = 0; unit < e.units; ++unit) {
    Real* slots = pass.bias + unit / kPack * kPanelWidth + unit % kPack;
    for (int gate = 0; gate < kind.gates; ++gate) {
      slots[gate * kPack] += pass.bias_ih[kind.input_gates[gate] * e.units + unit];
      slots[(kind.hidden_slot + gate) * kPack] += pass.bias_hh[kind.hidden_gates[gate] * e.units + unit];
    }
  }
}

// slots = W_ih x, for all steps at once.
void multiply_input(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  const Extent panel = e.inputs * e.panel_width();
  const Extent together = panels_together(panel * static_cast<Extent>(sizeof(Real)));
  for (Extent begin = 0; begin < e.blocks(); begin += together) {
    const Extent end = std::min(begin + together, e.blocks());
    for (Extent step = 0; step < e.steps; ++step) {
      for (Extent block = begin; block < end; ++block) {
        cpu::multiply({.a = pass.x + step * pass.x_step,
                       .a_row = e.inputs,
                       .b = pass.packed_ih + block * panel,
                       .b_row = e.panel_width(),
                       .steps = e.inputs,
                       .c = pass.gates_at(step, block),
                       .rows = e.rows,
                       .packs = e.gates,
                       .next = block + 1 < end ? panel : 0,
                       .fetch = {fetched(pass.gates_at(step, block + 1), e.block_size())}});
      }
    }
  }
}

// slots += W_hh h, into the slots of the products with h; those that x does not reach are cleared first.
void multiply_hidden(const RecurrentPass& pass, Extent step, Extent block) {
  const RecurrentExtents& e = pass.extents;
  Real* gates = pass.gates_at(step, block);
  for (Extent slot = e.gates; slot < cpu::kPanelPacks; ++slot) {
    for (Extent row = 0; row < e.rows; ++row) cpu::store(gates + row * kPanelWidth + slot * kPack, Pack{});
  }
  const Real* before = pass.hidden_before(step);
  if (before == nullptr) return;
  const Extent panel = e.units * e.panel_width();
  cpu::multiply(
      {.a = before,
       .a_row = e.units,
       .b = pass.packed_hh + block * panel,
       .b_row = e.panel_width(),
       .steps = e.units,
       .c = gates + pass.hidden_slots(),
       .rows = e.rows,
       .packs = e.gates,
       .accumulate = true,
       .next = !is_large(e.blocks() * panel) ? 0 : (block + 1 < e.blocks() ? panel : -block * panel),
       // After the last block comes the first of the next step.
       .fetch = {fetched(gates + e.block_size(), e.block_size()), fetched(pass.cell_at(step, block + 1), e.rows * kPack),
                 fetched(pass.y + (step + 1) * pass.y_step + block * e.rows * kPack, e.rows * kPack)}});
}

// The slab before the first step: c0, or zero.
void write_first_cell(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  for (Extent block = 0; block < e.blocks(); ++block) {
    Real* cell = pass.cell_at(-1, block);
    for (Extent row = 0; row < e.rows; ++row) {
      Pack pack{};
      if (pass.c0 != nullptr) pack = load_lanes(pass.c0 + row * e.units + block * kPack, pass.lanes(block));
      cpu::store(cell + row * kPack, pack);
    }
  }
}

}  // namespace

void compute_gates(const RecurrentPass& pass, Extent step, Extent block) {
  const RecurrentExtents& e = pass.extents;
  const Real* before = pass.hidden_before(step);
  GateStep gates;
  gates.gates = pass.gates_at(step, block);
  gates.bias = pass.bias + block * kPanelWidth;
  gates.cell_before = pass.cell_at(step - 1, block);
  gates.cell = pass.cell_at(step, block);
  gates.hidden_before = before == nullptr ? nullptr : before + block * kPack;
  gates.hidden = pass.y + step * pass.y_step + block * kPack;
  gates.hidden_row = e.units;
  gates.rows = e.rows;
  gates.lanes = pass.lanes(block);
  pass.kind->forward(gates);
}

void write_cells(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  for (Extent block = 0; block < e.blocks(); ++block) {
    const Real* cell = pass.cell_at(e.steps - 1, block);
    for (Extent row = 0; row < e.rows; ++row) {
      store_lanes(pass.c + row * e.units + block * kPack, cpu::load(cell + row * kPack), pass.lanes(block));
    }
  }
}

void pack_for_forward(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  if (pass.staging != nullptr) {
    pack_for_forward_tiles(pass);
    return;
  }
  pack_weights(e, pass.input_weights(), pass.packed_ih);
  if (e.steps > 1 || pass.h0 != nullptr) {
    pack_weights(e, pass.hidden_weights(), pass.packed_hh);
  }
}

void recurrent_forward(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  if (!pass.is_packed) pack_for_forward(pass);
  gather_bias(pass);
  if (pass.cells != nullptr) write_first_cell(pass);
  if (pass.staging != nullptr) {
    forward_tiles(pass);
  } else {
    multiply_input(pass);
    for (Extent step = 0; step < e.steps; ++step) {
      for (Extent block = 0; block < e.blocks(); ++block) {
        multiply_hidden(pass, step, block);
        compute_gates(pass, step, block);
      }
    }
  }
  if (pass.h != nullptr) copy(pass.y + (e.steps - 1) * pass.y_step, pass.h, e.rows * e.units);
  if (pass.c != nullptr) write_cells(pass);
}

}  // namespace fovea
