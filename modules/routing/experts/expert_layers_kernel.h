#pragma once

#include <vector>

#include "framework/cpu/pair_product.h"
#include "framework/cpu/panel_product.h"
#include "modules/routing/experts/expert_layers.h"
#include "modules/routing/experts/expert_rows.h"

// Internal to expert_layers: its parts, for products of Reals and of bfloat16 pairs.
//
// Rows lie sorted by expert, each at a place, and in panels of kWidth columns: [panels, places, kWidth]. What is summed over
// columns is kept "along columns", what is summed over rows "along rows"; for Reals both are the same, with pairs an element
// holds two columns in the first and two rows in the second.
namespace fovea::experts {

inline constexpr Extent kWidth = cpu::kPanelWidth;
inline constexpr Extent kChunk = 256;  // rows of a chunk, times the factors of an element
inline constexpr Extent kBlock = 4;    // panels of hidden units that are worked on between the two layers

struct Extents {
  Extent experts = 0;
  Extent rows = 0;
  Extent per_row = 0;  // K
  Extent width = 0;    // D
  Extent hidden = 0;   // H
  Extent chunk = 0;    // rows of a chunk at most
  Extent places = 0;

  ExpertRows::Extents sorted() const { return {experts, rows * per_row, chunk}; }
  Extent width_panels() const { return (width + kWidth - 1) / kWidth; }
  Extent hidden_panels() const { return (hidden + kWidth - 1) / kWidth; }
};

/// One call. Gradients are null where not wanted.
struct Call {
  Extents e;
  ExpertLayers options;
  ExpertRows rows;
  const Real* x = nullptr;        // [rows, D]
  const Index* kept = nullptr;    // [rows, K]
  const Real* weights = nullptr;  // [rows, K]
  const Real* w1 = nullptr;       // [E, H, D]
  const Real* w2 = nullptr;       // [E, D, H]
  const Real* b1 = nullptr;       // [E, H] or null
  const Real* b2 = nullptr;       // [E, D] or null
  Real* y = nullptr;              // [rows, D]
  // Kept for backward, in panels:
  Real* inputs = nullptr;   // x by place, along rows
  Real* hidden = nullptr;   // f(z), or z where the slope of f reads it, along rows; backward leaves the gradient of z there
  Real* outputs = nullptr;  // of the experts, without weights; Reals
  // In forward or backward alone:
  Real* columns = nullptr;         // forward: x along columns; backward: weighted grad_y along columns
  Real* values = nullptr;          // kBlock panels of f(z) along columns
  Real* weighted_grads = nullptr;  // weighted grad_y along rows
  Real* pulled = nullptr;          // grad_x by place; Reals

  const Real* grad_y = nullptr;
  Real* grad_x = nullptr;
  Real* grad_weights = nullptr;
  Real* grad_w1 = nullptr;
  Real* grad_w2 = nullptr;
  Real* grad_b1 = nullptr;
  Real* grad_b2 = nullptr;
  bool assigns_w1 = false;
  bool assigns_w2 = false;
};

/// Whether products are made of bfloat16 pairs.
inline bool has_pairs(const ExpertLayers& options) { return cpu::kHasPairs && options.products == cpu::Products::kBf16; }

/// Memory of a call: what is kept from forward to backward, and what is not.
std::vector<Type> kept_memory(const Extents& e, const ExpertLayers& options);
std::vector<Type> passing_memory(const Extents& e, const ExpertLayers& options);
void set_memory(const OpRun& run, Call& call);

void forward(const Call& call);
void backward(const Call& call);
void pull_inputs(const Call& call);  // its last part: the gradient of x

}  // namespace fovea::experts
