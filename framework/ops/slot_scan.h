#pragma once

#include "framework/core/real.h"

// Internal to ops that search a memory: one pass over its slots that keeps the best of each query and writes no scores.
namespace fovea {

/// What is looked for. queries [Q, D]; slots [N, D]. A cosine divides the dot product by max(|slot|, epsilon); the queries
/// then come with the length that their scores shall have.
struct SlotScan {
  const Real* queries = nullptr;
  const Real* slots = nullptr;
  Extent count = 0;  // Q
  Extent width = 0;  // D
  bool is_cosine = false;
  Real epsilon = 0;
};

/// The K best slots of each query, best first, ties to the lowest slot: scores [Q, K], -inf where there are fewer, and slots
/// [Q, K], -1 there. Where the sum over all slots is wanted: maxima and sums [Q, kSumWidth], partial log-sums of exp(score).
struct BestSlots {
  static constexpr Extent kSumWidth = 64 / static_cast<Extent>(sizeof(Real));

  Real* scores = nullptr;
  Index* slots = nullptr;
  Extent kept = 0;  // K
  Real* maxima = nullptr;
  Real* sums = nullptr;
};

void clear_best(const BestSlots& best, Extent queries);

/// Adds the slots [begin, end) to what was found before in lower slots. The scores of a slot depend on it, on its query and
/// on Q alone. A score that is not a number is never kept.
///
/// Cost      Q D (end - begin) multiply-adds; every slot is read once, whatever Q is.
void scan_slots(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best);

/// Adds what was found of the slots behind those of `best`.
void merge_best(const BestSlots& later, Extent queries, const BestSlots& best);

/// log of the sum over all slots of exp(score), of one query.
Real log_sum_of(const BestSlots& best, Extent query);

/// How many slots a task scans: depends on N alone.
Extent scan_tile(Extent slots);

}  // namespace fovea
