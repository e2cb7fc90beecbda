#pragma once

#include <span>

#include "framework/core/real.h"

// Internal to expert_layers: the pairs of a row and an expert, sorted by expert.
namespace fovea::experts {

/// Rows of one expert that one task takes, [first, first + count) of the places.
struct Chunk {
  Index expert;
  Index first;
  Index count;
};

/// Every pair of a row and an expert gets a place, pairs of one expert side by side and in order. The places of an expert
/// begin at an even number, since two rows are one element of a product in bfloat16; chunks begin at even numbers too.
class ExpertRows {
 public:
  struct Extents {
    Extent experts = 0;
    Extent pairs = 0;
    Extent chunk = 1;  // rows of a chunk at most, an even number
  };
  explicit ExpertRows(const Extents& extents, Index* memory = nullptr)
      : experts_(extents.experts), pairs_(extents.pairs), chunk_(extents.chunk), memory_(memory) {}

  /// The most places that there may be, an even number.
  Extent places() const { return (pairs_ + experts_ + 1) / 2 * 2; }
  /// Indices of memory that are needed.
  Extent size() const { return places() + pairs_ + 2 * experts_ + 1 + 3 * most_chunks(); }

  /// Sorts kept [pairs], each in [-1, experts); -1 gets no place.
  void sort(const Index* kept);

  /// The pair at a place, -1 where there is none.
  Index pair_at(Extent place) const { return memory_[place]; }
  /// The place of a pair, -1 where it was not sent to any expert.
  Index place_of(Extent pair) const { return memory_[places() + pair]; }
  /// The chunks of all experts, and of one.
  std::span<const Chunk> chunks() const { return chunks(0, experts_); }
  std::span<const Chunk> chunks_of(Extent expert) const { return chunks(expert, expert + 1); }

 private:
  Extent most_chunks() const { return pairs_ / chunk_ + experts_; }
  Index* next_places() const { return memory_ + places() + pairs_; }     // [experts], while places are given out
  Index* chunk_begins() const { return next_places() + experts_; }       // [experts + 1]
  Index* chunk_memory() const { return chunk_begins() + experts_ + 1; }  // [most_chunks] Chunk
  std::span<const Chunk> chunks(Extent first, Extent end) const;

  Extent experts_;
  Extent pairs_;
  Extent chunk_;
  Index* memory_ = nullptr;
};

}  // namespace fovea::experts
