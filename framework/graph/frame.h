#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "framework/graph/level.h"

namespace fovea::graph {

/// A tensor of a frame; a view of root input `input` (where not -1) at `offset` bytes, whose pointer is patched by bind().
struct Ref {
  Tensor tensor;
  int input = -1;
  std::size_t offset = 0;
};

/// A pointer to be set when an input is bound.
struct Patch {
  void** data = nullptr;
  std::size_t offset = 0;
};

/// From one tensor to another: a copy, or a sum.
struct Transfer {
  Tensor from;
  Tensor to;
};

struct LoopFrames;

/// One op or loop with all its pointers.
struct BoundStep {
  const Node* node = nullptr;
  const Op* op = nullptr;
  OpRun forward;
  OpRun backward;
  std::vector<std::vector<Tensor>> lists;  // what the spans of the runs view
  std::vector<Tensor> clears;              // gradients cleared before backward
  std::vector<Transfer> duplicates;        // gradients of repeated inputs, added after backward
  std::unique_ptr<LoopFrames> loop;
  bool is_active = false;
  bool overwrites = false;  // its memory is put back in backward, also where it is not active
};

/// A level bound to memory: the graph, or one step of a loop.
struct Frame {
  const Level* level = nullptr;
  std::vector<std::vector<Ref>> values;        // by node and output
  std::vector<std::vector<Tensor>> gradients;  // null data: none
  std::vector<BoundStep> steps;
  std::vector<Tensor> clears;       // gradients cleared before backward: those of parameters
  std::vector<Tensor> seed_clears;  // those cleared with the gradients of outputs; none in a loop

  Ref value(Slot slot) const { return values[index(slot.node)][index(slot.output)]; }
  Tensor gradient(Slot slot) const { return gradients[index(slot.node)][index(slot.output)]; }
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }
};

struct LoopFrames {
  std::vector<Frame> frames;             // one per step
  struct Edge {                          // of one step
    std::vector<Transfer> stack_copies;  // stacked outputs that are not written in place
    std::vector<Transfer> last_copies;
    std::vector<Transfer> carried_sums, stacked_sums, last_sums;
    std::vector<Tensor> stacked_slices;  // cleared where the step does not run
    std::vector<Tensor> seed_clears;
    Tensor stop;  // null: none
  };
  std::vector<Edge> edges;
  std::vector<Tensor> carried_gradients[2];  // of even and of odd steps
  std::vector<char> is_overwritten;          // per carried value: all steps have one memory, and one gradient
  std::vector<Transfer> initial_sums;        // gradients of the initial values
  Extent ran = 0;
};

/// The states of the ops of an execution, by level and node.
using OpStates = std::map<std::pair<const Level*, int>, std::shared_ptr<OpState>>;

/// What binding needs besides the level.
struct BindContext {
  std::function<ParameterMemory(const std::string&)> parameters;
  const OpContext* context = nullptr;
  std::map<int, std::vector<Patch>>* patches = nullptr;
  OpStates* states = nullptr;
  std::function<Counters*(const std::string& path)> counters;
  std::uint32_t time = 0;
};

struct FrameMemory {
  std::byte* kept = nullptr;
  std::byte* transient = nullptr;
  std::map<int, Ref> inputs;  // by input node
  std::map<int, Tensor> input_gradients;
  std::map<std::pair<int, int>, Ref> redirected;  // values that the surrounding loop keeps
};

Frame bind_frame(const Level& level, const FrameMemory& memory, const BindContext& context);
std::unique_ptr<LoopFrames> bind_loop(const Frame& outer, int id, const FrameMemory& memory, const BindContext& context);

/// Called after every op with what it has written; throws or remembers. Empty in an ordinary run.
class Hunter {
 public:
  virtual ~Hunter() = default;
  virtual bool inspect(const BoundStep& step, const OpRun& run, bool is_backward) = 0;  // true: stop here
};

bool run_forward(Frame& frame, Hunter* hunter);
bool run_backward(Frame& frame, Hunter* hunter);

}  // namespace fovea::graph
