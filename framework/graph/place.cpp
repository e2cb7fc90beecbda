#include "framework/graph/place.h"

#include <algorithm>

#include "framework/core/arena.h"

namespace fovea::graph {

std::size_t place(std::vector<Piece*> pieces) {
  std::stable_sort(pieces.begin(), pieces.end(), [](const Piece* a, const Piece* b) { return a->bytes > b->bytes; });
  std::size_t total = 0;
  std::vector<const Piece*> placed;  // by ascending offset
  for (Piece* piece : pieces) {
    const std::size_t bytes = Arena::aligned(piece->bytes);
    std::size_t offset = 0;
    for (const Piece* other : placed) {
      const bool is_together = other->first <= piece->last && piece->first <= other->last;
      if (!is_together) continue;
      if (other->offset >= offset + bytes) break;
      offset = std::max(offset, other->offset + Arena::aligned(other->bytes));
    }
    piece->offset = offset;
    total = std::max(total, offset + bytes);
    const auto at = std::upper_bound(placed.begin(), placed.end(), offset,
                                     [](std::size_t value, const Piece* other) { return value < other->offset; });
    placed.insert(at, piece);
  }
  return total;
}

}  // namespace fovea::graph
