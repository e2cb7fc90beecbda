#pragma once

#include "framework/cpu/gemm.h"
#include "framework/ops/checks.h"

// Fused recurrent layers. Weights have PyTorch's layout: the gates of weight_ih [G H, D], weight_hh [G H, H] and of the
// biases [G H] lie one after the other, i, f, g, o for the LSTM and r, z, n for the GRU.
namespace fovea {

struct RecurrentOptions {
  bool zero_state = false;  // the sequence begins at zero: h0 (and c0) are left out of the inputs
  bool reverse = false;     // from the last step to the first; y keeps the order of x
  cpu::Products products = cpu::Products::kFull;
};

/// Inputs x [T, B, D], h0 [B, H], c0 [B, H], weight_ih, weight_hh, bias_ih, bias_hh -> y [T, B, H], h [B, H], c [B, H].
///   i, f, o = sigmoid(...), g = tanh(...),    c' = f c + i g,    h' = o tanh(c')
OpPointer make_lstm(const RecurrentOptions& options);

/// Inputs x [T, B, D], h0 [B, H], weight_ih, weight_hh, bias_ih, bias_hh -> y [T, B, H], h [B, H].
///   r, z = sigmoid(...),    n = tanh(W_in x + b_in + r (W_hn h + b_hn)),    h' = (1 - z) n + z h
OpPointer make_gru(const RecurrentOptions& options);

/// One step: x [B, D], h [B, H], c [B, H], weight_ih, weight_hh, bias_ih, bias_hh -> h [B, H], c [B, H].
OpPointer make_lstm_cell(cpu::Products products);
/// One step: x [B, D], h [B, H], weight_ih, weight_hh, bias_ih, bias_hh -> h [B, H].
OpPointer make_gru_cell(cpu::Products products);

/// For many steps with the same weights and no gradient (decoding): weight_ih, weight_hh -> both as the kernel reads them,
/// which the cell otherwise does in every call; and the cell that takes these instead. The same bits.
OpPointer make_lstm_packing(cpu::Products products);
OpPointer make_packed_lstm_cell(cpu::Products products);

}  // namespace fovea
