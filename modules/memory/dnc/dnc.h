#pragma once

#include <string>

#include "framework/graph/functions.h"

// The addressing of a differentiable neural computer (Graves et al. 2016, Nature 538, 'Hybrid computing using a neural
// network with dynamic external memory', methods), one function for each of its parts. Axis letters: B batch, N slots,
// D width of a slot, R heads that read.
namespace fovea {

/// How much of each slot is kept by the heads that have read it.
///
/// Solves    psi_n = prod over r of (1 - f_r w_rn), w the read weights of the step before.
/// Shapes    read_weights [B, R, N], free_gates [B, R] in [0, 1] -> [B, N].
Value retention(Value read_weights, Value free_gates, At at = At::here());

/// Solves    u'_n = (u_n + w_n - u_n w_n) psi_n, w the write weights of the step before.
/// Shapes    usage, write_weights, retained [B, N] in [0, 1] -> [B, N] in [0, 1].
Value update_usage(Value usage, Value write_weights, Value retained, At at = At::here());

/// Weights for writing to the slots that are used least; see make_allocation of modules/memory/dnc/allocation.h.
///
/// Shapes    usage [B, N] in [0, 1] -> [B, N].
Value allocate(Value usage, At at = At::here());

/// How much each slot was written right after each other one; see make_temporal_links of
/// modules/memory/dnc/temporal_links.h.
///
/// Shapes    links [B, N, N], precedence [B, N] of the step before, write_weights [B, N] -> [B, N, N].
Value update_links(Value links, Value precedence, Value write_weights, At at = At::here());

/// Solves    p'_n = (1 - sum over i of w_i) p_n + w_n: how much each slot was the last one written.
/// Shapes    precedence and write_weights [B, N] -> [B, N].
Value update_precedence(Value precedence, Value write_weights, At at = At::here());

/// Where the heads get to by following the links from where they were.
///
/// Solves    forward_i = sum over j of L_ij w_j, backward_j = sum over i of L_ij w_i.
/// Shapes    links [B, N, N], read_weights [B, R, N] -> [B, R, N] each.
Value follow_links(Value links, Value read_weights, At at = At::here());
Value trace_links(Value links, Value read_weights, At at = At::here());

/// Solves    y_n = (w_n + 1e-6)^power / sum over i of (w_i + 1e-6)^power; weights that are all 0 become equal.
/// Shapes    weights [B, R, N], power [B, R] >= 1 -> [B, R, N].
/// Source    Csordas & Schmidhuber 2019, arXiv:1904.10278, section 3.3.
Value sharpen_links(Value weights, Value power, At at = At::here());

/// How the addressing differs from the paper: improvements of Csordas & Schmidhuber 2019, arXiv:1904.10278.
struct DncVariant {
  bool has_masks = false;    // a key says which of its elements are looked for (section 3.1)
  bool deallocates = false;  // what is given up is erased from its slot (section 3.2)
  bool sharpens = false;     // what is found by the links is sharpened (section 3.3)
};

struct DncSize {
  Extent width = 0;  // D, of a slot
  Extent reads = 0;  // R, heads
};

/// What a controller sends to the memory, for each row of the batch.
struct DncControls {
  Value write_key;        // [B, D]
  Value write_mask;       // [B, D] in [0, 1], or empty
  Value write_sharpness;  // [B] >= 1
  Value erase;            // [B, D] in [0, 1]
  Value added;            // [B, D]
  Value allocation_gate;  // [B] in [0, 1]: 1 writes to free slots, 0 to what was found
  Value write_gate;       // [B] in [0, 1]: 0 writes nothing
  Value read_keys;        // [B, R, D]
  Value read_masks;       // [B, R, D] in [0, 1], or empty
  Value read_sharpness;   // [B, R] >= 1
  Value free_gates;       // [B, R] in [0, 1]
  Value modes;            // [B, R, 3]: backward, content, forward; summing to 1
  Value backward_power;   // [B, R] >= 1, or empty
  Value forward_power;    // [B, R] >= 1, or empty
};

/// The controls as a linear function of the state of a controller, mapped into their ranges.
///
/// Shapes    control [B, H] -> see DncControls. Parameters "weight" and "bias" at the scope
///           of the name.
/// Source    Graves et al. 2016, methods, 'Interface parameters': sigmoid for gates, 1 + softplus for sharpness, softmax
///           for the modes.
DncControls dnc_controls(Builder& builder, const std::string& name, Value control, DncSize size, const DncVariant& variant);

}  // namespace fovea
