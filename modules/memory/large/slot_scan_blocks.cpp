#include <algorithm>

#include "framework/cpu/index_lanes.h"
#include "framework/cpu/transpose.h"
#include "modules/memory/large/slot_scan_kernels.h"

namespace fovea {
namespace {

constexpr Extent kGroup = 2 * kPack;   // queries that score a slot together
constexpr Extent kChunk = 1024;        // slots that stay in the cache for the next group of queries
constexpr Extent kRound = 256;         // slots between two looks at what other parts of the memory found
constexpr Extent kAhead = 2 * kGroup;  // slots between the one that is read and the one that is fetched
#if defined(__AVX512F__)
constexpr int kRows = 8;  // slots whose sums stay in registers
#else
constexpr int kRows = static_cast<int>(kPack < 4 ? kPack : 4);
#endif

struct Slots {
  const Real* at;       // of the first
  const Real* ahead;    // what is fetched meanwhile
  const Real* factors;  // of a cosine, else null
  Extent first;
};

/// A lane for each query: of some of them, with what they have found.
class QueryGroup {
 public:
  void begin(const SlotScan& scan, Extent first, const BestSlots& best) {
    first_ = first;
    count_ = std::min(kGroup, scan.count - first);
    width_ = scan.width;
    read(scan);
    std::fill_n(limits_, kGroup, std::numeric_limits<Real>::infinity());  // a lane without a query keeps nothing
    if (best.sums == nullptr) return;
    for (Extent q = 0; q < count_; ++q) {
      most_[q] = best.maxima[(first + q) * BestSlots::kSumWidth];
      sum_[q] = best.sums[(first + q) * BestSlots::kSumWidth];
    }
  }

  void end(const BestSlots& best) const {
    if (best.sums == nullptr) return;
    for (Extent q = 0; q < count_; ++q) {
      best.maxima[(first_ + q) * BestSlots::kSumWidth] = most_[q];
      best.sums[(first_ + q) * BestSlots::kSumWidth] = sum_[q];
    }
  }

  bool is_first() const { return first_ == 0; }  // the others find the slots in the cache
  bool is_small() const { return count_ <= kPack; }

  /// Asks what other parts of the memory have found meanwhile.
  void raise_limits(const BestSlots& best) {
    const Real* worst = best.scores + best.at(best.kept - 1, first_);
    for (Extent q = 0; q < count_; ++q) limits_[q] = std::max(worst[q], bar_of(best, first_ + q));
  }

  template <int kCount, int kPacks>
  void meet(const Slots& slots, const BestSlots& best) {
    Pack scores[kCount][kPacks] = {};
    for (Extent d = 0; d < width_; ++d) {
      Pack queries[kPacks];
      for (int p = 0; p < kPacks; ++p) queries[p] = cpu::load(at_ + d * kGroup + p * kPack);
      __builtin_prefetch(slots.ahead + d * kCount);
#pragma GCC unroll 8
      for (int r = 0; r < kCount; ++r) {
        const Pack element = cpu::broadcast(slots.at[r * width_ + d]);
        for (int p = 0; p < kPacks; ++p) scores[r][p] = cpu::multiply_add(element, queries[p], scores[r][p]);
      }
    }
    if (slots.factors != nullptr) {
#pragma GCC unroll 8
      for (int r = 0; r < kCount; ++r) {
        for (int p = 0; p < kPacks; ++p) scores[r][p] *= cpu::broadcast(slots.factors[r]);
      }
    }
    keep(slots.first, scores, best);
  }

 private:
  void read(const SlotScan& scan) {
    cpu::PackBlock square;
    for (Extent half = 0; half < kGroup; half += kPack) {
      const Real* from = scan.queries + (first_ + half) * width_;
      for (Extent d = 0; d < width_; d += kPack) {
        cpu::read_block(from + d, width_, count_ - half, width_ - d, square);
        cpu::transpose(square);
        for (Extent i = 0; i < kPack && d + i < width_; ++i) cpu::store(at_ + (d + i) * kGroup + half, square[i]);
      }
    }
  }

  template <int kCount, int kPacks>
  [[gnu::always_inline]] void keep(Extent first, const Pack (&scores)[kCount][kPacks], const BestSlots& best) {
    for (int p = 0; p < kPacks; ++p) {
      const Pack limit = cpu::load(limits_ + p * kPack);
      std::uint32_t better = 0;
#pragma GCC unroll 8
      for (int r = 0; r < kCount; ++r) better |= cpu::bits(cpu::above(scores[r][p], limit));
      if (__builtin_expect(static_cast<long>(better != 0), 0) != 0) {
#pragma GCC unroll 8
        for (int r = 0; r < kCount; ++r) insert(p * kPack, scores[r][p], static_cast<Index>(first + r), best);
      }
      if (best.sums != nullptr) add_exponentials(p, scores);
    }
  }

  template <int kCount, int kPacks>
  void add_exponentials(int p, const Pack (&scores)[kCount][kPacks]) {
    Pack peak = scores[0][p];
    for (int r = 1; r < kCount; ++r) peak = cpu::larger(scores[r][p], peak);
    LogSum total{cpu::load(most_ + p * kPack), cpu::load(sum_ + p * kPack)};
    total.grow(peak);
    for (int r = 0; r < kCount; ++r) total.add(scores[r][p]);
    cpu::store(most_ + p * kPack, total.most);
    cpu::store(sum_ + p * kPack, total.sum);
  }

  // An insertion in all lanes at once, after what is as good: from the last place up, a lane takes the score above it or
  // the new one, and what it has where the new one is not better.
  void insert(Extent lane, Pack score, Index slot, const BestSlots& best) {
    if (cpu::bits(cpu::above(score, cpu::load(limits_ + lane))) == 0) return;
    Real* scores = best.scores + first_ + lane;
    Index* slots = best.slots + first_ + lane;
    const cpu::IndexPack number = slot - cpu::IndexPack{};
    Extent place = (best.kept - 1) * best.stride;
    Pack here = cpu::load(scores + place);
    cpu::IndexPack slots_here = cpu::load_indices(slots + place);
    cpu::Lanes better = cpu::above(score, here);
    for (; place > 0; place -= best.stride) {
      const Pack next = cpu::load(scores + place - best.stride);
      const cpu::IndexPack slots_next = cpu::load_indices(slots + place - best.stride);
      const cpu::Lanes moves = cpu::above(score, next);
      cpu::store(scores + place, cpu::where(better, cpu::where(moves, next, score), here));
      cpu::store_indices(slots + place, cpu::where(better, cpu::where(moves, slots_next, number), slots_here));
      here = next;
      slots_here = slots_next;
      better = moves;
    }
    cpu::store(scores, cpu::where(better, score, here));
    cpu::store_indices(slots, cpu::where(better, number, slots_here));
    const Pack worst = cpu::load(scores + (best.kept - 1) * best.stride);
    cpu::store(limits_ + lane, cpu::larger(cpu::load(limits_ + lane), worst));
  }

  alignas(64) Real at_[kMostBlockWidth * kGroup];  // [D, kGroup]
  alignas(64) Real limits_[kGroup];                // what a score must exceed to be kept
  alignas(64) Real most_[kGroup] = {};
  alignas(64) Real sum_[kGroup] = {};
  Extent first_ = 0;
  Extent count_ = 0;
  Extent width_ = 0;
};

/// 1 / max(|row|, epsilon) of kCount rows.
template <int kCount>
void measure(const SlotScan& scan, const Real* rows, Real (&factors)[kPack]) {
  Real squares[kPack] = {};
  for (int r = 0; r < kCount; ++r) {
    Pack sum{};
    for_packs(scan.width, [&](Extent d, auto lanes) {
      const Pack part = lanes.load(rows + r * scan.width + d);
      sum = cpu::multiply_add(part, part, sum);
    });
    squares[r] = cpu::sum_lanes(sum);
  }
  cpu::store(factors, reciprocal_length(cpu::load(squares), scan.epsilon));
}

/// The slots [begin, end), kCount at a time; returns where the rest, fewer than that, begins.
template <int kCount, int kPacks>
Extent meet_slots(const SlotScan& scan, Extent begin, Extent end, QueryGroup& group, const BestSlots& best) {
  const Extent ahead = group.is_first() ? kAhead : 0;
  for (; begin + kCount <= end; begin += kCount) {
    const Real* rows = scan.slots + begin * scan.width;
    Real factors[kPack];
    if (scan.is_cosine) measure<kCount>(scan, rows, factors);
    group.meet<kCount, kPacks>({rows, rows + ahead * scan.width, scan.is_cosine ? factors : nullptr, begin}, best);
  }
  return begin;
}

template <int kPacks>
void scan_group(const SlotScan& scan, Extent begin, Extent end, QueryGroup& group, const BestSlots& best) {
  for (Extent first = begin; first < end; first += kRound) {
    group.raise_limits(best);
    const Extent last = std::min(first + kRound, end);
    const Extent rest = meet_slots<kRows, kPacks>(scan, first, last, group, best);
    meet_slots<1, kPacks>(scan, rest, last, group, best);
  }
}

}  // namespace

void scan_blocks(const SlotScan& scan, Extent begin, Extent end, const BestSlots& best) {
  QueryGroup group;
  const Extent chunk = scan.count <= kGroup ? end - begin : kChunk;
  for (Extent first = begin; first < end; first += chunk) {
    for (Extent query = 0; query < scan.count; query += kGroup) {
      group.begin(scan, query, best);
      const Extent last = std::min(first + chunk, end);
      if (group.is_small()) {
        scan_group<1>(scan, first, last, group, best);
      } else {
        scan_group<2>(scan, first, last, group, best);
      }
      group.end(best);
    }
  }
}

}  // namespace fovea
