#pragma once

#include "framework/core/real.h"

// Internal to ops that search a memory: one pass over its slots that keeps the best of each query and writes no scores.
namespace fovea {

/// What is looked for. queries [Q, D]; slots [N, D]. A cosine divides the dot product by max(|slot|, epsilon); the queries
/// then come scaled as their scores should be.
struct SlotScan {
  const Real* queries = nullptr;
  const Real* slots = nullptr;
  Extent count = 0;  // Q
  Extent width = 0;  // D
  bool is_cosine = false;
  Real epsilon = 0;
};

/// The K best slots of each query, best first, ties to the lowest slot: scores [K, stride], -inf where there are fewer, and
/// slots [K, stride], -1 there. Where the sum over all slots is wanted: maxima and sums [Q, kSumWidth], partial log-sums of
/// exp(score). bars [Q], where parts of one memory are scanned side by side: SharedBest.
struct BestSlots {
  static constexpr Extent kSumWidth = 64 / static_cast<Extent>(sizeof(Real));

  Real* scores = nullptr;
  Index* slots = nullptr;
  Extent kept = 0;    // K
  Extent stride = 1;  // best_stride(Q)
  Real* maxima = nullptr;
  Real* sums = nullptr;
  Real* bars = nullptr;

  Extent at(Extent place, Extent query) const { return place * stride + query; }
};

/// The length of a row of Q queries in BestSlots: many queries take whole packs.
Extent best_stride(Extent queries);

/// What the parts of one memory share, so that none keeps what cannot be among the best of all: the best scores of the
/// parts that are done [K, stride], and the bars [stride] that a score must then exceed. It saves time and changes no
/// result, so a part that finds another one sharing its scores does not wait, and shares none.
struct SharedBest {
  Real* scores = nullptr;
  Real* bars = nullptr;
  Index* is_told = nullptr;  // 1 while a part shares its scores
};

void clear_shared(const SharedBest& shared, const BestSlots& part);

/// Shares what a part has found.
void share_best(const BestSlots& part, const SharedBest& shared);

void clear_best(const BestSlots& best, Extent queries);

/// Adds the slots [begin, end) to what was found before in lower slots. The scores of a slot depend only on it, its query, Q
/// and whether `end` is at least a pack of slots. A score that is not a number is never kept.
///
/// Cost      Q D (end - begin) multiply-adds; every slot is read once, whatever Q is.
void scan_slots(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best);

/// Adds what a query found in the slots after those of `best`.
void merge_best(const BestSlots& later, Extent query, const BestSlots& best);

/// How many slots a query has found, at most K.
Extent count_found(const BestSlots& best, Extent query);

/// log of the sum over all slots of exp(score), of one query.
Real log_sum_of(const BestSlots& best, Extent query);

/// How many slots a task scans: depends only on N and Q.
Extent scan_tile(Extent slots, Extent queries);

}  // namespace fovea
