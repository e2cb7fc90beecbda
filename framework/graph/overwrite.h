#pragma once

#include <vector>

#include "framework/graph/graph.h"

// Ops that overwrite an input (Op::overwrites), so that a step of a loop that changes a few rows of a large memory does not
// copy the others. The values before and after such an op share one memory, also from step to step of a loop that
// carries it. In backward the old values are put back, step by step, so that whatever read them before reads them again.
namespace fovea::graph {

/// The inputs of a node whose memory it changes: for an op that of Op::overwrites, for a loop the carried values that its
/// body overwrites.
std::vector<int> overwritten_inputs(const Node& node);

/// False for output 0 of an op that overwrites an input, and for what no op makes.
bool has_own_memory(const Graph& graph, Slot slot);

/// The value in whose memory this one lies: itself, unless an op that overwrites has made it.
Slot memory_of(const Graph& graph, Slot slot);

enum class Surroundings : std::uint8_t { kNone, kLoop };

/// Errors    a value that is read, overwritten or given as an output after it was overwritten; one that has no memory of its
///           own: an input of the model, a parameter, a constant, what a loop shares or stacks; a carried one whose next
///           value is not what has overwritten it; an output of the model in memory where something was overwritten.
void check_overwrites(const Graph& graph, Surroundings surroundings);

}  // namespace fovea::graph
