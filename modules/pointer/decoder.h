#pragma once

#include "framework/graph/builder.h"
#include "modules/pointer/encoder.h"

namespace fovea::pointer {

/// -log p of the targets under teacher forcing, all steps at once: outputs "cost" and the metrics.
void teach(Builder& b, const Encoded& encoded, Value targets, const PointerOptions& options);

/// Points step by step, feeding back the best item of each: outputs "pointers" [B, N] and "log_prob" [B].
void decode_greedily(Builder& b, const Encoded& encoded, const PointerOptions& options);

/// The same outputs for the best of `options.beam` beams; one beam is greedy.
void decode_with_beams(Builder& b, const Encoded& encoded, const PointerOptions& options);

}  // namespace fovea::pointer
