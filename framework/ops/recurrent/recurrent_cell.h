#pragma once

#include <span>
#include <string_view>

#include "framework/core/span.h"
#include "framework/cpu/panel_product.h"

// Internal to the recurrent ops. Gates are kept in slots: for every step, block of kPack units and row there are
// kPanelPacks packs, [T, blocks, B, slots, kPack]. A slot first holds the sum of products, then the gate, and after
// backward the gradient of that sum.
namespace fovea {

/// One step of one block of units: element-wise, `rows` rows.
struct GateStep {
  Real* gates = nullptr;                // [rows, slots, kPack]
  const Real* bias = nullptr;           // [slots, kPack]
  const Real* cell_before = nullptr;    // [rows, kPack]
  Real* cell = nullptr;                 // [rows, kPack]
  const Real* hidden_before = nullptr;  // rows of hidden_row; null: zero
  Real* hidden = nullptr;               // rows of hidden_row; not written by backward
  Extent hidden_row = 0;
  Extent rows = 0;
  Extent lanes = 0;  // units that exist
  // Backward alone:
  const Real* grad_out = nullptr;  // of `hidden` from outside: rows of hidden_row, null: none
  Real* grad_hidden = nullptr;     // in: from the later step; out: what bypasses the products. Rows of kPanelWidth
  Real* grad_cell = nullptr;       // [rows, kPack]; in: of this cell; out: of the cell before
  Real* grad_bias = nullptr;       // [slots, kPack]; added to
};

/// What distinguishes one cell from another.
struct CellKind {
  std::string_view name;
  std::string_view cell_name;
  bool has_cell = false;       // carries c besides h
  bool passes_hidden = false;  // a part of h bypasses the products: h' = ... + z h
  int gates = 0;               // in the weights
  int hidden_slot = 0;         // the products with h go to the slots from here, those with x to the slots from 0
  int input_gates[4] = {};     // gate of the weights for each slot of x
  int hidden_gates[4] = {};    // and, from hidden_slot on, of h
  void (*forward)(const GateStep&) = nullptr;
  void (*backward)(const GateStep&) = nullptr;

  std::span<const int> input_order() const { return span_of(input_gates, gates); }
  std::span<const int> hidden_order() const { return span_of(hidden_gates, gates); }
};

extern const CellKind kLstm;
extern const CellKind kGru;

inline cpu::Pack load_lanes(const Real* from, Extent lanes) {
  return lanes == cpu::kPack ? cpu::load(from) : cpu::load_part(from, lanes);
}

inline void store_lanes(Real* to, cpu::Pack pack, Extent lanes) {
  if (lanes == cpu::kPack) {
    cpu::store(to, pack);
  } else {
    cpu::store_part(to, pack, lanes);
  }
}

}  // namespace fovea
