#include <algorithm>
#include <vector>

#include "framework/cpu/parallel.h"
#include "modules/memory/large/slot_index.h"
#include "modules/memory/large/slot_scan.h"

namespace fovea {
namespace {

class ExactIndex final : public SlotIndex {
 public:
  void build(const Words& words, Holds holds) override {
    words_ = words;
    holds_all_ = holds == Holds::kAll;
    members_.clear();
    is_member_.assign(static_cast<std::size_t>(holds_all_ ? 0 : words.slots), false);
  }

  void put(Index slot) override {
    if (holds_all_ || is_member_[slot]) return;
    is_member_[slot] = true;
    members_.push_back(slot);
  }

  void reset() override {
    for (const Index slot : members_) is_member_[slot] = false;
    members_.clear();
  }

  Extent search(const Real* query, Extent count, Index* found) override {
    if (holds_all_) return scan(query, count, found);
    scores_.resize(count);
    BestOf best(count, found, scores_.data());
    for (const Index slot : members_) best.meet(direction_score(words_, query, slot), slot);
    count_scored(static_cast<Extent>(members_.size()));
    return best.count();
  }

 private:
  Extent scan(const Real* query, Extent count, Index* found) {
    const Extent tile = scan_tile(words_.slots, 1);
    const Extent tiles = (words_.slots + tile - 1) / tile;
    scores_.resize(tiles * count);
    slots_.resize(scores_.size());
    const SlotScan scan{query, words_.at, 1, words_.width, true, words_.epsilon};
    shared_.resize(count + 1);
    Index is_told = 0;
    const SharedBest shared{shared_.data(), shared_.data() + count, &is_told};
    const auto part = [&](Extent number) -> BestSlots {
      BestSlots best{scores_.data() + number * count, slots_.data() + number * count, count};
      best.bars = shared.bars;
      return best;
    };
    clear_shared(shared, part(0));
    cpu::parallel_tiles(words_.slots, tile, [&](Extent begin, Extent end, Extent number) {
      clear_best(part(number), 1);
      scan_slots(scan, begin, end, part(number));
      share_best(part(number), shared);
    });
    for (Extent number = 1; number < tiles; ++number) merge_best(part(number), 0, part(0));
    count_scored(words_.slots);
    const Extent size = count_found(part(0), 0);
    std::copy_n(slots_.data(), size, found);
    return size;
  }

  Words words_;
  bool holds_all_ = false;
  std::vector<Index> members_;
  std::vector<bool> is_member_;
  std::vector<Real> scores_;
  std::vector<Real> shared_;
  std::vector<Index> slots_;
};

FOVEA_SLOT_INDEX("exact", ExactIndex, R"doc(Exact: every word that the index holds is scored.

Solves    the slots with the largest q . k / max(|k|, epsilon), ties to the lowest slot.
Shapes    words [N, D], query [D] -> slots [count].
Errors    none.
Cost      one pass over the words that it holds: all N at memory bandwidth, or only those that were put. A write costs
          nothing.
Source    none needed.)doc");

}  // namespace
}  // namespace fovea
