#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/real.h"

namespace fovea {

/// Memory that is zero and takes no room before it is touched: the system gives its pages one by one.
template <class T>
class ZeroPages {
 public:
  explicit ZeroPages(Extent size)
      // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): calloc leaves pages untouched, a vector does not
      : at_(static_cast<T*>(std::calloc(static_cast<std::size_t>(std::max<Extent>(size, 1)), sizeof(T)))) {
    if (at_ == nullptr) throw Error("memory", std::to_string(size) + " elements could not be allocated; use fewer slots.");
  }
  T* data() const { return at_.get(); }
  T& operator[](Extent i) const { return at_.get()[i]; }

 private:
  struct Release {
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory): frees what calloc gave
    void operator()(T* at) const { std::free(at); }
  };
  std::unique_ptr<T, Release> at_;
};

/// The slots of a memory in the order of their last access: a ring, in which a slot is moved in O(1).
///
/// Before any access the order is 0, 1, ... N - 1. Links of slots that never moved are not written.
/// Source    Rae et al. 2016, arXiv:1610.09027, supplement A.3.
class AccessOrder {
 public:
  explicit AccessOrder(Extent slots) : slots_(static_cast<Index>(slots)), next_(slots + 1), before_(slots + 1) {}

  /// The least recently accessed slot.
  Index least() const { return next(slots_); }

  /// This slot is accessed now.
  void touch(Index slot) {
    unlink(slot);
    link(slot, before(slots_));
    moved_.push_back(slot);
  }

  /// As before any access.
  /// Cost      O(K log K) for K accesses.
  void reset() {
    std::sort(moved_.begin(), moved_.end());
    moved_.erase(std::unique(moved_.begin(), moved_.end()), moved_.end());
    for (const Index slot : moved_) unlink(slot);
    for (const Index slot : moved_) link(slot, slot == 0 ? slots_ : slot - 1);
    moved_.clear();
  }

 private:
  // Slot N is the end of the ring. A link is kept as 1 + the slot that it leads to, 0 while it is that of the first order.
  Index next(Index slot) const { return next_[slot] != 0 ? next_[slot] - 1 : slot == slots_ ? 0 : slot + 1; }
  Index before(Index slot) const { return before_[slot] != 0 ? before_[slot] - 1 : slot == 0 ? slots_ : slot - 1; }
  void join(Index first, Index second) {
    next_[first] = second + 1;
    before_[second] = first + 1;
  }
  void unlink(Index slot) { join(before(slot), next(slot)); }
  void link(Index slot, Index behind) {
    const Index follower = next(behind);
    join(behind, slot);
    join(slot, follower);
  }

  Index slots_;
  ZeroPages<Index> next_;
  ZeroPages<Index> before_;
  std::vector<Index> moved_;
};

}  // namespace fovea
