#include "framework/graph/functions.h"

#include "framework/core/error.h"
#include "framework/ops/binary.h"
#include "framework/ops/gather.h"
#include "framework/ops/indices.h"
#include "framework/ops/layout.h"
#include "framework/ops/linear.h"
#include "framework/ops/loss.h"
#include "framework/ops/normalise.h"
#include "framework/ops/recurrent/recurrent.h"
#include "framework/ops/reduce.h"
#include "framework/ops/scores/score.h"
#include "framework/ops/softmax.h"
#include "framework/ops/unary.h"

namespace fovea {

Builder& innermost(const std::vector<Value>& values, At at) {
  Builder* builder = nullptr;
  for (const Value& value : values) {
    if (value.is_empty()) {
      throw Error("graph", "a value was expected; an empty one came; build it first (at " + at.text() + ").");
    }
    if (builder == nullptr || value.builder().is_within(*builder)) builder = &value.builder();
  }
  if (builder == nullptr) throw Error("graph", "at least one value was expected; none came (at " + at.text() + ").");
  return *builder;
}

namespace {

Value join(OpPointer op, const std::vector<Value>& inputs, At at) {
  return innermost(inputs, at).add(std::move(op), inputs, "", at);
}

}  // namespace

Value add(Value a, Value b, At at) { return join(make_binary(Binary::kAdd), {a, b}, at); }
Value subtract(Value a, Value b, At at) { return join(make_binary(Binary::kSubtract), {a, b}, at); }
Value multiply(Value a, Value b, At at) { return join(make_binary(Binary::kMultiply), {a, b}, at); }
Value divide(Value a, Value b, At at) { return join(make_binary(Binary::kDivide), {a, b}, at); }

Value scale(Value x, double factor, At at) { return join(make_affine(factor, 0, "scale"), {x}, at); }
Value add_scalar(Value x, double term, At at) { return join(make_affine(1, term, "add_scalar"), {x}, at); }
Value detach(Value x, At at) { return join(make_detach(), {x}, at); }
Value negate(Value x, At at) { return join(make_affine(-1, 0, "negate"), {x}, at); }
Value tanh(Value x, At at) { return join(make_unary(Unary::kTanh), {x}, at); }
Value sigmoid(Value x, At at) { return join(make_unary(Unary::kSigmoid), {x}, at); }
Value relu(Value x, At at) { return join(make_unary(Unary::kRelu), {x}, at); }
Value gelu(Value x, At at) { return join(make_unary(Unary::kGelu), {x}, at); }
Value silu(Value x, At at) { return join(make_unary(Unary::kSilu), {x}, at); }
Value softplus(Value x, At at) { return join(make_unary(Unary::kSoftplus), {x}, at); }
Value exp(Value x, At at) { return join(make_unary(Unary::kExp), {x}, at); }
Value log(Value x, At at) { return join(make_unary(Unary::kLog), {x}, at); }
Value sqrt(Value x, At at) { return join(make_unary(Unary::kSqrt), {x}, at); }
Value square(Value x, At at) { return join(make_unary(Unary::kSquare), {x}, at); }

Value softmax(Value x, At at) { return join(make_softmax(), {x}, at); }
Value log_softmax(Value x, At at) { return join(make_log_softmax(), {x}, at); }
Value masked_softmax(Value x, Value mask, At at) { return join(make_masked_softmax(), {x, mask}, at); }
Value layer_norm(Value x, Value weight, Value bias, double epsilon, At at) {
  return join(make_layer_norm(epsilon), {x, weight, bias}, at);
}
Value normalise(Value x, double epsilon, At at) { return join(make_normalise(epsilon), {x}, at); }

Value linear(Value x, Value weight, Value bias, At at) {
  std::vector<Value> inputs{x, weight};
  if (!bias.is_empty()) inputs.push_back(bias);
  return join(make_linear(innermost(inputs, at).products()), inputs, at);
}

Value matmul(Value a, Value b, MatmulOptions options, At at) {
  const cpu::Products products = innermost({a, b}, at).products();
  return join(make_matmul(options.transpose_a, options.transpose_b, products), {a, b}, at);
}

Value embedding(Value indices, Value weight, At at) { return join(make_embedding(), {indices, weight}, at); }
Value gather_items(Value items, Value indices, At at) { return join(make_gather_items(), {items, indices}, at); }
Value scatter_items(Value values, Value kept, Value like, At at) {
  return join(make_scatter_items(), {values, kept, like}, at);
}
Value gather_rows(Value x, Value indices, At at) { return join(make_gather_rows(), {x, indices}, at); }
Value one_hot(Value indices, Extent classes, At at) {
  if (classes < 1) {
    throw Error("one_hot", "classes >= 1 were expected; " + std::to_string(classes) + " came (at " + at.text() + ").");
  }
  return join(make_one_hot(classes), {indices}, at);
}
Value one_hot_like(Value indices, Value like, At at) { return join(make_one_hot(0), {indices, like}, at); }
Value mark_used(Value mask, Value index, At at) { return join(make_mark_used(), {mask, index}, at); }
Value argmax(Value x, At at) { return join(make_argmax(), {x}, at); }
Value masked_argmax(Value x, Value mask, At at) { return join(make_argmax(), {x, mask}, at); }
Value same_segment(Value queries, Value items, At at) { return join(make_same_segment(), {queries, items}, at); }
Value equal(Value a, Value b, At at) { return join(make_equal(), {a, b}, at); }
Value to_real(Value indices, At at) { return join(make_to_real(), {indices}, at); }

Value reshape(Value x, const std::vector<Extent>& extents, At at) { return join(make_reshape(extents), {x}, at); }
Value transpose(Value x, const std::vector<int>& axes, At at) { return join(make_transpose(axes), {x}, at); }
Value concat(const std::vector<Value>& values, int axis, At at) { return join(make_concat(axis), values, at); }
Value stack(const std::vector<Value>& values, int axis, At at) {
  std::vector<Value> raised;
  for (const Value& value : values) raised.push_back(unsqueeze(value, axis, at));
  return concat(raised, axis, at);
}
Value slice(Value x, int axis, Extent begin, Extent end, At at) { return join(make_slice(axis, begin, end), {x}, at); }
Value slice_like(Value x, int axis, Value like, int like_axis, At at) {
  return join(make_slice_like(axis, like_axis), {x, like}, at);
}
Value unsqueeze(Value x, int axis, At at) { return join(make_unsqueeze(axis), {x}, at); }
Value squeeze(Value x, int axis, At at) { return join(make_squeeze(axis), {x}, at); }

Value expand_rows(Value x, Value like, At at) { return join(make_expand_rows(), {x, like}, at); }
Value zeros_like_rows(Value like, const std::vector<Extent>& widths, At at) {
  return join(make_zeros_like_rows(widths), {like}, at);
}
Value full_index(Value like, int axes, Index value, At at) { return join(make_full_index(axes, value), {like}, at); }

Value sum(Value x, int axis, At at) { return join(make_reduce(Reduction::kSum, axis), {x}, at); }
Value mean(Value x, int axis, At at) { return join(make_reduce(Reduction::kMean, axis), {x}, at); }
Value sum_all_but_first(Value x, At at) { return join(make_reduce_rows(Reduction::kSum), {x}, at); }
Value mean_all_but_first(Value x, At at) { return join(make_reduce_rows(Reduction::kMean), {x}, at); }

Value cross_entropy(Value scores, Value target, Value mask, At at) {
  std::vector<Value> inputs{scores, target};
  if (!mask.is_empty()) inputs.push_back(mask);
  const Builder& builder = innermost(inputs, at);
  const double smoothing = builder.mode() == Mode::kTrain ? builder.wishes().label_smoothing : 0;
  return join(make_cross_entropy(smoothing), inputs, at);
}
Value mse(Value prediction, Value target, At at) { return join(make_mse(), {prediction, target}, at); }
Value dropout(Value x, double rate, At at) { return join(make_dropout(rate), {x}, at); }

Value additive_score(Value queries, Value keys, Value v, At at) {
  return join(make_additive_score(), {queries, keys, v}, at);
}
Value additive_keys(Value keys, At at) { return join(make_additive_keys(), {keys}, at); }
Value prepared_additive_score(Value queries, Value prepared_keys, Value v, At at) {
  return join(make_prepared_additive_score(), {queries, prepared_keys, v}, at);
}
Value dot_score(Value queries, Value keys, At at) { return matmul(queries, keys, {.transpose_b = true}, at); }
Value euclidean_score(Value queries, Value keys, At at) { return join(make_euclidean_score(), {queries, keys}, at); }
Value cosine_score(Value queries, Value keys, double sharpness, double epsilon, At at) {
  const bool is_single = queries.shape().rank() == 3 && queries.shape()[1] == 1;
  const Value cosines = is_single ? join(make_cosine_score(epsilon), {queries, keys}, at)
                                  : dot_score(normalise(queries, epsilon, at), normalise(keys, epsilon, at), at);
  return sharpness == 1 ? cosines : scale(cosines, sharpness, at);
}

LstmStates lstm(Value x, LstmState initial, const RecurrentWeights& weights, Direction direction, At at) {
  RecurrentOptions options;
  options.zero_state = initial.hidden.is_empty() && initial.cell.is_empty();
  options.reverse = direction == Direction::kReverse;
  std::vector<Value> inputs{x};
  if (!options.zero_state) {
    inputs.push_back(initial.hidden);
    inputs.push_back(initial.cell);
  }
  inputs.insert(inputs.end(), {weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh});
  Builder& builder = innermost(inputs, at);
  options.products = builder.products();
  const std::vector<Value> outputs = builder.add_all(make_lstm(options), inputs, "", at);
  return {outputs[0], outputs[1], outputs[2]};
}

GruStates gru(Value x, Value initial, const RecurrentWeights& weights, Direction direction, At at) {
  RecurrentOptions options;
  options.zero_state = initial.is_empty();
  options.reverse = direction == Direction::kReverse;
  std::vector<Value> inputs{x};
  if (!options.zero_state) inputs.push_back(initial);
  inputs.insert(inputs.end(), {weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh});
  Builder& builder = innermost(inputs, at);
  options.products = builder.products();
  const std::vector<Value> outputs = builder.add_all(make_gru(options), inputs, "", at);
  return {outputs[0], outputs[1]};
}

LstmState lstm_cell(Value x, LstmState state, const RecurrentWeights& weights, At at) {
  std::vector<Value> inputs{x, state.hidden, state.cell};
  inputs.insert(inputs.end(), {weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh});
  Builder& builder = innermost(inputs, at);
  const OpPointer cell = weights.is_packed ? make_packed_lstm_cell(builder.products()) : make_lstm_cell(builder.products());
  const std::vector<Value> outputs = builder.add_all(cell, inputs, "", at);
  return {outputs[0], outputs[1]};
}

RecurrentWeights pack_for_steps(const RecurrentWeights& lstm_weights, At at) {
  Builder& builder = lstm_weights.weight_ih.builder();
  const std::vector<Value> packed =
      builder.add_all(make_lstm_packing(builder.products()), {lstm_weights.weight_ih, lstm_weights.weight_hh}, "", at);
  return {packed[0], packed[1], lstm_weights.bias_ih, lstm_weights.bias_hh, true};
}

Value gru_cell(Value x, Value hidden, const RecurrentWeights& weights, At at) {
  const std::vector<Value> inputs{x, hidden, weights.weight_ih, weights.weight_hh, weights.bias_ih, weights.bias_hh};
  Builder& builder = innermost(inputs, at);
  return builder.add(make_gru_cell(builder.products()), inputs, "", at);
}

}  // namespace fovea
