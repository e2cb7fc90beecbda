#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "framework/core/rng.h"
#include "framework/core/tensor.h"

namespace fovea {

enum class Mode : std::uint8_t { kTrain, kEvaluate };

/// What a site has done, for the claim that work follows the choice; summed per site and written to the results.
struct Counters {
  std::uint64_t scored_pairs = 0;            // (query, key) pairs that were scored
  std::uint64_t gathered_rows = 0;           // value rows read in forward
  std::uint64_t gathered_rows_backward = 0;  // value rows touched in backward
  // What training has drawn by its probability. Whole numbers, so that a sum does not depend on its order:
  std::uint64_t draws = 0;
  std::int64_t surprise = 0;  // the sum of -log p, in units of 2^-20 nat

  void draw(double log_prob);  // adds one of them
  /// An estimate of the entropy of what was drawn from, in nats; nothing without a draw.
  std::optional<double> entropy() const;
  Counters& operator+=(const Counters& other);
  Counters operator-(const Counters& before) const;
};

/// What all ops of one execution share in one pass.
struct OpContext {
  std::uint64_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t first_row = 0;  // of this shard in its batch: local row b is row first_row + b
  Mode mode = Mode::kTrain;
  /// advantages[slot][row]: cost minus baseline, scaled like the cotangent of the cost; the slot of an estimator is given
  /// by Builder::register_estimator. Empty in evaluation and where nothing needs it.
  std::span<const std::span<const Real>> advantages = {};
  /// What the cost of each row was multiplied by there, by the same slots.
  std::span<const std::span<const Real>> advantage_scales = {};
  /// Evaluations of each item, one row of the batch after the other.
  std::uint32_t draws = 1;
  /// Where sites add the log-probabilities of their choices in forward, by the same slots [slot][row].
  std::span<const std::span<Real>> log_probs = {};
};

/// Kernels and primitives that an op makes once per plan ("libxsmm kernel of this shape").
struct Prepared {
  virtual ~Prepared() = default;
};

/// What an op keeps from step to step of a loop besides its tensors, such as a memory that no tensor holds or an index of
/// one: made once per execution and node, and shared by all steps. Results must not depend on earlier passes:
/// `forward` of step 0 finds the state as if new, or makes it so.
struct OpState {
  virtual ~OpState() = default;
};

/// The memory of one call. In `forward`, grad_* are empty. All tensors are 64-byte aligned unless they are a slice of a
/// loop's stacked tensor or a shard of a batch.
struct OpRun {
  std::span<const Tensor> in;
  std::span<const Tensor> out;        // forward: uninitialised, to be written fully; backward: as forward left it
  std::span<const Tensor> scratch;    // kept from forward to backward
  std::span<const Tensor> workspace;  // uninitialised in each call
  std::span<const Tensor> grad_in;    // null data: not wanted
  std::span<const Tensor> grad_out;   // always present for outputs of kind Real
  std::uint32_t assign = 0;           // bit i: grad_in[i] is uninitialised, write it instead of adding (see below)
  std::uint32_t stream = 0;           // of this node, for its random numbers
  std::uint32_t time = 0;             // the step of the loop around this node; 0 outside one
  const Prepared* prepared = nullptr;
  OpState* state = nullptr;
  const OpContext* context = nullptr;
  Counters* counters = nullptr;  // may be null: use count()

  /// Adds to the counters of the site; there are none where an op is run by itself.
  void count(const Counters& done) const {
    if (counters != nullptr) *counters += done;
  }
  bool wants(std::size_t input) const { return static_cast<bool>(grad_in[input]); }
  bool assigns(std::size_t input) const { return ((assign >> input) & 1U) != 0; }
  /// The random numbers of local row `row`: the same for any sharding and any number of threads.
  Rng rng(Extent row) const {
    return Rng({context->seed, stream, context->step, context->first_row + static_cast<std::uint32_t>(row), time});
  }
};

/// Which tensors `backward` reads: what it does not read may be overwritten after its last use in forward.
struct BackwardReads {
  std::uint32_t inputs = ~0U;   // bit i: in[i]
  std::uint32_t outputs = ~0U;  // bit o: out[o]
};

/// A pure kernel: infers shapes, runs forward, adds into input gradients. Stateless; no allocation, lock, thread or I/O in
/// `forward` and `backward` (a heavy kernel may use cpu::parallel_tiles).
class Op {
 public:
  virtual ~Op() = default;

  virtual std::string_view name() const = 0;  // "linear"
  /// The outputs for these inputs. Errors: Error with the fact alone; the graph adds the place of the node.
  virtual std::vector<Type> infer(std::span<const Type> in) const = 0;
  virtual std::vector<Type> scratch(std::span<const Type> in) const;
  virtual std::vector<Type> workspace(std::span<const Type> in) const;
  virtual std::shared_ptr<const Prepared> prepare(std::span<const Type> in) const;
  virtual std::shared_ptr<OpState> make_state(std::span<const Type> in) const;

  virtual void forward(const OpRun& run) const = 0;
  /// Adds into run.grad_in[i] where wanted. Called only where `is_differentiable()`.
  virtual void backward(const OpRun& run) const;

  /// False: gradients stop here.
  virtual bool is_differentiable() const { return true; }
  /// True: backward adds a gradient of its own (a score-function term) even where none flows in from the outputs.
  virtual bool starts_gradient() const { return false; }
  virtual BackwardReads backward_reads() const { return {}; }
  /// True: backward honours OpRun::assign for input i. A plan then skips clearing that gradient.
  virtual bool can_assign(std::size_t input) const;
  /// The input whose memory output 0 takes over, -1: none. Both are at one address, and where the input has a gradient, both
  /// gradients do: forward changes what differs and keeps the old values in scratch; backward finds the memory as forward
  /// left it, puts it back as it was, and turns the gradient of the output into that of the input. What this needs of the
  /// graph is checked when it is frozen; see framework/graph/overwrite.h.
  virtual int overwrites() const { return -1; }
  /// Puts the memory back as it was before forward: called instead of `backward` where no gradient flows.
  virtual void restore(const OpRun& run) const;
  /// The cost of a call in multiply-adds, for `fovea check`; 0 where it does not matter.
  virtual double multiply_adds(std::span<const Type> in) const;
};

}  // namespace fovea
