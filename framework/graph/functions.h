#pragma once

#include <limits>
#include <string>
#include <vector>

#include "framework/graph/builder.h"

// Graph functions: each adds one op (or a few) to the builder of its values and returns the result. Where values of a
// loop's body and of its surroundings meet, the op goes into the body. Axis letters: B batch, M queries, N items,
// D width, V vocabulary; "..." stands for any leading axes. Negative axes count from the end.
// Errors    shapes and kinds that do not fit, with the shapes.
namespace fovea {

/// The builder that a function of these values adds to: that of the innermost loop. For functions of your own.
Builder& innermost(const std::vector<Value>& values, At at = At::here());

// Element by element, shapes broadcast as in numpy: aligned at the last axis, an extent of 1 is repeated.
Value add(Value a, Value b, At at = At::here());
Value subtract(Value a, Value b, At at = At::here());
Value multiply(Value a, Value b, At at = At::here());
Value divide(Value a, Value b, At at = At::here());

Value scale(Value x, double factor, At at = At::here());
Value add_scalar(Value x, double term, At at = At::here());
Value negate(Value x, At at = At::here());
Value detach(Value x, At at = At::here());  // x, through which no gradient passes
Value tanh(Value x, At at = At::here());
Value sigmoid(Value x, At at = At::here());
Value relu(Value x, At at = At::here());
Value gelu(Value x, At at = At::here());      // x times the normal distribution function of x, by erf
Value silu(Value x, At at = At::here());      // x sigmoid(x)
Value softplus(Value x, At at = At::here());  // log(1 + exp(x))
Value exp(Value x, At at = At::here());
Value log(Value x, At at = At::here());
Value sqrt(Value x, At at = At::here());
Value square(Value x, At at = At::here());

// Over the last axis. A mask is Index of the same shape, or of one that broadcasts to it; 1 = allowed. A row with
// nothing allowed gives weights of 0 and no gradient.
Value softmax(Value x, At at = At::here());
Value log_softmax(Value x, At at = At::here());
Value masked_softmax(Value x, Value mask, At at = At::here());
Value layer_norm(Value x, Value weight, Value bias, double epsilon = 1e-5, At at = At::here());  // weight, bias [D]
Value normalise(Value x, double epsilon = 1e-8, At at = At::here());                             // x / max(|x|, epsilon)

/// x [..., D], weight [O, D], bias [O] or empty -> x weight^T + bias [..., O].
Value linear(Value x, Value weight, Value bias = {}, At at = At::here());

struct MatmulOptions {
  bool transpose_a = false;  // the last two axes of a are exchanged first
  bool transpose_b = false;
};
/// a [..., M, K] b [..., K, N] -> [..., M, N] with equal leading axes, or b [K, N], shared by all of them.
Value matmul(Value a, Value b, MatmulOptions options = {}, At at = At::here());

Value embedding(Value indices, Value weight, At at = At::here());  // Index [...], weight [V, D] -> [..., D]
/// items [B, N, D], indices Index [B, M] -> [B, M, D]; indices [B] -> [B, D]. Index -1 gives a row of zeros.
Value gather_items(Value items, Value indices, At at = At::here());
/// values [B, M, K] of kept items (Index [B, M, K], -1: none) put in their places -> [B, M, N]; like [B, N, ...].
Value scatter_items(Value values, Value kept, Value like, At at = At::here());
Value gather_rows(Value x, Value indices, At at = At::here());      // x [R, ...], Index [S] -> [S, ...]
Value one_hot(Value indices, Extent classes, At at = At::here());   // Index [...] -> [..., classes]; -1 gives zeros
Value one_hot_like(Value indices, Value like, At at = At::here());  // as many classes as the last axis of `like` has
/// mask Index [B, N], index Index [B] -> the mask with that item cleared; index -1 clears none.
Value mark_used(Value mask, Value index, At at = At::here());
Value argmax(Value x, At at = At::here());  // [..., N] -> Index [...]; ties to the lowest index
/// x [..., N], mask Index [..., N] -> Index [...]: the best allowed item; -1 where nothing is allowed.
Value masked_argmax(Value x, Value mask, At at = At::here());
Value equal(Value a, Value b, At at = At::here());  // Index, Index of equal shapes -> 1 or 0, Real
/// Index [B, M], [B, N] -> Index [B, M, N]: 1 where both have the same segment, which is not negative.
Value same_segment(Value queries, Value items, At at = At::here());
Value to_real(Value indices, At at = At::here());

/// Extents as in ONNX: 0 keeps the extent of that axis of x, -1 (once) takes what is left.
Value reshape(Value x, const std::vector<Extent>& extents, At at = At::here());
Value transpose(Value x, const std::vector<int>& axes, At at = At::here());  // axis i of the result is axes[i] of x
Value concat(const std::vector<Value>& values, int axis, At at = At::here());
Value stack(const std::vector<Value>& values, int axis, At at = At::here());  // adds an axis
inline constexpr Extent kToTheEnd = std::numeric_limits<Extent>::max();
Value slice(Value x, int axis, Extent begin, Extent end = kToTheEnd, At at = At::here());  // negative: from the end
/// The first elements of an axis of x: as many as the axis of `like` has, also where a plan is made for other lengths.
Value slice_like(Value x, int axis, Value like, int like_axis, At at = At::here());
Value unsqueeze(Value x, int axis, At at = At::here());
Value squeeze(Value x, int axis, At at = At::here());

// Values of the batch size of `like` [B, ...]; no gradient flows to `like`.
Value expand_rows(Value x, Value like, At at = At::here());                                // x [...] -> [B, ...]
Value zeros_like_rows(Value like, const std::vector<Extent>& widths, At at = At::here());  // [B, widths...]
/// Index of the first `axes` extents of `like`, all of them `value`: full_index(items, 2, 1) is a mask [B, N] of ones.
Value full_index(Value like, int axes, Index value, At at = At::here());

Value sum(Value x, int axis, At at = At::here());  // the axis is removed
Value mean(Value x, int axis, At at = At::here());
Value sum_all_but_first(Value x, At at = At::here());  // [B, ...] -> [B]
Value mean_all_but_first(Value x, At at = At::here());

/// -log softmax(scores)[target]: scores [..., V], target Index [...] -> costs [...]; a target of -1 costs 0 and has no
/// gradient. With mask (Index, 1 = allowed, broadcast to scores) only allowed entries count; a target that is masked
/// costs -log of the smallest normal Real and has no gradient, so that a cost is always finite. While the model trains, the
/// setting label_smoothing gives a share of the target to all classes that are allowed.
Value cross_entropy(Value scores, Value target, Value mask = {}, At at = At::here());
Value mse(Value prediction, Value target, At at = At::here());  // [B, ...] each -> [B], the mean of squared differences

/// Zeroes elements with probability `rate`, scales the others by 1 / (1 - rate); the identity in evaluation.
Value dropout(Value x, double rate, At at = At::here());

// Scores of queries [B, M, H] and keys [B, N, H] -> [B, M, N].
Value additive_score(Value queries, Value keys, Value v, At at = At::here());  // sum_h v_h tanh(q_h + k_h), v [H]
/// Without gradient, for keys that a loop meets at every step: additive_keys outside of it, the score inside.
Value additive_keys(Value keys, At at = At::here());
Value prepared_additive_score(Value queries, Value prepared_keys, Value v, At at = At::here());
Value dot_score(Value queries, Value keys, At at = At::here());
Value euclidean_score(Value queries, Value keys, At at = At::here());  // -|q - k|^2
/// sharpness q.k / (max(|q|, epsilon) max(|k|, epsilon)).
Value cosine_score(Value queries, Value keys, double sharpness = 1, double epsilon = 1e-8, At at = At::here());

// Recurrent layers over x [T, B, D]; the states of all steps are [T, B, H], in the order of x.
struct RecurrentWeights {  // laid out as in PyTorch, see framework/ops/recurrent/recurrent.h
  Value weight_ih;
  Value weight_hh;
  Value bias_ih;
  Value bias_hh;
  bool is_packed = false;  // by pack_for_steps
};
enum class Direction : std::uint8_t { kForward, kReverse };
struct LstmState {
  Value hidden;  // [B, H]
  Value cell;
};
struct LstmStates {
  Value states;  // [T, B, H]
  Value hidden;  // after the last step, [B, H]
  Value cell;
};
struct GruStates {
  Value states;
  Value hidden;
};
/// An empty initial state is zero.
LstmStates lstm(Value x, LstmState initial, const RecurrentWeights& weights, Direction direction = Direction::kForward,
                At at = At::here());
GruStates gru(Value x, Value initial, const RecurrentWeights& weights, Direction direction = Direction::kForward,
              At at = At::here());
// One step: x [B, D].
LstmState lstm_cell(Value x, LstmState state, const RecurrentWeights& weights, At at = At::here());
/// For lstm_cell in a loop without gradients, built outside of it: the same bits, and the weights are arranged once.
RecurrentWeights pack_for_steps(const RecurrentWeights& lstm_weights, At at = At::here());
Value gru_cell(Value x, Value hidden, const RecurrentWeights& weights, At at = At::here());

}  // namespace fovea
