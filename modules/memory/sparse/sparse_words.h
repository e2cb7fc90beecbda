#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "modules/memory/large/slot_index.h"
#include "modules/memory/sparse/access_order.h"
#include "modules/memory/sparse/sparse_access.h"

// Internal to sparse_access.cpp.
namespace fovea {

/// The memory of one row of the batch, and what tracks it. Slots that are touched get a place, in which the first word
/// and the gradient of the word are kept.
class SparseWords {
 public:
  SparseWords(const SparseAccess& options, Extent width);

  /// As before the first step.
  /// Cost      what the steps since then have touched.
  void reset();

  Real* word(Index slot) { return words_.data() + slot * width_; }
  AccessOrder& order() { return order_; }
  /// To be called before a word is written or its gradient is asked for.
  void touch(Index slot);
  /// The gradient [D] of the word of a touched slot.
  Real* gradient(Index slot) { return gradients_.data() + (places_[slot] - 1) * width_; }
  /// Makes room for the gradients of all that was touched.
  void prepare_gradients();

  /// The word of this slot has been written.
  void wrote(Index slot);
  /// The `count` best slots of a query, best first; valid until the next search.
  FoundSlots search(std::span<const Real> query, Extent count, Real sharpness);
  Extent take_scored() { return index_->take_scored(); }

 private:
  [[noreturn]] void reject_found(const std::string& expected, Extent came) const;
  void add_empty(Extent count);

  const SparseAccess& options_;
  Extent width_;
  ZeroPages<Real> words_;
  AccessOrder order_;
  ZeroPages<Index> places_;     // 1 + place of a slot, 0: not touched
  std::vector<Index> touched_;  // by place
  std::vector<Real> firsts_;    // [places, D], the first words; empty where all begin as 0
  std::vector<Real> gradients_;
  std::unique_ptr<SlotIndex> index_;
  ZeroPages<char> written_;  // the index holds it; only where the memory begins empty
  Index lowest_empty_ = 0;   // all slots before it have been written
  std::vector<Index> candidates_;
  std::vector<Index> found_;
  std::vector<Real> scores_;
};

}  // namespace fovea
