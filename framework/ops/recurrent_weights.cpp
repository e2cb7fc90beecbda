#include <algorithm>

#include "framework/cpu/transpose.h"
#include "framework/ops/packs.h"
#include "framework/ops/recurrent_pass.h"

// Weight gradients. With dS [T B, slots] the gradients of the sums in the slots and A [T B, W] what they were multiplied
// from (x, or y one step before), grad_weight' = A' dS is computed panel by panel of slots and transposed at the end.
namespace fovea {
namespace {

using cpu::kPanelWidth;

struct WeightGradient {
  const Real* first = nullptr;  // rows [B, width] of step 0; null: they are zero
  const Real* rest = nullptr;   // of step 1; later ones follow at a_step
  Extent a_step = 0;
  Extent width = 0;
  Extent first_slot = 0;
  std::span<const int> gates;
  const RecurrentPass::Gradient* grad = nullptr;
};

// About 128 rows of slots fit, with the factors, into the first-level cache.
Extent steps_together(Extent rows) { return std::max<Extent>(1, 128 / rows); }

void multiply_chunk(const RecurrentPass& pass, const WeightGradient& what, Extent step, Extent count, Extent block,
                    bool fetch) {
  const RecurrentExtents& e = pass.extents;
  cpu::multiply({.a = step == 0 ? what.first : what.rest + (step - 1) * what.a_step,
            .a_row = 1,
            .a_step = what.width,
            .a_block = what.a_step,
            .b = pass.gates_at(step, block) + what.first_slot * kPack,
            .b_block = e.step_size(),
            .blocks = count,
            .steps = e.rows,
            .c = pass.grad_panels + block * what.width * e.panel_width(),
            .c_row = e.panel_width(),
            .rows = what.width,
            .packs = e.gates,
            .accumulate = step > (what.first == nullptr ? 1 : 0),
            .next = fetch ? e.block_size() : 0});
}

// grad_weight[gate H + unit][k] (+)= panels[block][k][gate][lane]
void write_transposed(const RecurrentPass& pass, const WeightGradient& what) {
  const RecurrentExtents& e = pass.extents;
  cpu::PackBlock square;
  for (Extent block = 0; block < e.blocks(); ++block) {
    const Real* panel = pass.grad_panels + block * what.width * e.panel_width();
    for (std::size_t slot = 0; slot < what.gates.size(); ++slot) {
      Real* to = what.grad->data + (what.gates[slot] * e.units + block * kPack) * what.width;
      for (Extent k = 0; k < what.width; k += kPack) {
        const Real* from = panel + k * e.panel_width() + static_cast<Extent>(slot) * kPack;
        cpu::read_block(from, e.panel_width(), what.width - k, kPack, square);
        cpu::transpose(square);
        cpu::write_block(square, to + k, what.width, pass.lanes(block), what.width - k, !what.grad->assign);
      }
    }
  }
}

void compute(const RecurrentPass& pass, const WeightGradient& what) {
  const RecurrentExtents& e = pass.extents;
  const Extent bytes = what.width * e.panel_width() * static_cast<Extent>(sizeof(Real));
  const Extent together = panels_together(bytes);
  const Extent chunk = steps_together(e.rows);
  for (Extent begin = 0; begin < e.blocks(); begin += together) {
    const Extent end = std::min(begin + together, e.blocks());
    Extent count = 1;  // step 0 alone: what it is multiplied from may lie elsewhere
    for (Extent step = what.first == nullptr ? 1 : 0; step < e.steps; step += count) {
      count = step == 0 ? 1 : std::min(chunk, e.steps - step);
      for (Extent block = begin; block < end; ++block) multiply_chunk(pass, what, step, count, block, block + 1 < end);
    }
  }
  write_transposed(pass, what);
}

}  // namespace

void recurrent_weight_gradients(const RecurrentPass& pass) {
  const RecurrentExtents& e = pass.extents;
  if (pass.grad_weight_ih.data != nullptr) {
    compute(pass, {pass.x, pass.x + pass.x_step, pass.x_step, e.inputs, 0, pass.kind->input_order(), &pass.grad_weight_ih});
  }
  if (pass.grad_weight_hh.data == nullptr) return;
  if (e.steps == 1 && pass.h0 == nullptr) {
    if (pass.grad_weight_hh.assign) clear(pass.grad_weight_hh.data, e.gates * e.units * e.units);
    return;
  }
  compute(pass, {pass.h0, pass.y, pass.y_step, e.units, pass.kind->hidden_slot, pass.kind->hidden_order(),
                 &pass.grad_weight_hh});
}

}  // namespace fovea
