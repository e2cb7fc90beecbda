#include "modules/transformer/universal.h"

#include <cmath>

#include "framework/core/error.h"
#include "framework/graph/loop.h"
#include "modules/layers/layer_norm.h"
#include "modules/layers/linear.h"
#include "modules/transformer/halting.h"
#include "modules/transformer/multi_head.h"
#include "modules/transformer/positions.h"

namespace fovea {
namespace {

/// The waves of position t, as add_sinusoid adds them, one row for each of the steps 1, 2, ...: [steps, E].
Value step_waves(Builder& b, Extent steps, Extent width, At at) {
  std::vector<Real> waves;
  for (Extent t = 1; t <= steps; ++t) {
    for (Extent d = 0; d < width; ++d) {
      const double angle =
          static_cast<double>(t) / std::pow(1e4, static_cast<double>(d - d % 2) / static_cast<double>(width));
      waves.push_back(static_cast<Real>(d % 2 == 0 ? std::sin(angle) : std::cos(angle)));
    }
  }
  return b.constant("step_waves", {steps, width}, waves, at);
}

/// [steps, 1]: 1 in the last step.
Value last_step(Builder& b, Extent steps, At at) {
  std::vector<Real> flags(static_cast<std::size_t>(steps), Real{0});
  flags.back() = 1;
  return b.constant("last_step", {steps, 1}, flags, at);
}

/// The parameters of a block, declared once and used in every step.
class Block {
 public:
  Block(Builder& b, Extent width, const UniversalOptions& options, At at)
      : options_(options),
        attention_(b, "self", {width, width}, {.heads = options.heads, .site = options.site}, at),
        self_norm_(b, "self_norm", width),
        inner_(b, "inner", width, options.hidden, Bias::kYes, at),
        outer_(b, "outer", options.hidden, width, Bias::kYes, at),
        transition_norm_(b, "transition_norm", width) {
    if (options.positions == "learned") {
      positions_ = b.parameter("positions", {options.longest, width}, Init::normal(0.1), at);
    }
  }

  Value operator()(Value x, Value step_wave, Value mask) {
    const Value placed = add(options_.positions == "none"      ? x
                             : options_.positions == "learned" ? add_positions(x, positions_)
                                                               : add_sinusoid(x),
                             step_wave);
    const Value read =
        with_branch(placed, self_norm_, [&](Value y) { return attention_.attend({.queries = y, .mask = mask}).y; });
    return with_branch(read, transition_norm_, [&](Value y) { return outer_(dropped(relu(inner_(y)))); });
  }

 private:
  Value dropped(Value x) const { return options_.dropout > 0 ? dropout(x, options_.dropout) : x; }

  template <class Branch>
  Value with_branch(Value x, const LayerNorm& norm, const Branch& f) const {
    const bool is_first = options_.norm == "pre";
    const Value sum = add(x, dropped(f(is_first ? norm(x) : x)));
    return is_first ? sum : norm(sum);
  }

  UniversalOptions options_;
  MultiHeadAttention attention_;
  LayerNorm self_norm_;
  Linear inner_, outer_;
  LayerNorm transition_norm_;
  Value positions_;
};

Revised revise_fixed(Builder& b, Value x, Value mask, const UniversalOptions& options, At at) {
  Block block(b, x.shape().last(), options, at);
  LoopBuilder loop(b, "steps", at);
  const Value state = loop.carried("state", x);
  const Value next = block(state, loop.stacked("step_wave", step_waves(b, options.most_steps, x.shape().last(), at)), mask);
  loop.next(state, next);
  const Value states = loop.last("states", next);
  loop.finish();
  const Value steps = scale(to_real(mask, at), static_cast<double>(options.most_steps), at);
  return {.states = states, .steps = steps, .ponder = steps};
}

Revised revise_adaptively(Builder& b, Value x, Value mask, const UniversalOptions& options, At at) {
  const Extent width = x.shape().last();
  Block block(b, width, options, at);
  const Value halting_weight = b.parameter("halting/weight", {1, width}, Init::glorot(), at);
  const Value halting_bias = b.parameter("halting/bias", {1}, Init::constant(options.halting_bias), at);
  const Halting start = not_halted(mask, at);

  LoopBuilder loop(b, "steps", at);
  const Weighted before{.state = loop.carried("state", x), .sum = loop.carried("sum", scale(x, 0, at))};
  const Halting halting{.total = loop.carried("total", start.total), .running = loop.carried("running", start.running)};
  const Value steps = loop.carried("steps", start.total);
  const Value fresh = block(before.state, loop.stacked("step_wave", step_waves(b, options.most_steps, width, at)), mask);
  const HaltingStep step = halt({.probability = squeeze(sigmoid(linear(fresh, halting_weight, halting_bias)), 2),
                                 .before = halting,
                                 .is_last = loop.stacked("is_last", last_step(b, options.most_steps, at))},
                                options.threshold, at);
  const Weighted after = advance({.before = before, .fresh = fresh, .weight = step.weight, .running = halting.running}, at);
  loop.next(before.state, after.state);
  loop.next(before.sum, after.sum);
  loop.next(halting.total, step.after.total);
  loop.next(halting.running, step.after.running);
  loop.next(steps, add(steps, to_real(halting.running)));
  loop.stop(step.is_over);
  const Value states = loop.final("states", before.sum);
  const Value total = loop.final("total", halting.total);
  const Value count = loop.final("count", steps);
  loop.finish();
  // N + R, R = 1 - total; 0 for padding
  return {.states = states, .steps = count, .ponder = add(count, subtract(to_real(mask, at), total))};
}

}  // namespace

void UniversalOptions::fields(Options& options) {
  options.add("most_steps", most_steps, "the most steps of a position, >= 1", {.low = 1});
  options.add("heads", heads, "heads of the attention; the width is a multiple of it, >= 1", {.low = 1});
  options.add("hidden", hidden, "width inside of the transition, >= 1", {.low = 1});
  options.add("dropout", dropout, "share of the elements of a branch that training drops, in [0, 1)",
              {.low = 0, .high = 0.999});
  options.add("norm", norm, "where a branch is normalised", {"post", "pre"});
  options.add("positions", positions, "how places are told apart", {"sinusoid", "learned", "none"});
  options.add("longest", longest, "positions=learned: the most positions, >= 1", {.low = 1});
  options.add("halting", halting, "adaptive: each position by itself; fixed: all after the most steps",
              {"adaptive", "fixed"});
  options.add("threshold", threshold, "sum of halting probabilities at which a position halts, in (0, 1]",
              {.low = 1e-6, .high = 1});
  options.add("halting_bias", halting_bias, "of the halting probability's logit, before training");
  options.add("site", site, "site of every head: scorer | pattern | selector | estimator");
}

void UniversalOptions::check() const {
  UniversalOptions copy;
  Options known;
  copy.fields(known);
  UniversalOptions self = *this;
  Options given;
  self.fields(given);
  for (const auto& [name, text] : given.values()) known.set(name, text);
}

// NOLINTNEXTLINE(readability-function-size): `at` is filled in by itself
Revised universal_transformer(Builder& builder, const std::string& name, Value x, Value mask,
                              const UniversalOptions& options, At at) {
  options.check();
  const auto scope = builder.scope(name);
  if (mask.is_empty()) mask = full_index(x, 2, 1, at);
  Revised revised = options.halting == "fixed" ? revise_fixed(builder, x, mask, options, at)
                                               : revise_adaptively(builder, x, mask, options, at);
  if (options.norm == "pre") revised.states = LayerNorm(builder, "norm", x.shape().last())(revised.states);
  return revised;
}

}  // namespace fovea
