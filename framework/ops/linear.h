#pragma once

#include "framework/cpu/gemm.h"
#include "framework/ops/checks.h"

namespace fovea {

/// y = x weight^T (+ bias): inputs x [..., D], weight [O, D] and, if there is a third, bias [O] -> y [..., O].
OpPointer make_linear(cpu::Products products);

/// y = a b over the last two axes, either of them transposed first: a [..., M, K], b [..., K, N] -> [..., M, N].
/// The leading axes are equal, or b has none and is shared.
OpPointer make_matmul(bool transpose_a, bool transpose_b, cpu::Products products);

}  // namespace fovea
