#include "modules/recurrent/gru.h"

#include "modules/recurrent/weights.h"

namespace fovea {

Gru::Gru(Builder& builder, const std::string& name, Extent inputs, Extent hidden, At at)
    : weights_(recurrent_weights(builder, name, 3, inputs, hidden, at)), hidden_(hidden) {}

Gru::Result Gru::run(Value x, Value initial, Direction direction, At at) const {
  return gru(x, initial, weights_, direction, at);
}

Value Gru::step(Value x, Value hidden, At at) const {
  return gru_cell(x, hidden.is_empty() ? zeros_like_rows(x, {hidden_}, at) : hidden, weights_, at);
}

}  // namespace fovea
