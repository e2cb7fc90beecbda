#pragma once

#include <memory>

#include "framework/ops/op.h"

namespace fovea::graph {

/// like [B, ...] -> Index [B] of zeros: no row has stopped.
std::shared_ptr<const Op> make_running_flags();
/// stopped Index [B], finished Index [B] -> Index [B]: 1 where either is.
std::shared_ptr<const Op> make_either();
/// stopped Index [B], old [B, ...], updated [B, ...] -> rows of `old` where stopped, of `updated` elsewhere.
std::shared_ptr<const Op> make_keep_rows();

}  // namespace fovea::graph
