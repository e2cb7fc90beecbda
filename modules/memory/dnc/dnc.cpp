#include "modules/memory/dnc/dnc.h"

#include "modules/layers/linear.h"
#include "modules/memory/dnc/allocation.h"
#include "modules/memory/dnc/temporal_links.h"

namespace fovea {
namespace {

// Added to what is found by the links before it is sharpened: the gradient of its logarithm stays below 1e6.
constexpr double kTiny = 1e-6;

Value one_minus(Value x, At at) { return add_scalar(negate(x, at), 1, at); }
Value one_plus(Value x) { return add_scalar(softplus(x), 1); }

// The elements of a vector [B, W], handed out from its front.
class Parts {
 public:
  explicit Parts(Value whole) : whole_(whole) {}

  Value vector(Extent width) {
    next_ += width;
    return slice(whole_, 1, next_ - width, next_);
  }
  Value single() { return squeeze(vector(1), 1); }
  Value matrix(Extent rows, Extent width) { return reshape(vector(rows * width), {0, rows, width}); }

 private:
  Value whole_;
  Extent next_ = 0;
};

}  // namespace

Value retention(Value read_weights, Value free_gates, At at) {
  const Extent reads = read_weights.shape()[1];
  const Value kept = one_minus(multiply(read_weights, unsqueeze(free_gates, 2, at), at), at);  // [B, R, N]
  Value product;
  for (Extent r = 0; r < reads; ++r) {
    const Value one = squeeze(slice(kept, 1, r, r + 1, at), 1, at);
    product = r == 0 ? one : multiply(product, one, at);
  }
  return product;
}

Value update_usage(Value usage, Value write_weights, Value retained, At at) {
  const Value written = add(usage, multiply(one_minus(usage, at), write_weights, at), at);
  return multiply(written, retained, at);
}

Value allocate(Value usage, At at) { return usage.builder().add(make_allocation(), {usage}, "", at); }

Value update_links(Value links, Value precedence, Value write_weights, At at) {
  return innermost({links, precedence, write_weights}, at)
      .add(make_temporal_links(), {links, precedence, write_weights}, "", at);
}

Value update_precedence(Value precedence, Value write_weights, At at) {
  const Value left = one_minus(unsqueeze(sum(write_weights, 1, at), 1, at), at);
  return add(multiply(left, precedence, at), write_weights, at);
}

Value follow_links(Value links, Value read_weights, At at) { return matmul(read_weights, links, {.transpose_b = true}, at); }

Value trace_links(Value links, Value read_weights, At at) { return matmul(read_weights, links, {}, at); }

Value sharpen_links(Value weights, Value power, At at) {
  return softmax(multiply(log(add_scalar(weights, kTiny, at), at), unsqueeze(power, 2, at), at), at);
}

DncControls dnc_controls(Builder& builder, const std::string& name, Value control, DncSize size, const DncVariant& variant) {
  const Extent width = size.width;
  const Extent reads = size.reads;
  const Extent masks = variant.has_masks ? 1 : 0;
  const Extent powers = variant.sharpens ? 2 : 0;
  const Extent of_write = (3 + masks) * width + 3;
  const Extent of_read = (1 + masks) * width + 5 + powers;
  Parts parts(linear_layer(builder, name, control, of_write + reads * of_read));
  const auto of_heads = [&] { return parts.vector(reads); };
  DncControls controls;
  controls.write_key = parts.vector(width);
  if (variant.has_masks) controls.write_mask = sigmoid(parts.vector(width));
  controls.write_sharpness = one_plus(parts.single());
  controls.erase = sigmoid(parts.vector(width));
  controls.added = parts.vector(width);
  controls.allocation_gate = sigmoid(parts.single());
  controls.write_gate = sigmoid(parts.single());
  controls.read_keys = parts.matrix(reads, width);
  if (variant.has_masks) controls.read_masks = sigmoid(parts.matrix(reads, width));
  controls.read_sharpness = one_plus(of_heads());
  controls.free_gates = sigmoid(of_heads());
  controls.modes = softmax(parts.matrix(reads, 3));
  if (variant.sharpens) controls.backward_power = one_plus(of_heads());
  if (variant.sharpens) controls.forward_power = one_plus(of_heads());
  return controls;
}

}  // namespace fovea
