#pragma once

#include "framework/cpu/gemm.h"
#include "framework/ops/checks.h"

namespace fovea {

/// Two layers of each of several experts, with a function between them.
struct ExpertLayers {
  enum class Activation : std::uint8_t { kRelu, kGelu, kSilu, kTanh };
  Activation activation = Activation::kRelu;
  bool has_bias = false;  // two more inputs
  cpu::Products products = cpu::Products::kFull;
};

/// Each row goes through the experts that it was sent to; their outputs are added by weight.
///
/// Solves    y_r = sum over k of w_rk (W2_e f(W1_e x_r + b1_e) + b2_e) with e = kept_rk; e = -1 adds nothing.
/// Shapes    x [..., D], kept Index [..., K], weights [..., K], w1 [E, H, D], w2 [E, D, H], and b1 [E, H], b2 [E, D] -> y
///           [..., D].
/// Gradient  exact; with bfloat16 products, that of the rounded factors.
/// Errors    shapes that do not fit; an index outside of [-1, E), when run.
/// Cost      6 products of 2 D H operations for each pair of a row and an expert (2 forward, 4 backward). Pairs are sorted
///           by expert once for both layers and both directions, and nothing is padded. Memory (H + 2 D) Reals a pair. All
///           cores work on one batch element.
/// Source    Gale et al. 2022, arXiv:2211.15841, dropless mixtures of experts.
OpPointer make_expert_layers(const ExpertLayers& options);

}  // namespace fovea
