#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "framework/core/arena.h"
#include "framework/graph/graph.h"

namespace fovea {

/// A graph compiled for one set of input shapes: ordered steps and arena offsets. Four passes: check, order, place, bind.
///
/// `kForward` keeps nothing for gradients; `kBackward` keeps what backward reads.
class Plan {
 public:
  enum class Passes : std::uint8_t { kForward, kBackward };

  /// Input types by name; inputs of the graph that are missing here keep the shapes they were built with. Gradients start at
  /// the output "cost", or at every output where there is no cost; `wanted` names the inputs whose gradient is wanted too.
  static std::shared_ptr<const Plan> compile(std::shared_ptr<const Graph> graph, const std::map<std::string, Type>& inputs,
                                             Passes passes, const std::vector<std::string>& wanted = {});
  ~Plan();

  const Graph& graph() const;
  Passes passes() const;
  const Type& type(Slot slot) const;   // for the shapes of this plan
  std::size_t arena_bytes() const;     // slabs of loops included
  std::size_t unshared_bytes() const;  // what the arena would take without reuse
  /// One line a step: number, path, op, shapes, offset; for `fovea check`.
  std::string describe() const;
  double multiply_adds() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  Plan();
  std::unique_ptr<Impl> impl_;  // the compiled levels: the graph and the bodies of its loops
};

/// The memory of a parameter: its values and its gradient (null: not wanted). Backward adds to the gradient, or writes it
/// whatever was there before, so that it need not be cleared.
struct ParameterMemory {
  enum class Backward : std::uint8_t { kAdds, kWrites };
  Real* values = nullptr;
  Real* gradient = nullptr;
  Backward backward = Backward::kAdds;
};

/// The first value that is not finite, found by a step-wise run.
struct NotFinite {
  std::string path;  // of the node
  std::string pass;  // "forward" or "backward"
  int time = 0;      // step of the loop, where in one
  Extent item = 0;   // leading index of the first bad element: the row of the batch for [B, ...]
  double value = 0;
  std::string text() const;
};

/// Is told of every op right after its forward, while its inputs are still in their memory.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void see(const Node& node, const OpRun& run) = 0;
};

/// A plan with memory: one arena, all pointers bound once. One execution is used by one thread at a time.
class Execution {
 public:
  Execution(std::shared_ptr<const Plan> plan, const std::function<ParameterMemory(const std::string& path)>& parameters);
  ~Execution();
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  const Plan& plan() const;

  /// Points an input at memory that stays valid until the pass is over. Errors: an unknown name.
  void bind(const std::string& input, const void* data);

  void forward(const OpContext& context);
  /// Clears the gradients of the outputs; then set what flows in through output_gradient() and call backward().
  void clear_output_gradients();
  void backward(const OpContext& context);

  Tensor output(const std::string& name) const;
  Tensor output_gradient(const std::string& name);  // valid in a kBackward plan, for outputs that lead to a parameter
  Tensor value(Slot slot) const;
  /// Where the gradient of an input is added; the input must be among those that the plan was compiled for.
  void want_input_gradient(const std::string& input, Real* gradient);

  /// forward, then backward with kBackward, stopping at the first value that is not finite; kNumbers: forward, stopping at
  /// the first NaN; kChoices: the same, but it looks only at what ops such as argmax turn into indices, which costs nothing.
  enum class With : std::uint8_t { kForward, kBackward, kNumbers, kChoices };
  std::optional<NotFinite> hunt(const OpContext& context, With with, Observer* observer = nullptr);

  /// What the sites have done since the last call, by site path.
  std::map<std::string, Counters> take_counters();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea
