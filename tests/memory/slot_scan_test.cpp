#include "modules/memory/large/slot_scan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "framework/core/rng.h"

namespace fovea {
namespace {

constexpr Extent kSlots = 1000, kKept = 6;

/// A memory whose slots take few values, so that many scores are equal.
struct Memory {
  std::vector<Real> queries, slots;
  SlotScan scan;

  Memory(Extent count, Extent width)
      : queries(static_cast<std::size_t>(count * width)), slots(static_cast<std::size_t>(kSlots * width)) {
    Rng rng({.seed = 4});
    for (Real& x : queries) x = static_cast<Real>(rng.below(3)) - 1;
    for (Real& x : slots) x = static_cast<Real>(rng.below(3)) - 1;
    scan = {.queries = queries.data(), .slots = slots.data(), .count = count, .width = width};
  }
};

/// What one part of the memory found.
struct Part {
  std::vector<Real> scores, maxima, sums;
  std::vector<Index> slots;
  BestSlots best;

  Part(Extent queries, Real* bars) {
    const Extent stride = best_stride(queries);
    scores.resize(kKept * stride);
    slots.resize(scores.size());
    maxima.resize(queries * BestSlots::kSumWidth);
    sums.resize(maxima.size());
    best = {scores.data(), slots.data(), kKept, stride, maxima.data(), sums.data(), bars};
    clear_best(best, queries);
  }
};

constexpr Extent kQueries[] = {1, 3, 8, 9, 20, 33, 70};
constexpr Extent kWidths[] = {1, 4, 16, 19, 64, 260};

/// The best by a plain loop: the scores are whole numbers, so that they are exact.
void check_best(const Memory& memory, Extent query, const BestSlots& best) {
  std::vector<std::pair<Real, Index>> all;
  for (Extent n = 0; n < kSlots; ++n) {
    Real score = 0;
    for (Extent d = 0; d < memory.scan.width; ++d) {
      score += memory.scan.queries[query * memory.scan.width + d] * memory.scan.slots[n * memory.scan.width + d];
    }
    all.emplace_back(-score, static_cast<Index>(n));
  }
  std::sort(all.begin(), all.end());
  for (Extent k = 0; k < kKept; ++k) {
    CHECK(best.slots[best.at(k, query)] == all[k].second);
    CHECK(best.scores[best.at(k, query)] == -all[k].first);
  }
}

double log_sum(const Memory& memory, Extent query) {
  std::vector<double> scores(kSlots, 0);
  for (Extent n = 0; n < kSlots; ++n) {
    for (Extent d = 0; d < memory.scan.width; ++d) {
      scores[n] += static_cast<double>(memory.scan.queries[query * memory.scan.width + d] *
                                       memory.scan.slots[n * memory.scan.width + d]);
    }
  }
  const double most = *std::max_element(scores.begin(), scores.end());
  double total = 0;
  for (const double score : scores) total += std::exp(score - most);
  return most + std::log(total);
}

}  // namespace

TEST_CASE("parts of a memory that share what they found keep the best of all, whichever is first") {
  for (const Extent width : kWidths) {
    for (const Extent count : kQueries) {
      CAPTURE(width);
      CAPTURE(count);
      const Memory memory(count, width);
      std::vector<Real> scores(static_cast<std::size_t>(kKept * best_stride(count)));
      std::vector<Real> bars(static_cast<std::size_t>(best_stride(count)));
      Index is_told = 0;
      const SharedBest shared{scores.data(), bars.data(), &is_told};
      Part lower(count, bars.data());
      Part upper(count, bars.data());
      clear_shared(shared, lower.best);
      scan_slots(memory.scan, 437, kSlots, upper.best);
      share_best(upper.best, shared);
      CHECK(bars[0] < upper.scores[upper.best.at(kKept - 1, 0)]);
      scan_slots(memory.scan, 0, 437, lower.best);
      for (Extent query = 0; query < count; ++query) merge_best(upper.best, query, lower.best);
      for (Extent query = 0; query < count; ++query) check_best(memory, query, lower.best);
    }
  }
}

TEST_CASE("a scan gives the sum over all slots, also in parts") {
  for (const Extent width : kWidths) {
    for (const Extent count : kQueries) {
      CAPTURE(width);
      CAPTURE(count);
      Memory memory(count, width);
      for (Real& x : memory.queries) x *= 30;  // exp of some scores is too large
      Part lower(count, nullptr);
      Part upper(count, nullptr);
      scan_slots(memory.scan, 0, 5, lower.best);
      scan_slots(memory.scan, 5, kSlots, upper.best);
      merge_best(upper.best, count - 1, lower.best);
      CHECK(std::abs(static_cast<double>(log_sum_of(lower.best, count - 1)) - log_sum(memory, count - 1)) < 1e-3);
    }
  }
}

TEST_CASE("equal slots get equal scores, wherever they are") {
  for (const Extent count : kQueries) {
    CAPTURE(count);
    Memory memory(count, 19);
    Rng({.seed = 5}).fill_normal(memory.queries);
    Rng({.seed = 6}).fill_normal({memory.slots.data(), 19});
    for (std::size_t i = 19; i < memory.slots.size(); ++i) memory.slots[i] = memory.slots[i - 19];
    memory.scan.is_cosine = true;
    Part all(count, nullptr);
    scan_slots(memory.scan, 0, kSlots - 3, all.best);
    for (Extent query = 0; query < count; ++query) {
      for (Extent k = 0; k < kKept; ++k) CHECK(all.best.slots[all.best.at(k, query)] == k);
    }
  }
}

}  // namespace fovea
