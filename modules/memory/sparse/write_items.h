#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// Where the new memory is: in a separate tensor, or in place of the old one (Op::overwrites).
enum class WriteTo : std::uint8_t { kCopy, kPlace };

/// A hard write: only the kept slots of a memory are touched.
///
/// Solves    for each head m, one after the other, and each kept slot n = kept_mk: M_n = M_n (1 - w_mk erase_m) + w_mk
///           added_m.
/// Shapes    memory [B, N, D], kept Index [B, M, K] (-1: none), weights [B, M, K], erase and added [B, M, D], and, where
///           the gradient of every weight is wanted, the weights of all slots [B, M, N], whose values are not read
///           -> the new memory [B, N, D]. Both ways to write give the same bits.
/// Gradient  exact. That of a weight of a slot that was not kept, had it been written with a small weight by this head, goes
///           to the weights of all slots.
/// Errors    an index outside of [-1, N), when run.
/// Cost      kPlace: O(M K D) time a row, M K D Reals of scratch for the old slots, which backward puts back; with the
///           gradient of every weight O(M N D) in backward. kCopy: O(N D) on top of that.
/// Source    Rae et al. 2016, arXiv:1610.09027, sections 3.1, 3.2 and 3.4.
OpPointer make_write_items(WriteTo to);

}  // namespace fovea
