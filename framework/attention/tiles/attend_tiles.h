#pragma once

#include <string>

#include "framework/attention/pattern.h"
#include "framework/attention/tiles/tile_attention.h"
#include "framework/graph/builder.h"

namespace fovea {

/// The pairs of a pattern as intervals.
///
/// Errors    a pattern that reads data: its pairs are not known before the plan runs.
PairIntervals intervals_of(std::shared_ptr<const Pattern> pattern);

struct TileHeads {
  Extent heads = 1;        // H
  Extent item_heads = 1;   // G, a divisor of H
  double scale = 1;        // of the scores, 1 / sqrt(D) for scaled_dot
  Value query_segments{};  // Index [B, M] or empty; a pair exists only where both have the same segment, >= 0
  Value item_segments{};   // Index [B, N]
  Value mask{};            // Index [B, N] or empty, instead of segments: 1 where an item may be read
};

struct TileInputs {
  Value queries;
  Value items;
  Value values;
};

/// Soft attention over the pairs of a pattern without any [M, N], forward or backward; see make_tile_attention.
///
/// Shapes    queries [B, M, H D], items [B, N, G D], values [B, N, G V] -> [B, M, H V].
/// Errors    those of the pattern's text and of intervals_of; one kind of segments without the other.
Value attend_tiles(const TileInputs& inputs, const std::string& pattern, const TileHeads& heads, At at = At::here());
Value attend_tiles(const TileInputs& inputs, std::shared_ptr<const Pattern> pattern, const TileHeads& heads,
                   At at = At::here());

}  // namespace fovea
