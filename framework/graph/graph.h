#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "framework/core/at.h"
#include "framework/core/error.h"
#include "framework/core/tensor.h"
#include "framework/ops/op.h"

namespace fovea {

/// How a parameter starts; random ones draw from the stream of its path.
struct Init {
  enum class Kind : std::uint8_t { kZero, kConstant, kUniform, kNormal, kGlorotUniform, kValues };
  Kind kind = Kind::kGlorotUniform;
  double scale = 1;  // constant: the value; uniform: half width; normal: deviation; Glorot: gain
  std::shared_ptr<const std::vector<double>> numbers{};  // kValues: all of them, in row-major order

  static Init zero() { return {Kind::kZero, 0}; }
  static Init constant(double value) { return {Kind::kConstant, value}; }
  static Init uniform(double half_width) { return {Kind::kUniform, half_width}; }
  static Init normal(double deviation) { return {Kind::kNormal, deviation}; }
  static Init glorot(double gain = 1) { return {Kind::kGlorotUniform, gain}; }
  /// Given values, such as pretrained embeddings: as many as the parameter has.
  static Init values(std::vector<double> numbers) {
    return {Kind::kValues, 1, std::make_shared<const std::vector<double>>(std::move(numbers))};
  }
};

struct Slot {
  int node = -1;
  int output = 0;
  bool operator==(const Slot&) const = default;
};

class Annealed;
class Graph;
class Estimator;

/// The ports of a loop, in the order of the inputs of its node: carried, stacked, shared.
struct LoopPorts {
  std::shared_ptr<const Graph> body;
  std::vector<Slot> carried_in, carried_next;  // in the body: input node of each carried value, and its next value
  std::vector<Slot> stacked_in;                // body inputs; the outer tensors are [T, ...]
  std::vector<Slot> shared_in;                 // body inputs
  struct Output {
    Slot slot;                // in the body
    bool is_stacked = false;  // [T, ...] of all steps; else the value of the last step that ran
  };
  std::vector<Output> outputs;  // of the node
  Slot stop;                    // node -1: none; else Index [B], 1 = finished
  Extent steps = 0;             // 0: as many as the stacked inputs, or `steps_like`, say
  int steps_like = -1;          // input of the node whose axis `steps_axis` gives the steps
  int steps_axis = 0;
};

struct Node {
  enum class Kind : std::uint8_t { kInput, kParameter, kConstant, kOp, kLoop };
  Kind kind = Kind::kOp;
  std::string path;  // "decoder/pointer/scores"
  At at;
  std::vector<Slot> inputs;
  std::vector<Type> outputs;  // for the shapes the graph was built with
  std::shared_ptr<const Op> op;
  std::shared_ptr<const LoopPorts> loop;
  std::vector<std::byte> constant;  // for kConstant
  Init init;                        // for kParameter
  bool is_frozen = false;           // for kParameter: it does not move, and has no gradient
  /// For kParameter: null, or what Builder::sign_parameter says.
  std::shared_ptr<const double> sign_rate;
};

/// What a site publishes: a row of choices per query, for the results and the counters.
struct SiteRecord {
  std::string path;                             // "decoder/pointer"
  std::string text;                             // "additive | dense | softmax | none", canonical
  Slot scores, kept, weights, count, log_prob;  // node -1: not there
  Slot right;                                   // Index [B, M]: the item that should be chosen, -1 where it is not known
  /// Index [B, M]: choices that found no room, of a router that shares rows out among experts; else not there.
  Slot dropped;
  /// [B, N, ...] and [B, M, ...]: what is chosen, and what chooses. Only their types are there after a pass, and in a loop
  /// neither is.
  Slot items, queries;
  Extent heads = 1;         // rows of queries are head after head
  bool is_stacked = false;  // chosen inside a loop: the tensors are [T, B, M, ...] instead of [B, M, ...]
};

/// An estimator with a score-function part; advantages of slot i of OpContext come from estimators()[i].
struct EstimatorSlot {
  std::string path;
  std::shared_ptr<Estimator> estimator;
  Extent draws = 1;  // evaluations of each item of the batch that it asks for
};

/// A number that changes while the model trains.
struct AnnealedSlot {
  std::string path;  // "decoder/pointer/temperature"
  std::shared_ptr<Annealed> number;
};

struct NamedSlot {
  std::string name;
  Slot slot;
};

/// A frozen description: nodes in the order they were built, edges from output slots to input slots. Checked when frozen, on
/// Boost.Graph: no cycle, every parameter reaches the cost. Nodes that reach no output are left out of order().
class Graph {
 public:
  const std::string& name() const { return name_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(int id) const { return nodes_[id]; }
  const Type& type(Slot slot) const { return node(slot.node).outputs[slot.output]; }
  /// Node ids, every node after its inputs.
  const std::vector<int>& order() const { return order_; }
  const std::vector<NamedSlot>& outputs() const { return outputs_; }
  const std::vector<SiteRecord>& sites() const { return sites_; }
  const std::vector<EstimatorSlot>& estimators() const { return estimators_; }
  const std::vector<AnnealedSlot>& annealed() const { return annealed_; }
  /// Rows of a training batch that belong to each item: the most that an estimator asks for.
  Extent draws() const;
  Mode mode() const { return mode_; }
  /// Node ids of the parameters, in the order they were declared; those used in loops are among them.
  std::vector<int> parameters() const;
  /// The output of this name; Error with the nearest name where there is none.
  Slot output(const std::string& name) const;
  bool has_output(const std::string& name) const;

 private:
  friend class Builder;
  friend class LoopBuilder;
  std::string name_;
  Mode mode_ = Mode::kTrain;
  std::vector<Node> nodes_;
  std::vector<int> order_;
  std::vector<NamedSlot> outputs_;
  std::vector<SiteRecord> sites_;
  std::vector<EstimatorSlot> estimators_;
  std::vector<AnnealedSlot> annealed_;
};

/// Dot text of a graph: layers (one box for each module path) or every op.
enum class Detail : std::uint8_t { kLayers, kOps };
std::string dot_text(const Graph& graph, Detail detail);

}  // namespace fovea
