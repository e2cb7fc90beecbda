#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "framework/graph/graph.h"
#include "framework/graph/place.h"
#include "framework/graph/plan.h"

namespace fovea::graph {

/// Where a tensor of a level lives.
enum class Home : std::uint8_t {
  kNone,       // none: not computed, or no gradient
  kSame,       // the memory of the input that its op overwrites
  kOutside,    // an input, a parameter, a constant, or redirected into a stacked output of the surrounding loop
  kKept,       // lives from forward to backward, or from step to step: one copy per step of a loop
  kTransient,  // lives within one pass: shared by all steps of a loop
};

struct Buffer {
  Piece piece;
  Home home = Home::kNone;
};

/// One node of a compiled level.
struct LevelNode {
  std::vector<Type> types;        // of the outputs
  std::vector<Buffer> values;     // of the outputs
  std::vector<Buffer> gradients;  // of the outputs; kNone where nothing flows
  std::vector<char> is_wanted;    // per input: does its gradient flow on?
  std::vector<Type> scratch_types;
  std::vector<Buffer> scratch;
  std::vector<Type> workspace_types;
  std::vector<Buffer> workspace_forward;
  std::vector<Buffer> workspace_backward;
  std::uint32_t assign = 0;        // inputs whose gradient this node may write instead of adding to
  std::vector<char> clears;        // per input: the gradient is cleared before this node adds to it
  int first_reader = -1;           // of a parameter: the node that runs backward first, which may write its gradient
  std::vector<char> clears_own;    // per output: nothing flows in, so the gradient is cleared before backward
  std::vector<Buffer> duplicates;  // per input that repeats an earlier one: a separate gradient, added afterwards
  bool needs_gradient = false;     // a parameter or a wanted input lies before it
  bool is_active = false;          // ... and its gradient is asked for
  std::shared_ptr<const Prepared> prepared;
  std::shared_ptr<const struct Level> body;  // of a loop
  Buffer loop_kept;                          // memory of the frames of a loop
  Buffer loop_transient;
  Buffer loop_carried_gradients;
  Extent steps = 0;
};

/// A graph (or the body of a loop) for one set of shapes.
struct Level {
  std::shared_ptr<const Graph> graph;
  bool is_body = false;
  bool has_backward = false;
  std::vector<LevelNode> nodes;  // by node id
  std::vector<Slot> seeds;       // outputs at which gradients come in
  std::size_t kept_bytes = 0;    // of one frame
  std::size_t transient_bytes = 0;
  std::size_t unshared_bytes = 0;
  double multiply_adds = 0;

  const Type& type(Slot slot) const { return at(slot).types[slot.output]; }
  const LevelNode& at(Slot slot) const { return nodes[slot.node]; }
  LevelNode& at(Slot slot) { return nodes[slot.node]; }
};

struct LevelRequest {
  std::shared_ptr<const Graph> graph;
  std::map<int, Type> inputs;  // of input nodes, by id; missing: as built
  std::vector<int> wanted;     // input nodes whose gradient is wanted
  std::vector<Slot> seeds;     // empty: chosen from the outputs of the graph
  std::vector<Slot> outside;   // values that the surrounding loop keeps: no buffer here
  bool is_body = false;
  bool has_backward = false;
};

/// Check, order, place: everything of a plan except the pointers.
std::shared_ptr<const Level> compile_level(const LevelRequest& request);

/// Gives every buffer of a level its home and its offset.
void place_level(Level& level, const std::vector<Slot>& outside);

}  // namespace fovea::graph

namespace fovea {

struct Plan::Impl {
  std::shared_ptr<const graph::Level> level;
  Passes passes = Passes::kForward;
  std::map<std::string, int> inputs;  // node ids by name
};

}  // namespace fovea
