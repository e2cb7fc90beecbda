#pragma once

#include "framework/graph/builder.h"
#include "modules/pointer/pointer_network.h"

namespace fovea::pointer {

/// What an encoder has read. Shapes: items [B, N, E] to feed to the decoder, memory [B, N, H] to make keys of, and the
/// first state of the decoder, hidden and cell [B, H].
struct Encoded {
  Value items;
  Value memory;
  Value hidden;
  Value cell;
};

/// Encodes items [B, N, D] as the options say; parameters lie at "embedding" and "encoder".
Encoded encode(Builder& b, Value items, const PointerOptions& options);

}  // namespace fovea::pointer
