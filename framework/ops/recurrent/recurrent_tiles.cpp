#include <algorithm>

#include "framework/cpu/packs.h"
#include "framework/cpu/tile_product.h"
#include "framework/ops/recurrent/recurrent_pass.h"

// The products of a recurrent layer with bfloat16 factors. Gates, sums and gradients stay in float32; factors are rounded
// into the staging memory right before they are multiplied. Where the slots are the depth of a product, all four count:
// the weights of a slot that takes no part are zero.
namespace fovea {

#if !defined(FOVEA_F64)

namespace {

using cpu::Bfloat16;
using cpu::kPanelWidth;
using cpu::kTileDepth;
using cpu::kTileRows;
using cpu::kTileSize;
using cpu::rounded_up;

// Where things lie in the staging memory, in elements of two bytes.
struct Staging {
  explicit Staging(const RecurrentExtents& e)
      : steps(std::clamp<Extent>(512 / e.rows, 1, e.steps)),
        rows(rounded_up(e.rows, kTileRows)),
        depth(rounded_up(e.rows, kTileDepth)),
        inputs(rounded_up(e.inputs, kTileDepth)),
        units(rounded_up(e.units, kTileDepth)),
        slots(e.blocks() * kPanelWidth) {
    hidden = steps * rows * std::max(inputs, slots);
    transposed = hidden + rows * units;
    tiles = transposed + rounded_up(std::max(e.inputs, e.units), kTileRows) * steps * depth;
    size = tiles + slots * steps * depth;
  }
  Extent steps;   // that are worked on together
  Extent rows;    // B, and the tail of the last tile
  Extent depth;   // B, where it is what is summed over
  Extent inputs;  // D, where it is summed over
  Extent units;
  Extent slots;
  // Offsets: rows of x or of slots come first, at 0.
  Extent hidden;
  Extent transposed;
  Extent tiles;
  Extent size;
};

Bfloat16* staged(const RecurrentPass& pass) { return reinterpret_cast<Bfloat16*>(pass.staging); }
Bfloat16* packed_tiles(Real* memory) { return reinterpret_cast<Bfloat16*>(memory); }

// Panels of the forward products: [blocks, depth, gates, kPack] in tiles.
void pack_forward(const RecurrentPass& pass, const cpu::GateWeights& weights, Real* packed) {
  const RecurrentExtents& e = pass.extents;
  const Extent panel = rounded_up(weights.width, kTileDepth) * e.panel_width();
  for (Extent block = 0; block < e.blocks(); ++block) {
    cpu::pack_transposed(weights, block * kPack, pass.grad_panels);
    cpu::pack_tiles(pass.grad_panels, e.panel_width(), weights.width, e.gates, packed_tiles(packed) + block * panel);
  }
}

// Panels of the backward products: [panels, slots, kPanelWidth] in tiles.
void pack_backward(const RecurrentPass& pass, const cpu::GateWeights& weights, Extent first_slot, Real* packed) {
  const RecurrentExtents& e = pass.extents;
  alignas(64) Real rows[kPanelWidth * kPanelWidth];
  Bfloat16* to = packed_tiles(packed);
  for (Extent column = 0; column < weights.width; column += kPanelWidth) {
    for (Extent block = 0; block < e.blocks(); ++block, to += kPanelWidth * kPanelWidth) {
      clear(rows, kPanelWidth * kPanelWidth);
      for (std::size_t gate = 0; gate < weights.gates.size(); ++gate) {
        for (Extent lane = 0; lane < pass.lanes(block); ++lane) {
          const Extent unit = weights.gates[gate] * weights.units + block * kPack + lane;
          const Real* from = weights.data + unit * weights.width + column;
          Real* row = rows + ((first_slot + static_cast<Extent>(gate)) * kPack + lane) * kPanelWidth;
          copy(from, row, std::min(kPanelWidth, weights.width - column));
        }
      }
      cpu::pack_tiles(rows, kPanelWidth, kPanelWidth, cpu::kPanelPacks, to);
    }
  }
}

void multiply_input(const RecurrentPass& pass, const Staging& staging) {
  const RecurrentExtents& e = pass.extents;
  for (Extent begin = 0; begin < e.steps; begin += staging.steps) {
    const Extent end = std::min(begin + staging.steps, e.steps);
    for (Extent step = begin; step < end; ++step) {
      Bfloat16* to = staged(pass) + (step - begin) * staging.rows * staging.inputs;
      cpu::round_rows(pass.x + step * pass.x_step, e.inputs, e.rows, e.inputs, to, staging.inputs);
    }
    for (Extent block = 0; block < e.blocks(); ++block) {
      for (Extent step = begin; step < end; ++step) {
        cpu::multiply({.a = staged(pass) + (step - begin) * staging.rows * staging.inputs,
                       .a_row = staging.inputs,
                       .depth = staging.inputs,
                       .b = packed_tiles(pass.packed_ih) + block * staging.inputs * e.panel_width(),
                       .b_tiles = e.gates,
                       .c = pass.gates_at(step, block),
                       .c_row = kPanelWidth,
                       .rows = e.rows,
                       .packs = e.gates});
      }
    }
  }
}

void multiply_hidden(const RecurrentPass& pass, const Staging& staging, Extent step, Extent block) {
  const RecurrentExtents& e = pass.extents;
  Real* gates = pass.gates_at(step, block);
  for (Extent slot = e.gates; slot < cpu::kPanelPacks; ++slot) {
    for (Extent row = 0; row < e.rows; ++row) cpu::store(gates + row * kPanelWidth + slot * kPack, Pack{});
  }
  if (pass.hidden_before(step) == nullptr) return;
  cpu::multiply({.a = staged(pass) + staging.hidden,
                 .a_row = staging.units,
                 .depth = staging.units,
                 .b = packed_tiles(pass.packed_hh) + block * staging.units * e.panel_width(),
                 .b_tiles = e.gates,
                 .c = gates + pass.hidden_slots(),
                 .c_row = kPanelWidth,
                 .rows = e.rows,
                 .packs = e.gates,
                 .accumulate = true});
}

// The slots of one step as rows of a factor: [B, slots].
void round_step(const RecurrentPass& pass, const Staging& staging, Extent step, Bfloat16* to) {
  const RecurrentExtents& e = pass.extents;
  for (Extent block = 0; block < e.blocks(); ++block) {
    const Real* from = pass.gates_at(step, block);
    for (Extent row = 0; row < e.rows; ++row) {
      cpu::round_to_bfloat16(from + row * kPanelWidth, kPanelWidth, to + row * staging.slots + block * kPanelWidth);
    }
  }
}

void multiply_grad_input(const RecurrentPass& pass, const Staging& staging, Extent step, Extent panel, const Bfloat16* a) {
  const RecurrentExtents& e = pass.extents;
  const Extent columns = std::min(kPanelWidth, e.inputs - panel * kPanelWidth);
  const bool is_whole = columns % kPack == 0;
  Real* to = pass.grad_x.data + step * pass.x_step + panel * kPanelWidth;
  cpu::multiply({.a = a,
                 .a_row = staging.slots,
                 .depth = staging.slots,
                 .b = packed_tiles(pass.packed_ih) + panel * staging.slots * kPanelWidth,
                 .c = is_whole ? to : pass.grad_hidden,
                 .c_row = is_whole ? e.inputs : kPanelWidth,
                 .rows = e.rows,
                 .packs = packs_of(columns),
                 .accumulate = is_whole && !pass.grad_x.assign});
  for (Extent row = 0; !is_whole && row < e.rows; ++row) {
    for (Extent column = 0; column < columns; column += kPack) {
      const Pack pack = cpu::load(pass.grad_hidden + row * kPanelWidth + column);
      put_lanes(to + row * e.inputs + column, pack, std::min(kPack, columns - column), pass.grad_x.assign);
    }
  }
}

void add_weight_products(const RecurrentPass& pass, const Staging& staging, const WeightFactor& factor, Extent begin,
                         Extent end) {
  const RecurrentExtents& e = pass.extents;
  if (factor.grad.data == nullptr) return;
  const Extent depth = (end - begin) * staging.depth;
  Bfloat16* transposed = staged(pass) + staging.transposed;
  for (Extent step = begin; step < end; ++step) {
    Bfloat16* to = transposed + (step - begin) * staging.depth;
    if (factor.at(step) != nullptr) {
      cpu::round_transposed(factor.at(step), factor.width, e.rows, factor.width, to, depth);
    } else {
      for (Extent column = 0; column < factor.width; ++column) std::fill_n(to + column * depth, staging.depth, Bfloat16{0});
    }
  }
  for (Extent block = 0; block < e.blocks(); ++block) {
    cpu::multiply({.a = transposed,
                   .a_row = depth,
                   .depth = depth,
                   .b = staged(pass) + staging.tiles + block * depth * kPanelWidth + factor.first_slot * kTileSize,
                   .c = factor.panels + block * factor.width * e.panel_width(),
                   .c_row = e.panel_width(),
                   .rows = factor.width,
                   .packs = e.gates,
                   .accumulate = begin > 0});
  }
}

}  // namespace

Extent tile_staging_size(const RecurrentExtents& extents) { return (Staging(extents).size + 1) / 2; }

void pack_for_forward_tiles(const RecurrentPass& pass) {
  pack_forward(pass, pass.input_weights(), pass.packed_ih);
  pack_forward(pass, pass.hidden_weights(), pass.packed_hh);
}

void forward_tiles(const RecurrentPass& pass) {
  const cpu::TileScope scope;
  const RecurrentExtents& e = pass.extents;
  const Staging staging(e);
  multiply_input(pass, staging);
  for (Extent step = 0; step < e.steps; ++step) {
    const Real* before = pass.hidden_before(step);
    if (before != nullptr) {
      cpu::round_rows(before, e.units, e.rows, e.units, staged(pass) + staging.hidden, staging.units);
    }
    for (Extent block = 0; block < e.blocks(); ++block) {
      multiply_hidden(pass, staging, step, block);
      compute_gates(pass, step, block);
    }
  }
}

void pack_hidden_tiles(const RecurrentPass& pass) {
  pack_backward(pass, pass.hidden_weights(), pass.kind->hidden_slot, pass.packed_hh);
}

void round_slots(const RecurrentPass& pass, Extent step) {
  const Staging staging(pass.extents);
  round_step(pass, staging, step, staged(pass));
}

void gather_grad_hidden_tiles(const RecurrentPass& pass, Extent panel) {
  const cpu::TileScope scope;
  const RecurrentExtents& e = pass.extents;
  const Staging staging(e);
  cpu::multiply({.a = staged(pass),
                 .a_row = staging.slots,
                 .depth = staging.slots,
                 .b = packed_tiles(pass.packed_hh) + panel * staging.slots * kPanelWidth,
                 .c = pass.grad_hidden + panel * e.block_size(),
                 .c_row = kPanelWidth,
                 .rows = e.rows,
                 .packs = packs_of(e.units - panel * kPanelWidth),
                 .accumulate = pass.kind->passes_hidden});
}

void input_and_weight_gradients_tiles(const RecurrentPass& pass) {
  const cpu::TileScope scope;
  const RecurrentExtents& e = pass.extents;
  const Staging staging(e);
  const bool wants_x = pass.grad_x.data != nullptr;
  if (wants_x) pack_backward(pass, pass.input_weights(), 0, pass.packed_ih);
  const WeightFactor input = input_factor(pass);
  const WeightFactor hidden = hidden_factor(pass);
  for (Extent begin = 0; begin < e.steps; begin += staging.steps) {
    const Extent end = std::min(begin + staging.steps, e.steps);
    const Extent step_rows = staging.rows * staging.slots;
    for (Extent step = begin; step < end; ++step) {
      if (wants_x) round_step(pass, staging, step, staged(pass) + (step - begin) * step_rows);
      for (Extent block = 0; block < e.blocks(); ++block) {
        Bfloat16* to = staged(pass) + staging.tiles + (block * (end - begin) + step - begin) * staging.depth * kPanelWidth;
        cpu::pack_tiles(pass.gates_at(step, block), kPanelWidth, e.rows, cpu::kPanelPacks, to);
      }
    }
    for (Extent panel = 0; wants_x && panel < RecurrentExtents::panels(e.inputs); ++panel) {
      for (Extent step = begin; step < end; ++step) {
        multiply_grad_input(pass, staging, step, panel, staged(pass) + (step - begin) * step_rows);
      }
    }
    add_weight_products(pass, staging, input, begin, end);
    add_weight_products(pass, staging, hidden, begin, end);
  }
  write_weight_gradient(pass, input);
  write_weight_gradient(pass, hidden);
}

#else

Extent tile_staging_size(const RecurrentExtents& /*extents*/) { return 0; }
void pack_for_forward_tiles(const RecurrentPass& /*pass*/) {}
void forward_tiles(const RecurrentPass& /*pass*/) {}
void pack_hidden_tiles(const RecurrentPass& /*pass*/) {}
void round_slots(const RecurrentPass& /*pass*/, Extent /*step*/) {}
void gather_grad_hidden_tiles(const RecurrentPass& /*pass*/, Extent /*panel*/) {}
void input_and_weight_gradients_tiles(const RecurrentPass& /*pass*/) {}

#endif

}  // namespace fovea
