#include <cmath>
#include <limits>

#include "framework/attention/tiles/tile_attention_kernel.h"
#include "framework/core/span.h"
#include "framework/cpu/row_math.h"

namespace fovea::tiles {
namespace {

bool exists(const Head& head, Extent query, Extent item) {
  if (head.mask != nullptr) return head.mask[item] != 0;
  if (head.query_segments == nullptr) return true;
  return head.query_segments[query] >= 0 && head.query_segments[query] == head.item_segments[item];
}

void find_items(const Head& head, const PairTiles& tiles, Extent query, std::vector<Index>& kept) {
  kept.clear();
  const std::uint64_t bit = std::uint64_t{1} << static_cast<std::uint64_t>(query % kQueries);
  for (const PairTiles::Tile& tile : tiles.of(query / kQueries)) {
    const PairTiles::Bits* bits = tiles.bits(tile);
    const Extent first = tile.items * kItems;
    const Extent end = std::min(first + kItems, head.item_count);
    for (Extent item = first; item < end; ++item) {
      const bool is_pair = bits == nullptr || ((*bits)[static_cast<std::size_t>(item - first)] & bit) != 0;
      if (is_pair && exists(head, query, item)) kept.push_back(static_cast<Index>(item));
    }
  }
}

}  // namespace

// w_n = exp(s_n - max s) / sum, s_n = scale q . k_n
void tell(const Head& head, const PairTiles& tiles, Extent query, ToldChoices::Told& told) {
  find_items(head, tiles, query, told.kept);
  told.weights.resize(told.kept.size());
  const auto width = static_cast<std::size_t>(head.width);
  const std::span<const Real> row{head.queries + query * head.query_row, width};
  for (std::size_t k = 0; k < told.kept.size(); ++k) {
    told.weights[k] = head.scale * cpu::dot(row, {head.items + told.kept[k] * head.item_row, width});
  }
  cpu::softmax_weights(told.weights, told.weights);
}

}  // namespace fovea::tiles
