#include <algorithm>

#include "framework/cpu/packs.h"
#include "framework/ops/recurrent/recurrent_pass.h"

namespace fovea {
namespace {

using cpu::kPanelWidth;
using cpu::PanelProduct;

// Panels of weight [G H, width] whose rows follow the slots: [panels, blocks, gates, kPack, kPanelWidth].
void pack_weights(const RecurrentPass& pass, const Real* weight, Extent width, std::span<const int> gates, Real* packed) {
  const RecurrentExtents& e = pass.extents;
  for (Extent column = 0; column < width; column += kPanelWidth) {
    const Extent present = std::min(kPanelWidth, width - column);
    for (Extent block = 0; block < e.blocks(); ++block) {
      for (const int gate : gates) {
        for (Extent lane = 0; lane < kPack; ++lane, packed += kPanelWidth) {
          const Extent unit = block * kPack + lane;
          if (unit >= e.units || present < kPanelWidth) clear(packed, kPanelWidth);
          if (unit < e.units) copy(weight + (gate * e.units + unit) * width + column, packed, present);
        }
      }
    }
  }
}

// The product of the gradients in the slots of one step with a panel of packed weights.
PanelProduct through_weights(const RecurrentPass& pass, Extent step, Extent slots, const Real* packed, Extent panel) {
  const RecurrentExtents& e = pass.extents;
  const Extent size = e.blocks() * e.panel_width() * kPanelWidth;
  return {.a = pass.gates_at(step, 0) + slots,
          .a_row = kPanelWidth,
          .a_block = e.block_size(),
          .b = packed + panel * size,
          .b_block = e.panel_width() * kPanelWidth,
          .blocks = e.blocks(),
          .steps = e.panel_width(),
          .rows = e.rows,
          .next = size};
}

// grad_hidden (+)= the gradients in the slots of `later`, through W_hh.
void gather_grad_hidden(const RecurrentPass& pass, Extent later, Extent panel) {
  const RecurrentExtents& e = pass.extents;
  if (pass.staging != nullptr) {
    gather_grad_hidden_tiles(pass, panel);
    return;
  }
  PanelProduct product = through_weights(pass, later, pass.hidden_slots(), pass.packed_hh, panel);
  product.c = pass.grad_hidden + panel * e.block_size();
  product.packs = packs_of(e.units - panel * kPanelWidth);
  product.accumulate = pass.kind->passes_hidden;
  if ((panel + 1) * kPanelWidth >= e.units) product.next *= -panel;
  if (later > 0) {
    const Extent step = later - 1;
    const Extent part = product.packs * e.rows * kPack;
    const Real* grad_y = pass.grad_y == nullptr || step == 0 ? nullptr : pass.grad_y + (step - 1) * pass.y_step;
    product.fetch = {fetched(pass.gates_at(step, panel * cpu::kPanelPacks), product.packs * e.block_size()),
                     fetched(pass.cell_at(step - 1, panel * cpu::kPanelPacks), part),
                     fetched(grad_y == nullptr ? nullptr : grad_y + panel * kPanelWidth * e.rows, part)};
  }
  cpu::multiply(product);
}

void compute_steps(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  for (Extent step = e.steps - 1; step >= 0; --step) {
    for (Extent panel = 0; panel < RecurrentExtents::panels(e.units); ++panel) {
      if (step + 1 < e.steps) gather_grad_hidden(pass, step + 1, panel);
      const Extent end = std::min((panel + 1) * cpu::kPanelPacks, e.blocks());
      for (Extent block = panel * cpu::kPanelPacks; block < end; ++block) step_back(pass, step, block);
    }
    if (pass.staging != nullptr) round_slots(pass, step);
  }
}

void begin(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  clear(pass.bias, e.blocks() * kPanelWidth);
  for (Extent block = 0; block < e.blocks(); ++block) {
    // Blocks of a panel lie side by side.
    Real* to = pass.grad_hidden + block / cpu::kPanelPacks * e.block_size() + block % cpu::kPanelPacks * kPack;
    for (Extent row = 0; row < e.rows; ++row) {
      const Extent from = row * e.units + block * kPack;
      cpu::store(to + row * kPanelWidth, load_lanes(pass.grad_h + from, pass.lanes(block)));
      if (pass.cells == nullptr) continue;
      cpu::store(pass.grad_cell + (block * e.rows + row) * kPack, load_lanes(pass.grad_c + from, pass.lanes(block)));
    }
  }
}

void write_state_gradients(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  if (pass.grad_h0.data != nullptr) {
    for (Extent panel = 0; panel < RecurrentExtents::panels(e.units); ++panel) gather_grad_hidden(pass, 0, panel);
  }
  for (Extent block = 0; block < e.blocks(); ++block) {
    const Real* hidden = pass.grad_hidden + block / cpu::kPanelPacks * e.block_size() + block % cpu::kPanelPacks * kPack;
    const Extent lanes = pass.lanes(block);
    for (Extent row = 0; row < e.rows; ++row) {
      const Extent at = row * e.units + block * kPack;
      if (pass.grad_h0.data != nullptr) {
        put_lanes(pass.grad_h0.data + at, cpu::load(hidden + row * kPanelWidth), lanes, pass.grad_h0.assign);
      }
      if (pass.grad_c0.data != nullptr) {
        const Pack cell = cpu::load(pass.grad_cell + (block * e.rows + row) * kPack);
        put_lanes(pass.grad_c0.data + at, cell, lanes, pass.grad_c0.assign);
      }
    }
  }
}

void write_bias_gradient(const RecurrentPass& pass, int first_slot, const int (&gates)[4],
                         const RecurrentPass::Gradient& grad) {
  if (grad.data == nullptr) return;
  const RecurrentExtents& e = pass.extents;
  for (Extent unit = 0; unit < e.units; ++unit) {
    const Real* slots = pass.bias + unit / kPack * kPanelWidth + unit % kPack + first_slot * kPack;
    for (int gate = 0; gate < pass.kind->gates; ++gate) {
      Real& to = grad.data[gates[gate] * e.units + unit];
      to = grad.assign ? slots[gate * kPack] : to + slots[gate * kPack];
    }
  }
}

// A few columns: sums along the slots, rather than a panel that is nearly empty.
void multiply_narrow(const RecurrentPass& pass, Extent step, Real* grad_x) {
  const RecurrentExtents& e = pass.extents;
  const bool add = !pass.grad_x.assign;
  const Extent width = e.panel_width();
  for (Extent row = 0; row < e.rows; ++row) {
    for (Extent column = 0; column < e.inputs; ++column) {
      const Real* weight = pass.packed_ih + column * e.blocks() * width;
      Pack total{};
      for (Extent block = 0; block < e.blocks(); ++block, weight += width) {
        const Real* slots = pass.gates_at(step, block) + row * kPanelWidth;
        for (Extent i = 0; i < width; i += kPack) {
          total = cpu::multiply_add(cpu::load(slots + i), cpu::load(weight + i), total);
        }
      }
      Real& to = grad_x[row * e.inputs + column];
      to = add ? to + cpu::sum_lanes(total) : cpu::sum_lanes(total);
    }
  }
}

// weight_ih [G H, D] -> [D, blocks, gates, kPack].
void pack_narrow(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  Real* packed = pass.packed_ih;
  for (Extent column = 0; column < e.inputs; ++column) {
    for (Extent block = 0; block < e.blocks(); ++block) {
      for (const int gate : pass.kind->input_order()) {
        for (Extent lane = 0; lane < kPack; ++lane, ++packed) {
          const Extent unit = block * kPack + lane;
          *packed = unit < e.units ? pass.weight_ih[(gate * e.units + unit) * e.inputs + column] : Real(0);
        }
      }
    }
  }
}

// The last columns, which do not fill a pack: through the buffer of grad_hidden, which is free by now.
void multiply_partial(const RecurrentPass& pass, PanelProduct product, Real* grad_x, Extent columns) {
  const RecurrentExtents& e = pass.extents;
  product.c = pass.grad_hidden;
  product.c_row = kPanelWidth;
  product.accumulate = false;
  cpu::multiply(product);
  for (Extent row = 0; row < e.rows; ++row) {
    const Real* from = pass.grad_hidden + row * kPanelWidth;
    for (Extent column = 0; column < columns; column += kPack) {
      const Extent lanes = std::min(kPack, columns - column);
      put_lanes(grad_x + row * e.inputs + column, cpu::load(from + column), lanes, pass.grad_x.assign);
    }
  }
}

}  // namespace

void step_back(const RecurrentPass& pass, Extent step, Extent block) {
  const RecurrentExtents& e = pass.extents;
  const Real* before = pass.hidden_before(step);
  GateStep gates;
  gates.gates = pass.gates_at(step, block);
  gates.cell_before = pass.cell_at(step - 1, block);
  gates.cell = pass.cell_at(step, block);
  gates.hidden_before = before == nullptr ? nullptr : before + block * kPack;
  gates.hidden_row = e.units;
  gates.rows = e.rows;
  gates.lanes = pass.lanes(block);
  gates.grad_out = pass.grad_y == nullptr ? nullptr : pass.grad_y + step * pass.y_step + block * kPack;
  gates.grad_hidden = pass.grad_hidden + block / cpu::kPanelPacks * e.block_size() + block % cpu::kPanelPacks * kPack;
  gates.grad_cell = pass.grad_cell + block * e.rows * kPack;
  gates.grad_bias = pass.bias + block * kPanelWidth;
  pass.kind->backward(gates);
}

void recurrent_input_gradient(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  constexpr Extent kNarrow = 8;
  if (e.inputs < kNarrow) {
    pack_narrow(pass);
    for (Extent step = 0; step < e.steps; ++step) multiply_narrow(pass, step, pass.grad_x.data + step * pass.x_step);
    return;
  }
  pack_weights(pass, pass.weight_ih, e.inputs, pass.kind->input_order(), pass.packed_ih);
  const Extent panels = RecurrentExtents::panels(e.inputs);
  const Extent bytes = e.blocks() * e.panel_width() * kPanelWidth * static_cast<Extent>(sizeof(Real));
  const Extent together = panels_together(bytes);
  for (Extent first = 0; first < panels; first += together) {
    const Extent end = std::min(first + together, panels);
    const Extent share = e.step_size() / (end - first);  // of the next step, fetched during one product
    for (Extent step = 0; step < e.steps; ++step) {
      for (Extent panel = first; panel < end; ++panel) {
        PanelProduct product = through_weights(pass, step, 0, pass.packed_ih, panel);
        const Extent columns = std::min(kPanelWidth, e.inputs - panel * kPanelWidth);
        product.c = pass.grad_x.data + step * pass.x_step + panel * kPanelWidth;
        product.c_row = e.inputs;
        product.packs = packs_of(columns);
        product.accumulate = !pass.grad_x.assign;
        if (panel + 1 == end) product.next = 0;
        product.fetch = {fetched(pass.gates_at(step + 1, 0) + (panel - first) * share, step + 1 < e.steps ? share : 0)};
        if (columns % kPack == 0) {
          cpu::multiply(product);
        } else {
          multiply_partial(pass, product, product.c, columns);
        }
      }
    }
  }
}

void recurrent_backward(const RecurrentPass& pass) {
  const bool wants_h0 = pass.grad_h0.data != nullptr;
  if (pass.extents.steps > 1 || wants_h0) {
    if (pass.staging != nullptr) {
      pack_hidden_tiles(pass);
    } else {
      pack_weights(pass, pass.weight_hh, pass.extents.units, pass.kind->hidden_order(), pass.packed_hh);
    }
  }
  begin(pass);
  compute_steps(pass);
  if (wants_h0 || pass.grad_c0.data != nullptr) write_state_gradients(pass);
  write_bias_gradient(pass, 0, pass.kind->input_gates, pass.grad_bias_ih);
  write_bias_gradient(pass, pass.kind->hidden_slot, pass.kind->hidden_gates, pass.grad_bias_hh);
  if (pass.staging != nullptr) {
    input_and_weight_gradients_tiles(pass);
    return;
  }
  if (pass.grad_x.data != nullptr) recurrent_input_gradient(pass);
  recurrent_weight_gradients(pass);
}

}  // namespace fovea
