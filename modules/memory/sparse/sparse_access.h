#pragma once

#include <string>

#include "framework/ops/checks.h"
#include "modules/memory/large/memory_read_row.h"

namespace fovea {

/// How a memory that is accessed at few places begins: with empty words, or random ones of deviation 1.
enum class MemoryStart : std::uint8_t { kZero, kNormal };

struct SparseAccess {
  Extent slots = 1024;          // N
  Extent kept = 4;              // K, words that a head reads
  ScoreRule rule = {};          // of the search: a cosine
  double least_access = 0.005;  // a weight above it is an access
  std::string index = "exact";  // a slot index, see modules/memory/large/slot_index.h
  MemoryStart start = MemoryStart::kZero;
};

/// One step of a memory that is written and read at few places. The memory is a state of this op (OpState): no tensor of a
/// graph holds it, so that no step touches, copies or clears more of it than the words that it accesses.
///
/// Solves    for each head, one after the other: u, the least recently accessed slot, is emptied;
///           M_u = write_gate (1 - reuse) added; M_n += write_gate reuse w'_n added for the slots n that the head read at
///           the step before with weights w'. Then each head reads: kept = the K words with the largest cosine to its query,
///           w = softmax of sharpness times score over these, read = sum over kept of w_n M_n. What is written or read with
///           a weight above `least_access` is accessed.
/// Shapes    query and added [B, H, D]; sharpness, write_gate and reuse [B, H]; weights [B, H, K] and kept Index [B, H, K]
///           of the step before (-1: none) -> read [B, H, D], weights [B, H, K], kept Index [B, H, K], and the emptied
///           slots Index [B, H].
/// Gradient  exact for what was kept and for the order of accesses; through all steps. Backward walks the steps of the loop
///           backwards and puts the words back as they were.
/// Errors    K above N. Outside a loop, or in a loop within a loop, the memory begins anew.
/// Cost      a step O(H K D) plus the search of the index and what the index needs for H (K + 1) writes; backward O(H K
///           D). Memory: N (D + 3) words of the address space once a row and execution, of which only touched pages exist
///           where it begins empty; H (K + 1) D Reals a step. Starting a sequence costs what the one before touched.
/// Source    Rae et al. 2016, arXiv:1610.09027, sections 3.1 to 3.4. The gradient of the first words is dropped.
OpPointer make_sparse_access(const SparseAccess& options);

}  // namespace fovea
