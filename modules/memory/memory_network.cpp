#include "modules/memory/memory_network.h"

#include <optional>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/graph/loop.h"
#include "modules/layers/linear.h"
#include "modules/recurrent/lstm.h"

namespace fovea {
namespace {

const std::vector<std::string>& kinds() {
  static const std::vector<std::string> kinds{"feed_forward", "lstm"};
  return kinds;
}

}  // namespace

void ControllerOptions::fields(Options& options) {
  options.add("controller", kind, "what steers the heads", kinds());
  options.add("hidden", hidden, "width of the controller, >= 1", {.low = 1});
}

struct Controller::State {
  std::optional<Lstm> lstm;
  std::optional<Linear> layer;
  Extent hidden = 0;
};

Controller::Controller(Builder& builder, const ControllerOptions& options, Extent inputs, At at)
    : state_(std::make_unique<State>()) {
  state_->hidden = options.hidden;
  if (options.kind == "lstm") {
    state_->lstm.emplace(builder, "controller", inputs, options.hidden, at);
    state_->lstm->prepare_steps(at);
  } else if (options.kind == "feed_forward") {
    state_->layer.emplace(builder, "controller", inputs, options.hidden, Bias::kYes, at);
  } else {
    throw Error("controller", unknown_name(options.kind, kinds()));
  }
}

Controller::~Controller() = default;
Controller::Controller(Controller&&) noexcept = default;

std::vector<Value> Controller::start(Value like) {
  if (!state_->lstm) return {};
  return {zeros_like_rows(like, {state_->hidden}), zeros_like_rows(like, {state_->hidden})};
}

Value Controller::step(Value x, std::vector<Value>& state) {
  if (!state_->lstm) return tanh((*state_->layer)(x));
  const Lstm::State next = state_->lstm->step(x, {state[0], state[1]});
  state = {next.hidden, next.cell};
  return next.hidden;
}

namespace {

std::vector<Value> carry(LoopBuilder& loop, const std::string& name, const std::vector<Value>& start) {
  std::vector<Value> carried;
  for (std::size_t i = 0; i < start.size(); ++i) carried.push_back(loop.carried(name + std::to_string(i), start[i]));
  return carried;
}

void hand_on(LoopBuilder& loop, const std::vector<Value>& carried, const std::vector<Value>& updated) {
  for (std::size_t i = 0; i < carried.size(); ++i) loop.next(carried[i], updated[i]);
}

}  // namespace

Value memory_network(Value inputs, ControlledMemory& memory, const ControllerOptions& options, Extent outputs, At at) {
  Builder& b = inputs.builder();
  const Extent width = memory.read_width();
  Controller controller(b, options, inputs.shape().last() + width, at);
  const Linear output(b, "output", options.hidden + width, outputs, Bias::kYes, at);
  const Value like = transpose(inputs, {1, 0, 2}, at);  // [B, T, D]
  const Value first_read = expand_rows(b.parameter("start/read", {width}, Init::zero(), at), like, at);

  LoopBuilder loop(b, "steps", at);
  const Value x = loop.stacked("input", inputs);
  const Value read = loop.carried("read", first_read);
  const std::vector<Value> inner = carry(loop, "controller", controller.start(like));
  const std::vector<Value> outer = carry(loop, "memory", memory.start(like));
  std::vector<Value> state = inner;
  const Value control = controller.step(concat({x, read}, 1), state);
  const ControlledMemory::Step done = memory.step(control, outer);
  loop.next(read, done.read);
  hand_on(loop, inner, state);
  hand_on(loop, outer, done.state);
  const Value controls = loop.stack("controls", control);  // [T, B, H]
  const Value reads = loop.stack("reads", done.read);      // [T, B, W]
  loop.finish();
  return output(concat({controls, reads}, 2));
}

}  // namespace fovea
