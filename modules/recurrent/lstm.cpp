#include "modules/recurrent/lstm.h"

#include "modules/recurrent/weights.h"

namespace fovea {

Lstm::Lstm(Builder& builder, const std::string& name, Extent inputs, Extent hidden, At at)
    : weights_(recurrent_weights(builder, name, 4, inputs, hidden, at)), step_weights_(weights_), hidden_(hidden) {}

void Lstm::prepare_steps(At at) {
  if (weights_.weight_ih.builder().mode() == Mode::kEvaluate) step_weights_ = pack_for_steps(weights_, at);
}

Lstm::Result Lstm::run(Value x, State initial, Direction direction, At at) const {
  return lstm(x, initial, weights_, direction, at);
}

Lstm::State Lstm::step(Value x, State state, At at) const {
  if (state.hidden.is_empty()) state.hidden = zeros_like_rows(x, {hidden_}, at);
  if (state.cell.is_empty()) state.cell = zeros_like_rows(x, {hidden_}, at);
  return lstm_cell(x, state, step_weights_, at);
}

}  // namespace fovea
