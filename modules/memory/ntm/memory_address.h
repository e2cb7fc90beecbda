#pragma once

#include <cstdint>

#include "framework/ops/checks.h"

namespace fovea {

/// How blurred weights are made sharp: kPower raises them to a power and normalises; kSparse multiplies them by the power
/// and projects them onto the simplex, so that a slot of far more weight than the others gets exactly 1.
enum class Sharpening : std::uint8_t { kPower, kSparse };

/// Where a head of a neural Turing machine goes, fused: what it found, mixed with where it was, moved and sharpened.
///
/// Solves    mixed = gate found + (1 - gate) previous; moved_n = sum over s of shift_s mixed_((n - (s - R)) mod N);
///           kPower: y_n = moved_n^power / sum over i of moved_i^power; kSparse: y = sparsemax(power moved).
/// Shapes    found [B, N], previous [B, N], gate [B], shift [B, 2 R + 1], power [B] -> [B, N]; R <= N.
/// Gradient  exact.
/// Cost      (2 R + 4) N multiply-adds a row; kPower: a logarithm and an exponential of each weight.
/// Source    Graves et al. 2014, arXiv:1410.5401, equations 7 to 9; Martins & Astudillo 2016, arXiv:1602.02068.
OpPointer make_memory_address(Sharpening sharpening);

}  // namespace fovea
