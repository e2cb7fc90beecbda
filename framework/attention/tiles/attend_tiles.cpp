#include "framework/attention/tiles/attend_tiles.h"

#include "framework/attention/pattern_text.h"
#include "framework/core/error.h"

namespace fovea {

PairIntervals intervals_of(std::shared_ptr<const Pattern> pattern) {
  if (depends_on_data(*pattern) && !pattern->is_dense()) {
    throw Error("pattern",
                "a pattern by place was expected, whose pairs are known before the plan runs; one that reads data came; "
                "use a site, or a pattern such as window(128) + global(16).");
  }
  return [pattern = std::move(pattern)](Extent query, Extent queries, Extent items, ItemIntervals& intervals) {
    intervals = candidates_of(*pattern, query, queries, items);
  };
}

Value attend_tiles(const TileInputs& inputs, const std::string& pattern, const TileHeads& heads, At at) {
  return attend_tiles(inputs, parse_pattern(pattern).pattern, heads, at);
}

Value attend_tiles(const TileInputs& inputs, std::shared_ptr<const Pattern> pattern, const TileHeads& heads, At at) {
  const bool has_segments = !heads.query_segments.is_empty();
  if (has_segments == heads.item_segments.is_empty() || (has_segments && !heads.mask.is_empty())) {
    throw Error(
        "attend_tiles",
        "segments of queries and of items were expected together, or a mask, or nothing; one kind of segments, or both "
        "came (at " +
            at.text() + ").");
  }
  TileAttention options;
  options.pairs = intervals_of(std::move(pattern));
  options.heads = heads.heads;
  options.item_heads = heads.item_heads;
  options.scale = heads.scale;
  options.has_segments = has_segments;
  options.has_mask = !heads.mask.is_empty();
  options.products = inputs.queries.builder().products();
  std::vector<Value> operands{inputs.queries, inputs.items, inputs.values};
  if (has_segments) operands.insert(operands.end(), {heads.query_segments, heads.item_segments});
  if (options.has_mask) operands.push_back(heads.mask);
  return inputs.queries.builder().add_all(make_tile_attention(options), operands, "", at).front();
}

}  // namespace fovea
