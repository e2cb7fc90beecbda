#include <algorithm>

#include "framework/cpu/packs.h"
#include "framework/cpu/transpose.h"
#include "framework/ops/recurrent/recurrent_pass.h"

// Weight gradients. With dS [T B, slots] the gradients of the sums in the slots and A [T B, W] what the weights
// multiplied (x, or h one step before), grad_weight' = A' dS is computed panel by panel of slots and transposed at the end.
namespace fovea {
namespace {

using cpu::kPanelWidth;

// About 128 rows of slots fit, with the factors, into the first-level cache.
Extent steps_together(Extent rows) { return std::max<Extent>(1, 128 / rows); }

// panel (+)= A' dS over steps [step, step + count).
void multiply_chunk(const RecurrentPass& pass, const WeightFactor& factor, Extent step, Extent count, Extent block) {
  if (factor.grad.data == nullptr || factor.at(step) == nullptr) return;
  const RecurrentExtents& e = pass.extents;
  const Extent share = count * e.rows * factor.width / e.blocks();  // of the factors of the next chunk
  const Extent first_step = factor.first == nullptr ? 1 : 0;
  cpu::multiply({.a = factor.at(step),
                 .a_row = 1,
                 .a_step = factor.width,
                 .a_block = factor.step,
                 .b = pass.gates_at(step, block) + factor.first_slot * kPack,
                 .b_block = e.step_size(),
                 .blocks = count,
                 .steps = e.rows,
                 .c = factor.panels + block * factor.width * e.panel_width(),
                 .c_row = e.panel_width(),
                 .rows = factor.width,
                 .packs = e.gates,
                 .accumulate = step > first_step,
                 .next = block + 1 < e.blocks() ? e.block_size() : 0,
                 .fetch = {fetched(factor.rest + (step + count - 1) * factor.step + block * share,
                                   step + count < e.steps ? share : 0)}});
}

}  // namespace

WeightFactor input_factor(const RecurrentPass& pass) {
  return {.first = pass.x,
          .rest = pass.x + pass.x_step,
          .step = pass.x_step,
          .width = pass.extents.inputs,
          .first_slot = 0,
          .gates = pass.kind->input_order(),
          .grad = pass.grad_weight_ih,
          .panels = pass.grad_panels};
}

WeightFactor hidden_factor(const RecurrentPass& pass) {
  return {.first = pass.h0,
          .rest = pass.y,
          .step = pass.y_step,
          .width = pass.extents.units,
          .first_slot = pass.kind->hidden_slot,
          .gates = pass.kind->hidden_order(),
          .grad = pass.grad_weight_hh,
          .panels = pass.grad_panels + pass.extents.grad_panels_size(pass.extents.inputs)};
}

// grad_weight[gate H + unit][k] (+)= panels[block][k][gate][lane]
void write_weight_gradient(const RecurrentPass& pass, const WeightFactor& factor) {
  const RecurrentExtents& e = pass.extents;
  if (factor.grad.data == nullptr) return;
  if (e.steps == 1 && factor.first == nullptr) {  // nothing was multiplied
    if (factor.grad.assign) clear(factor.grad.data, e.gates * e.units * factor.width);
    return;
  }
  cpu::PackBlock square;
  for (Extent block = 0; block < e.blocks(); ++block) {
    const Real* panel = factor.panels + block * factor.width * e.panel_width();
    for (std::size_t slot = 0; slot < factor.gates.size(); ++slot) {
      Real* to = factor.grad.data + (factor.gates[slot] * e.units + block * kPack) * factor.width;
      for (Extent k = 0; k < factor.width; k += kPack) {
        const Real* from = panel + k * e.panel_width() + static_cast<Extent>(slot) * kPack;
        cpu::read_block(from, e.panel_width(), factor.width - k, kPack, square);
        cpu::transpose(square);
        cpu::write_block(square, {.data = to + k,
                                  .leading = factor.width,
                                  .rows = pass.lanes(block),
                                  .columns = factor.width - k,
                                  .accumulate = !factor.grad.assign});
      }
    }
  }
}

void recurrent_weight_gradients(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  const WeightFactor input = input_factor(pass);
  const WeightFactor hidden = hidden_factor(pass);
  const Extent together = panels_together((e.inputs + e.units) * e.panel_width() * static_cast<Extent>(sizeof(Real)));
  const Extent chunk = steps_together(e.rows);
  for (Extent begin = 0; begin < e.blocks(); begin += together) {
    const Extent end = std::min(begin + together, e.blocks());
    Extent count = 1;  // step 0 alone: what it multiplies may be elsewhere
    for (Extent step = 0; step < e.steps; step += count) {
      count = step == 0 ? 1 : std::min(chunk, e.steps - step);
      for (Extent block = begin; block < end; ++block) {
        multiply_chunk(pass, input, step, count, block);
        multiply_chunk(pass, hidden, step, count, block);
      }
    }
  }
  write_weight_gradient(pass, input);
  write_weight_gradient(pass, hidden);
}

}  // namespace fovea
