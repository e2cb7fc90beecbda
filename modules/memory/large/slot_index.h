#pragma once

#include <limits>

#include "framework/core/registry.h"

namespace fovea {

/// Finds the words of a memory that point in the direction of a query, and keeps up with writes to it.
///
/// What `search` finds depends only on the words and on what was done since `build` or `reset`: a run has the same bits,
/// whatever came before. One index is used by one thread at a time.
///
/// A plugin: one file in modules/slot_indexes, ended by FOVEA_SLOT_INDEX("name", Class, R"doc(docstring)doc").
class SlotIndex {
 public:
  static constexpr const char* kKind = "slot_index";

  /// Words [N, D] at a fixed address, whose values change. Lengths below epsilon count as epsilon.
  struct Words {
    const Real* at = nullptr;
    Extent slots = 0;
    Extent width = 0;
    Real epsilon = Real(1e-8);

    const Real* word(Index slot) const { return at + slot * width; }
  };
  enum class Holds : std::uint8_t { kNone, kAll };

  virtual ~SlotIndex() = default;
  virtual void fields(Options& options);
  /// Takes the words; the index then holds no slot, or all.
  virtual void build(const Words& words, Holds holds) = 0;
  /// The word of this slot was written; from now on the index holds it.
  virtual void put(Index slot) = 0;
  /// The slots put since `build` have their words of that time again: the index returns to its state after `build`.
  virtual void reset() = 0;
  /// At most `count` slots, those with the largest cosine, best first -> how many. An exact index gives ties to the lowest.
  virtual Extent search(const Real* query, Extent count, Index* found) = 0;

  /// The pairs of query and word that were scored since the last call.
  Extent take_scored() { return std::exchange(scored_, 0); }

 protected:
  void count_scored(Extent pairs) { scored_ += pairs; }

 private:
  Extent scored_ = 0;
};

template <>
Registry<SlotIndex>& Registry<SlotIndex>::instance();

/// q . k / max(|k|, epsilon): the order of the cosine of one query.
Real direction_score(const SlotIndex::Words& words, const Real* query, Index slot);

/// The best of few, kept in order: best first, ties to the lowest slot, whatever order they come in.
class BestOf {
 public:
  BestOf(Extent most, Index* slots, Real* scores) : most_(most), slots_(slots), scores_(scores) {}

  void meet(Real score, Index slot) {
    if (count_ == most_ && !is_before(score, slot, count_ - 1)) return;
    Extent place = count_ < most_ ? count_++ : count_ - 1;
    for (; place > 0 && is_before(score, slot, place - 1); --place) {
      scores_[place] = scores_[place - 1];
      slots_[place] = slots_[place - 1];
    }
    scores_[place] = score;
    slots_[place] = slot;
  }
  Extent count() const { return count_; }
  /// What is worse than that is not kept.
  Real bar() const { return count_ < most_ ? -std::numeric_limits<Real>::infinity() : scores_[most_ - 1]; }

 private:
  bool is_before(Real score, Index slot, Extent place) const {
    return score > scores_[place] || (score == scores_[place] && slot < slots_[place]);
  }

  Extent most_;
  Index* slots_;
  Real* scores_;
  Extent count_ = 0;
};

}  // namespace fovea

#define FOVEA_SLOT_INDEX(name, Class, doc) FOVEA_REGISTER(::fovea::SlotIndex, name, Class, doc)
