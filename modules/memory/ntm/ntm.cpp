#include "modules/memory/ntm/ntm.h"

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "modules/layers/linear.h"
#include "modules/memory/ntm/memory_write.h"

namespace fovea {
namespace {

// Weights of 0 occur: their logarithm must stay finite, yet so low that none of their powers counts.
constexpr double kTiny = 1e-30;

// Every row moved by `places`, in a circle: the element of place n goes to place n + places. The cut counts from the end
// of the row for a move ahead, from its front for a move back.
Value rolled(Value weights, Extent places, At at) {
  if (places == 0) return weights;
  return concat({slice(weights, 1, -places, kToTheEnd, at), slice(weights, 1, 0, -places, at)}, 1, at);
}

Site site_of(Builder& builder, const std::string& name, Extent width, const std::string& text, At at) {
  const auto scope = builder.scope(name);
  return Site(builder, text, width, width, at);
}

}  // namespace

Value shift_places(Value weights, Value shift, At at) {
  const Extent shifts = shift.shape().last();
  if (shifts % 2 == 0) {
    throw Error("shift_places", "an odd number of shifts was expected; shift " + shift.shape().text() +
                                    " came; give moves by -R .. R places (at " + at.text() + ").");
  }
  const Extent reach = shifts / 2;
  Value moved;
  for (Extent s = 0; s < shifts; ++s) {
    const Value part = multiply(rolled(weights, s - reach, at), slice(shift, 1, s, s + 1, at), at);
    moved = s == 0 ? part : add(moved, part, at);
  }
  return moved;
}

// w^p / sum of w^p = softmax(p log w)
Value sharpen(Value weights, Value power, At at) {
  return softmax(multiply(log(add_scalar(weights, kTiny, at), at), unsqueeze(power, 1, at), at), at);
}

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
NtmControls ntm_controls(Builder& builder, const std::string& name, Value state, Extent width, Extent reach, At at) {
  const Extent shifts = 2 * reach + 1;
  const Value all = linear_layer(builder, name, state, width + shifts + 3, Bias::kYes, at);
  const auto single = [&](Extent place) {
    return squeeze(slice(all, 1, width + shifts + place, width + shifts + place + 1, at), 1, at);
  };
  return {.key = tanh(slice(all, 1, 0, width, at), at),
          .sharpness = softplus(single(0), at),
          .gate = sigmoid(single(1), at),
          .shift = softmax(slice(all, 1, width, width + shifts, at), at),
          .power = add_scalar(softplus(single(2), at), 1, at)};
}

NtmHead::NtmHead(Builder& builder, const std::string& name, Extent width, const std::string& site, At at)
    : site_(site_of(builder, name, width, site, at)) {}

Value NtmHead::weights(Value memory, Value previous, const NtmControls& controls, Sharpening sharpening) {
  const Attended found = site_.attend({.queries = unsqueeze(controls.key, 1),
                                       .prepared_keys = site_.prepare_keys(memory),
                                       .sharpness = unsqueeze(controls.sharpness, 1)});
  const Value by_content = squeeze(scatter_items(found.weights, found.kept, memory), 1);
  const std::vector<Value> inputs{by_content, previous, controls.gate, controls.shift, controls.power};
  return innermost(inputs).add(make_memory_address(sharpening), inputs);
}

Value ntm_read(Value memory, Value weights, At at) {
  return squeeze(matmul(unsqueeze(weights, 1, at), memory, {}, at), 1, at);
}

Value ntm_write(Value memory, Value weights, Value erase, Value added, At at) {
  const std::vector<Value> inputs{memory, weights, erase, added};
  return innermost(inputs, at).add(make_memory_write(), inputs, "", at);
}

}  // namespace fovea
