#include "framework/ops/recurrent/recurrent_cell.h"

namespace fovea {
namespace {

using cpu::kPack;
using cpu::kPanelWidth;
using cpu::load;
using cpu::multiply_add;
using cpu::Pack;
using cpu::store;

// i, f, o = sigmoid(...), g = tanh(...);    c' = f c + i g;    h' = o tanh(c')
void forward(const GateStep& step) {
  const Pack bias[4] = {load(step.bias), load(step.bias + kPack), load(step.bias + 2 * kPack), load(step.bias + 3 * kPack)};
  for (Extent row = 0; row < step.rows; ++row) {
    Real* gates = step.gates + row * kPanelWidth;
    const Pack i = cpu::sigmoid_pack(load(gates) + bias[0]);
    const Pack f = cpu::sigmoid_pack(load(gates + kPack) + bias[1]);
    const Pack g = cpu::tanh_pack(load(gates + 2 * kPack) + bias[2]);
    const Pack o = cpu::sigmoid_pack(load(gates + 3 * kPack) + bias[3]);
    const Pack c = multiply_add(f, load(step.cell_before + row * kPack), i * g);
    store(gates, i);
    store(gates + kPack, f);
    store(gates + 2 * kPack, g);
    store(gates + 3 * kPack, o);
    store(step.cell + row * kPack, c);
    store_lanes(step.hidden + row * step.hidden_row, o * cpu::tanh_pack(c), step.lanes);
  }
}

void backward(const GateStep& step) {
  Pack totals[4] = {load(step.grad_bias), load(step.grad_bias + kPack), load(step.grad_bias + 2 * kPack),
                    load(step.grad_bias + 3 * kPack)};
  for (Extent row = 0; row < step.rows; ++row) {
    Real* gates = step.gates + row * kPanelWidth;
    const Pack i = load(gates);
    const Pack f = load(gates + kPack);
    const Pack g = load(gates + 2 * kPack);
    const Pack o = load(gates + 3 * kPack);
    Pack grad_h = load(step.grad_hidden + row * kPanelWidth);
    if (step.grad_out != nullptr) grad_h += load_lanes(step.grad_out + row * step.hidden_row, step.lanes);
    // h' = o tanh(c')
    const Pack t = cpu::tanh_pack(load(step.cell + row * kPack));
    const Pack grad_c = load(step.grad_cell + row * kPack) + grad_h * o * (Real(1) - t * t);
    // c' = f c + i g
    store(step.grad_cell + row * kPack, grad_c * f);
    const Pack grads[4] = {grad_c * g * i * (Real(1) - i), grad_c * load(step.cell_before + row * kPack) * f * (Real(1) - f),
                           grad_c * i * (Real(1) - g * g), grad_h * t * o * (Real(1) - o)};
    for (int slot = 0; slot < 4; ++slot) {
      totals[slot] += grads[slot];
      store(gates + slot * kPack, grads[slot]);
    }
  }
  for (int slot = 0; slot < 4; ++slot) store(step.grad_bias + slot * kPack, totals[slot]);
}

}  // namespace

const CellKind kLstm = {.name = "lstm",
                        .cell_name = "lstm_cell",
                        .has_cell = true,
                        .gates = 4,
                        .input_gates = {0, 1, 2, 3},
                        .hidden_gates = {0, 1, 2, 3},
                        .forward = forward,
                        .backward = backward};

}  // namespace fovea
