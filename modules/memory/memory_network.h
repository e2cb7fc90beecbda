#pragma once

#include <string>
#include <vector>

#include "framework/core/options.h"
#include "framework/graph/builder.h"

// A network that works on an external memory: a controller, and a memory that it writes and reads at every step.
// Axis letters: B batch, T steps, H width of the controller, W width of what is read, O outputs.
namespace fovea {

/// A memory with its heads: what differs between a neural Turing machine and other memory networks. Its parameters
/// are declared in the constructor, outside of the loop, and none of them depends on the number of slots.
class ControlledMemory {
 public:
  virtual ~ControlledMemory() = default;

  /// What it carries from step to step, as it is before the first one: [B, ...] each; `like` [B, ...] gives the batch.
  virtual std::vector<Value> start(Value like) = 0;
  /// The width W of what all heads read together.
  virtual Extent read_width() const = 0;

  struct Step {
    std::vector<Value> state;  // in the order of `start`
    Value read;                // [B, W]
  };
  /// One step, in the body of a loop: writes, then reads. control [B, H], what the controller gives.
  virtual Step step(Value control, const std::vector<Value>& state) = 0;
};

struct ControllerOptions {
  std::string kind = "lstm";
  Extent hidden = 100;

  void fields(Options& options);
};

/// The controller: sees the input and what was read at the step before, and gives what heads and outputs are computed from.
///
/// Solves    feed_forward: h = tanh(W x + b), without its own state; lstm: a cell of a long short-term memory.
/// Shapes    x [B, D] -> [B, H]. Parameters at the scope "controller".
/// Errors    an unknown kind.
class Controller {
 public:
  Controller(Builder& builder, const ControllerOptions& options, Extent inputs, At at = At::here());
  ~Controller();
  Controller(Controller&&) noexcept;

  std::vector<Value> start(Value like);  // its state; none for feed_forward
  /// The control [B, H]; `state` becomes that after the step.
  Value step(Value x, std::vector<Value>& state);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A controller with a memory, run over a sequence.
///
/// Solves    h_t = controller([x_t, r_t-1]); memory and r_t by memory.step(h_t); y_t = W [h_t, r_t] + b. r_0 is learned.
/// Shapes    inputs [T, B, D] -> [T, B, O]. Parameters at the scopes "controller", "start" and "output" of the builder.
/// Gradient  through all steps.
/// Cost      that of the steps of the controller and of the memory; the outputs are one product outside of the loop.
/// Source    Graves et al. 2014, arXiv:1410.5401, section 3; Graves et al. 2016, doi:10.1038/nature20101, methods.
Value memory_network(Value inputs, ControlledMemory& memory, const ControllerOptions& options, Extent outputs,
                     At at = At::here());

}  // namespace fovea
