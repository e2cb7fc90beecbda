#pragma once

#include "framework/ops/checks.h"

namespace fovea {

enum class Unary : std::uint8_t { kTanh, kSigmoid, kRelu, kGelu, kSilu, kSoftplus, kExp, kLog, kSqrt, kSquare };

/// y = f(x), element by element; x Real of any shape.
OpPointer make_unary(Unary function);

/// y = factor x + term; `name` is that of the op: "scale", "add_scalar", "negate".
OpPointer make_affine(double factor, double term, std::string name);

/// y = x, through which no gradient passes.
OpPointer make_detach();

}  // namespace fovea
