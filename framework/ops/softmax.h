#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// y = softmax(x) over the last axis. A row of -inf alone gives zeros.
OpPointer make_softmax();

/// y = x - log(sum(exp(x))) over the last axis.
OpPointer make_log_softmax();

/// softmax over the allowed entries: inputs x [..., N] and mask Index, broadcast to x, 1 = allowed. Others get 0; a row
/// with nothing allowed gives zeros and has no gradient.
OpPointer make_masked_softmax();

}  // namespace fovea
