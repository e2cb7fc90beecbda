#pragma once

#include "framework/ops/checks.h"

namespace fovea {

/// y = x / max(|x|, epsilon) over the last axis.
OpPointer make_normalise(double epsilon);

/// y = (x - mean) / sqrt(variance + epsilon) weight + bias over the last axis; inputs x [..., D], weight [D], bias [D].
/// Source    Ba et al. 2016, arXiv:1607.06450.
OpPointer make_layer_norm(double epsilon);

}  // namespace fovea
