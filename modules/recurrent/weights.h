#pragma once

#include <string>

#include "framework/graph/functions.h"

namespace fovea {

/// Declares weight_ih [gates H, inputs], weight_hh [gates H, H], bias_ih and bias_hh [gates H] at the scope `name`, all
/// uniform within 1 / sqrt(H), as PyTorch initialises them.
RecurrentWeights recurrent_weights(Builder& builder, const std::string& name, Extent gates, Extent inputs, Extent hidden,
                                   At at = At::here());

}  // namespace fovea
