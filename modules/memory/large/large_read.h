#pragma once

#include <string>

#include "framework/attention/site/site.h"
#include "modules/memory/large/memory_read.h"

namespace fovea {

/// The text of a site as the exact read of a large memory, which scores all slots and writes no scores.
///
/// Solves    scorer dot, scaled_dot or cosine, with a temperature that is fixed; pattern dense; selector top_k, threshold
///           (of=all) or argmax; estimator none.
/// Errors    any other part, with the list of valid ones; argmax in training, where the query would learn nothing.
MemoryRead memory_read_of(std::string_view site, Extent width, Mode mode);

struct MemoryInputs {
  Value queries;      // [B, M, D]
  Value keys;         // [N, D], or [B, N, D]
  Value values{};     // [N, V], or [B, N, V]; empty: the keys
  Value sharpness{};  // [B, M] or empty
};

/// Reads a memory of many slots; see make_memory_read. There are no `scores` and no `log_prob`.
///
/// Cost      see make_memory_read. The site counts scored pairs and gathered rows at the current scope.
Attended read_memory(const MemoryInputs& inputs, const std::string& site, At at = At::here());

}  // namespace fovea
