#include "modules/routing/experts/expert_rows.h"

#include <algorithm>

namespace fovea::experts {
namespace {

constexpr Extent even(Extent count) { return (count + 1) / 2 * 2; }

}  // namespace

std::span<const Chunk> ExpertRows::chunks(Extent first, Extent end) const {
  const auto* all = reinterpret_cast<const Chunk*>(chunk_memory());
  return {all + chunk_begins()[first], all + chunk_begins()[end]};
}

// A counting sort: rows of an expert keep their order.
void ExpertRows::sort(const Index* kept) {
  Index* next = next_places();
  std::fill_n(next, experts_, Index{0});
  for (Extent pair = 0; pair < pairs_; ++pair) {
    if (kept[pair] >= 0) ++next[kept[pair]];
  }
  auto* chunks = reinterpret_cast<Chunk*>(chunk_memory());
  Extent place = 0;
  Extent chunk = 0;
  for (Extent expert = 0; expert < experts_; ++expert) {
    const Extent count = next[expert];
    next[expert] = static_cast<Index>(place);
    chunk_begins()[expert] = static_cast<Index>(chunk);
    const Extent parts = (count + chunk_ - 1) / chunk_;
    const Extent part = parts > 0 ? even((count + parts - 1) / parts) : 0;
    for (Extent first = 0; first < count; first += part) {
      chunks[chunk++] = {static_cast<Index>(expert), static_cast<Index>(place + first),
                         static_cast<Index>(std::min(part, count - first))};
    }
    place += even(count);
  }
  chunk_begins()[experts_] = static_cast<Index>(chunk);
  std::fill_n(memory_, places(), Index{-1});
  for (Extent pair = 0; pair < pairs_; ++pair) {
    Index& its_place = memory_[places() + pair];
    its_place = kept[pair] >= 0 ? next[kept[pair]]++ : Index{-1};
    if (its_place >= 0) memory_[its_place] = static_cast<Index>(pair);
  }
}

}  // namespace fovea::experts
