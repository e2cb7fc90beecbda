#include "framework/ops/recurrent/recurrent_cell.h"

namespace fovea {
namespace {

using cpu::kPack;
using cpu::kPanelWidth;
using cpu::load;
using cpu::multiply_add;
using cpu::Pack;
using cpu::store;

// Slots: n (its part from x), r, z, m (the part of n from h), so that either product fills three neighbours.
// r, z = sigmoid(...);    m = W_hn h + b_hn;    n = tanh(W_in x + b_in + r m);    h' = (1 - z) n + z h = n + z (h - n)
void forward(const GateStep& step) {
  const Pack bias[4] = {load(step.bias), load(step.bias + kPack), load(step.bias + 2 * kPack), load(step.bias + 3 * kPack)};
  for (Extent row = 0; row < step.rows; ++row) {
    Real* gates = step.gates + row * kPanelWidth;
    const Pack r = cpu::sigmoid_pack(load(gates + kPack) + bias[1]);
    const Pack z = cpu::sigmoid_pack(load(gates + 2 * kPack) + bias[2]);
    const Pack m = load(gates + 3 * kPack) + bias[3];
    const Pack n = cpu::tanh_pack(multiply_add(r, m, load(gates) + bias[0]));
    Pack h{};
    if (step.hidden_before != nullptr) h = load_lanes(step.hidden_before + row * step.hidden_row, step.lanes);
    store(gates, n);
    store(gates + kPack, r);
    store(gates + 2 * kPack, z);
    store(gates + 3 * kPack, m);
    store_lanes(step.hidden + row * step.hidden_row, multiply_add(z, h - n, n), step.lanes);
  }
}

void backward(const GateStep& step) {
  Pack totals[4] = {load(step.grad_bias), load(step.grad_bias + kPack), load(step.grad_bias + 2 * kPack),
                    load(step.grad_bias + 3 * kPack)};
  for (Extent row = 0; row < step.rows; ++row) {
    Real* gates = step.gates + row * kPanelWidth;
    const Pack n = load(gates);
    const Pack r = load(gates + kPack);
    const Pack z = load(gates + 2 * kPack);
    const Pack m = load(gates + 3 * kPack);
    Pack grad_h = load(step.grad_hidden + row * kPanelWidth);
    if (step.grad_out != nullptr) grad_h += load_lanes(step.grad_out + row * step.hidden_row, step.lanes);
    Pack h{};
    if (step.hidden_before != nullptr) h = load_lanes(step.hidden_before + row * step.hidden_row, step.lanes);
    // h' = n + z (h - n)
    const Pack grad_n = grad_h * (Real(1) - z) * (Real(1) - n * n);
    const Pack grad_z = grad_h * (h - n) * z * (Real(1) - z);
    store(step.grad_hidden + row * kPanelWidth, grad_h * z);
    // n = tanh(... + r m)
    const Pack grads[4] = {grad_n, grad_n * m * r * (Real(1) - r), grad_z, grad_n * r};
    for (int slot = 0; slot < 4; ++slot) {
      totals[slot] += grads[slot];
      store(gates + slot * kPack, grads[slot]);
    }
  }
  for (int slot = 0; slot < 4; ++slot) store(step.grad_bias + slot * kPack, totals[slot]);
}

}  // namespace

const CellKind kGru = {.name = "gru",
                       .cell_name = "gru_cell",
                       .passes_hidden = true,
                       .gates = 3,
                       .hidden_slot = 1,
                       .input_gates = {2, 0, 1},
                       .hidden_gates = {0, 1, 2},
                       .forward = forward,
                       .backward = backward};

}  // namespace fovea
