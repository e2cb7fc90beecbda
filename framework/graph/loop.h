#pragma once

#include <map>
#include <memory>
#include <string>

#include "framework/graph/builder.h"

namespace fovea {

/// Builds a loop: a node that owns a body graph and runs it step by step; step t writes its own slab of the arena, and
/// backward walks back over the steps that ran. Equal to the bit to the same body unrolled by hand.
///
///     LoopBuilder loop(b, "decode");
///     Value state = loop.carried("state", initial);        // [B, H]: the value at the start of a step
///     Value item = loop.stacked("items", items);           // [T, B, D] -> [B, D]
///     Value next = tanh(linear(loop.body(), state) + item);  // outer values become shared inputs by themselves
///     loop.next(state, next);
///     Value states = loop.stack("states", next);           // an outer value [T, B, H]
///     loop.finish();
///
/// Values returned by `stack` and `last` may be used only after `finish`.
/// The number of steps is that of the stacked inputs, or set by `steps` or `steps_like`.
/// With `stop`, a row whose flag is 1 keeps its carried values from the next step on, and the loop ends when all rows have
/// stopped; stacked outputs of steps that did not run are 0.
class LoopBuilder {
 public:
  LoopBuilder(Builder& outer, const std::string& name, At at = At::here());
  ~LoopBuilder();
  LoopBuilder(const LoopBuilder&) = delete;
  LoopBuilder& operator=(const LoopBuilder&) = delete;

  Builder& body();
  Value carried(const std::string& name, Value initial, At at = At::here());
  Value stacked(const std::string& name, Value sequence, At at = At::here());
  Value shared(Value outer, At at = At::here());
  void next(Value carried, Value updated, At at = At::here());
  void stop(Value finished, At at = At::here());
  void steps(Extent count);
  void steps_like(Value outer, int axis);  // as many steps as that axis of an outer value

  /// The value of the last step that ran: of any value of the body, or of a carried value after its last `next`.
  Value last(const std::string& name, Value inner, At at = At::here());
  Value final(const std::string& name, Value carried);
  Value stack(const std::string& name, Value inner, At at = At::here());
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fovea
