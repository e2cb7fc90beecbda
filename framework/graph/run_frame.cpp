#include <algorithm>
#include <cstring>

#include "framework/graph/check.h"
#include "framework/graph/frame.h"

namespace fovea::graph {
namespace {

void clear(const Tensor& tensor) { std::memset(tensor.data, 0, tensor.bytes()); }

void copy(const Transfer& transfer) { std::memcpy(transfer.to.data, transfer.from.data, transfer.to.bytes()); }

void add(const Transfer& transfer) {
  const Real* from = transfer.from.real();
  Real* to = transfer.to.real();
  const Extent size = transfer.to.size();
#pragma omp simd
  for (Extent i = 0; i < size; ++i) to[i] += from[i];
}

bool all_stopped(const Tensor& stop) {
  return std::all_of(stop.index(), stop.index() + stop.size(), [](Index flag) { return flag != 0; });
}

void pull(const BoundStep& step) {
  try {
    step.op->backward(step.backward);
  } catch (...) {
    throw caught_at(*step.node, *step.op, "backward");
  }
}

// Memory is put back even where no gradient passes: earlier ops may read it in their backward.
void restore(const BoundStep& step) {
  if (step.op != nullptr) {
    try {
      return step.op->restore(step.backward);
    } catch (...) {
      throw caught_at(*step.node, *step.op, "restore");
    }
  }
  for (Extent t = step.loop->ran - 1; t >= 0; --t) {
    const std::vector<BoundStep>& steps = step.loop->frames[t].steps;
    for (auto inner = steps.rbegin(); inner != steps.rend(); ++inner) {
      if (inner->overwrites) restore(*inner);
    }
  }
}

bool run_loop_forward(LoopFrames& loop, Hunter* hunter) {
  const auto count = static_cast<Extent>(loop.frames.size());
  for (loop.ran = 0; loop.ran < count;) {
    const auto t = static_cast<std::size_t>(loop.ran++);
    if (run_forward(loop.frames[t], hunter)) return true;
    const LoopFrames::Edge& edge = loop.edges[t];
    for (const Transfer& transfer : edge.stack_copies) copy(transfer);
    if (edge.stop && all_stopped(edge.stop)) break;
  }
  for (const Transfer& transfer : loop.edges[loop.ran - 1].last_copies) copy(transfer);
  for (Extent t = loop.ran; t < count; ++t) {
    for (const Tensor& slice : loop.edges[t].stacked_slices) clear(slice);
  }
  return false;
}

bool run_loop_backward(LoopFrames& loop, Hunter* hunter) {
  for (Extent t = loop.ran - 1; t >= 0; --t) {
    const LoopFrames::Edge& edge = loop.edges[t];
    for (std::size_t i = 0; i < loop.carried_gradients[t % 2].size(); ++i) {
      const Tensor& gradient = loop.carried_gradients[t % 2][i];
      const bool is_first = t + 1 == loop.ran;  // an overwritten value already has the gradient of the step after it
      if (gradient && (is_first || loop.is_overwritten[i] == 0)) clear(gradient);
    }
    for (const Tensor& gradient : edge.seed_clears) clear(gradient);
    if (t + 1 < loop.ran) {
      for (const Transfer& transfer : edge.carried_sums) add(transfer);
    } else {
      for (const Transfer& transfer : edge.last_sums) add(transfer);
    }
    for (const Transfer& transfer : edge.stacked_sums) add(transfer);
    if (run_backward(loop.frames[t], hunter)) return true;
  }
  for (const Transfer& transfer : loop.initial_sums) add(transfer);
  return false;
}

}  // namespace

bool run_forward(Frame& frame, Hunter* hunter) {
  for (BoundStep& step : frame.steps) {
    if (step.op == nullptr) {
      if (run_loop_forward(*step.loop, hunter)) return true;
      continue;
    }
    try {
      step.op->forward(step.forward);
    } catch (...) {
      throw caught_at(*step.node, *step.op, "forward");
    }
    if (hunter != nullptr && hunter->inspect(step, step.forward, false)) return true;
  }
  return false;
}

bool run_backward(Frame& frame, Hunter* hunter) {
  for (const Tensor& gradient : frame.clears) clear(gradient);
  for (auto step = frame.steps.rbegin(); step != frame.steps.rend(); ++step) {
    if (!step->is_active && step->overwrites) restore(*step);
    if (!step->is_active) continue;
    for (const Tensor& gradient : step->clears) clear(gradient);
    if (step->op != nullptr) {
      pull(*step);
      if (hunter != nullptr && hunter->inspect(*step, step->backward, true)) return true;
    } else if (run_loop_backward(*step->loop, hunter)) {
      return true;
    }
    for (const Transfer& transfer : step->duplicates) add(transfer);
  }
  return false;
}

}  // namespace fovea::graph
