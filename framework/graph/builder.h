#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/core/path_patterns.h"
#include "framework/cpu/gemm.h"
#include "framework/graph/graph.h"

namespace fovea {

class Builder;

/// A light handle on one output slot of a node under construction.
class Value {
 public:
  Value() = default;
  Value(Builder* builder, Slot slot) : builder_(builder), slot_(slot) {}

  bool is_empty() const { return builder_ == nullptr; }
  Builder& builder() const { return *builder_; }
  Slot slot() const { return slot_; }
  const Type& type() const;
  const Shape& shape() const { return type().shape; }

 private:
  Builder* builder_ = nullptr;
  Slot slot_;
};

/// Builds a Graph: inputs, parameters, ops and loops, each with a path of scopes. Shapes are inferred at once, for the
/// shapes that the inputs are given, so that an error names the line that built the node; a Plan infers them anew for
/// other batch sizes and lengths. Values of a surrounding builder may be used inside a loop: they become shared inputs.
///
/// Errors    Error with the path of the node, its file and line.
class Builder {
 public:
  explicit Builder(std::string name = "model", Mode mode = Mode::kTrain);
  ~Builder();
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  Mode mode() const;
  /// True for this builder itself and where this one builds the body of a loop somewhere inside of `other`.
  bool is_within(const Builder& other) const;
  /// What a run asks of its model beside what the model says; functions and modules look at it.
  struct Wishes {
    cpu::Products products = cpu::Products::kFull;  // how products are rounded
    double label_smoothing = 0;                     // of the losses over classes, while the model trains
    PathPatterns frozen{};                          // parameters that do not move
    PathNumbers dropout{};                          // share of parameters that is set to 0 while the model trains
  };
  const Wishes& wishes() const;
  void set_wishes(Wishes wishes);
  cpu::Products products() const { return wishes().products; }

  Value input(const std::string& name, const Type& type, At at = At::here());
  /// A parameter at the path of the current scope. Asking twice for one path is an error: share the Value instead. Where the
  /// run wishes so, a step of training sees it without some of its elements.
  Value parameter(const std::string& name, const Shape& shape, Init init = {}, At at = At::here());
  /// A parameter with its own rule, for what is counted and not differentiated: after each step of training, p -= rate
  /// sign(g), g the sum over the batch of what ops add to its gradient. The rate is read then. It is not part of the norm
  /// that is clipped, gets no noise, and the optimizer and its schedule do not see it.
  Value sign_parameter(const std::string& name, const Shape& shape, std::shared_ptr<const double> rate, Init init = {},
                       At at = At::here());
  Value constant(const std::string& name, const Shape& shape, const std::vector<Real>& values, At at = At::here());
  Value constant(const std::string& name, const Shape& shape, const std::vector<Index>& values, At at = At::here());

  /// Adds an op; `name` defaults to the name of the op, made unique within the scope. The first output, or all.
  Value add(std::shared_ptr<const Op> op, const std::vector<Value>& inputs, const std::string& name = "",
            At at = At::here());
  std::vector<Value> add_all(std::shared_ptr<const Op> op, const std::vector<Value>& inputs, const std::string& name = "",
                             At at = At::here());

  /// Names that the trainer and the task read. The cost of training is the output "cost" [B]; a training metric is an
  /// output "metric/NAME" [B]; anything else is for Task::judge.
  void output(const std::string& name, Value value, At at = At::here());
  void metric(const std::string& name, Value value, At at = At::here()) { output("metric/" + name, value, at); }
  /// The outputs so far, in that order; and one that gets another value, or is added.
  std::vector<std::pair<std::string, Value>> outputs();
  void replace_output(const std::string& name, Value value, At at = At::here());

  /// A scope of paths, ended by its destructor: `auto scope = b.scope("decoder");`
  class [[nodiscard]] Scope {
   public:
    Scope(Builder& builder, const std::string& name);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Builder& builder_;
    std::size_t length_;
  };
  Scope scope(const std::string& name) { return Scope(*this, name); }

  /// While it lives, nodes count as built at this line: that of the user of a site, and not one of the site.
  class [[nodiscard]] BuiltAt {
   public:
    BuiltAt(Builder& builder, At at);
    ~BuiltAt();
    BuiltAt(const BuiltAt&) = delete;
    BuiltAt& operator=(const BuiltAt&) = delete;

   private:
    Builder& builder_;
    bool is_outermost_;
  };
  std::string path() const;  // of the current scope: "decoder/pointer"
  std::string place(const char* fallback) const { return path().empty() ? fallback : path(); }  // for errors

  /// Called by attention sites: what a site publishes, and the slot of advantages of an estimator (see OpContext).
  struct SiteValues {
    Value scores{}, kept{}, weights{}, count{}, log_prob{}, right{}, dropped{};
    Value items{}, queries{};  // [B, N, ...], [B, M, ...]: where the axes of items and of queries come from
    Extent heads = 1;          // of the queries, head after head
  };
  void register_site(const std::string& text, const SiteValues& values);
  int register_estimator(std::shared_ptr<Estimator> estimator);
  void set_draws(int estimator, Extent draws);
  /// A number that the trainer sets before every step, known by the current scope and its name.
  void register_annealed(std::shared_ptr<Annealed> number, const std::string& name);
  bool is_loop_body() const;
  /// A site is built with the text that this gives for its path and the text of the model: to compare choices without
  /// changing the model.
  using SiteTexts = std::function<std::string(const std::string& path, std::string_view text)>;
  void replace_sites(SiteTexts texts);
  /// The text for a site at the current scope: `text`, unless it was replaced.
  std::string site_text(std::string_view text) const;

  /// Checks and gives the graph; nothing can be added afterwards, but values still have their types.
  std::shared_ptr<const Graph> freeze();

 private:
  friend class Value;
  friend class LoopBuilder;
  struct State;
  Builder(Builder& outer, std::string name);  // the body of a loop
  Value import(Value value, At at);           // a value of an outer builder becomes a shared input
  Value outside_loops(const std::function<Value(Builder&)>& make, At at);
  Graph& whole_graph();  // of the outermost builder
  std::unique_ptr<State> state_;
};

}  // namespace fovea
