#pragma once

#include "framework/graph/functions.h"

// What tells attention where an item is. Axis letters: B batch, T time, M queries, N items, D width; position t is the
// place along the second axis, from 0.
namespace fovea {

/// Adds fixed waves of many lengths.
///
/// Solves    y_td = x_td + sin(t / 10000^(d / D)) for even d, + cos(t / 10000^((d - 1) / D)) for odd d.
/// Shapes    x [B, T, D] -> [B, T, D]; any T.
/// Source    Vaswani et al. 2017, arXiv:1706.03762, section 3.5.
Value add_sinusoid(Value x, At at = At::here());

/// Adds a learned vector for each position.
///
/// Shapes    x [B, T, D], table [L, D] -> [B, T, D], T <= L.
/// Errors    T > L, when a plan is made.
/// Source    Gehring et al. 2017, arXiv:1705.03122, section 3.1.
Value add_positions(Value x, Value table, At at = At::here());

/// Rotates pairs of neighbouring elements by angles that grow with the position, so that the dot product of a query and a
/// key depends only on the distance between them.
///
/// Solves    (y_2i, y_2i+1) = R(t base^(-2i / width)) (x_2i, x_2i+1) within every block of `width` elements, R(a) the
///           rotation by the angle a.
/// Shapes    x [B, T, D] -> [B, T, D]; D a multiple of `width`, `width` even: one block for each head.
/// Source    Su et al. 2021, arXiv:2104.09864, equation 34.
struct RotaryOptions {
  Extent width = 2;
  double base = 10000;
};
Value rotate_positions(Value x, RotaryOptions options, At at = At::here());

/// A learned bias for each distance between an item and a query; farther ones share that of the farthest.
///
/// Solves    y_mn = table_(R + max(-R, min(n - m, R))).
/// Shapes    table [2 R + 1], queries [B, M, ...], items [B, N, ...] -> [M, N]; queries and items give only their extents.
/// Source    Shaw et al. 2018, arXiv:1803.02155, for clipped distances; Raffel et al. 2020, arXiv:1910.10683, section 2.1,
///           for one number a distance.
Value relative_bias(Value table, Value queries, Value items, At at = At::here());

}  // namespace fovea
