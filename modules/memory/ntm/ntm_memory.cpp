#include "modules/memory/ntm/ntm_memory.h"

#include "framework/core/free_memory.h"
#include "framework/graph/functions.h"
#include "modules/layers/linear.h"

namespace fovea {
namespace {

constexpr double kStart = 1e-6;  // of every element of a slot: long enough to have a direction

}  // namespace

void NtmOptions::fields(Options& options) {
  options.add("slots", slots, "slots N of the memory, >= 1", {.low = 1});
  options.add("slot_width", width, "width D of a slot, >= 1", {.low = 1});
  options.add("reads", reads, "heads that read, >= 1", {.low = 1});
  options.add("writes", writes, "heads that write, >= 1", {.low = 1});
  options.add("reach", reach, "most places that a head moves in a step, either way, >= 0", {.low = 0});
  options.add("site", site, "site of the search by content: scorer | pattern | selector | estimator");
  options.add("sharpening", sharpening, "of blurred weights, after a move; sparse: exact zeros", {"power", "sparse"});
}

NtmMemory::NtmMemory(Builder& builder, const NtmOptions& options, At at) : builder_(builder), options_(options) {
  for (Extent i = 1; i <= options.writes; ++i) names_.push_back("write_" + std::to_string(i));
  for (Extent i = 1; i <= options.reads; ++i) names_.push_back("read_" + std::to_string(i));
  for (const std::string& name : names_) heads_.emplace_back(builder, name, options.width, options.site, at);
}

Extent NtmMemory::read_width() const { return options_.reads * options_.width; }

std::vector<Value> NtmMemory::start(Value like) {
  const auto slots = static_cast<std::size_t>(options_.slots);
  const auto width = static_cast<std::size_t>(options_.width);
  expect_memory(static_cast<std::size_t>(Shape{options_.slots, options_.width}.size()) * sizeof(Real));
  std::vector<Real> first(slots, 0);
  first[0] = 1;
  const Value weights = expand_rows(builder_.constant("first_slot", {options_.slots}, first), like);
  const Value memory = builder_.constant("slots", {options_.slots, options_.width},
                                         std::vector<Real>(slots * width, static_cast<Real>(kStart)));
  std::vector<Value> state{expand_rows(memory, like)};
  state.insert(state.end(), heads_.size(), weights);
  return state;
}

Value NtmMemory::moved(std::size_t head, Value slots, Value previous, Value control) {
  const auto scope = builder_.scope(names_[head]);
  const NtmControls controls = ntm_controls(builder_, "address", control, options_.width, options_.reach);
  const Sharpening sharpening = options_.sharpening == "sparse" ? Sharpening::kSparse : Sharpening::kPower;
  return heads_[head].weights(slots, previous, controls, sharpening);
}

ControlledMemory::Step NtmMemory::step(Value control, const std::vector<Value>& state) {
  const auto writes = static_cast<std::size_t>(options_.writes);
  Step done;
  Value slots = state[0];
  std::vector<Value> weights;
  for (std::size_t head = 0; head < writes; ++head) weights.push_back(moved(head, slots, state[1 + head], control));
  for (std::size_t head = 0; head < writes; ++head) {
    const auto scope = builder_.scope(names_[head]);
    const Value erase = sigmoid(linear_layer(builder_, "erase", control, options_.width));
    slots = ntm_write(slots, weights[head], erase, linear_layer(builder_, "add", control, options_.width));
  }
  std::vector<Value> found;
  for (std::size_t head = writes; head < heads_.size(); ++head) {
    weights.push_back(moved(head, slots, state[1 + head], control));
    found.push_back(ntm_read(slots, weights.back()));
  }
  done.read = found.size() == 1 ? found[0] : concat(found, 1);
  done.state = {slots};
  done.state.insert(done.state.end(), weights.begin(), weights.end());
  return done;
}

}  // namespace fovea
