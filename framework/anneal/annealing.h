#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "framework/core/registry.h"
#include "framework/graph/builder.h"

namespace fovea {

/// How a number changes while a run trains, written in the place of the number: softmax(temperature=linear(from=2, to=0.1)).
///
/// A plugin ended by FOVEA_ANNEALING("name", Class, R"doc(docstring)doc").
class Annealing {
 public:
  static constexpr const char* kKind = "annealing";

  virtual ~Annealing() = default;
  virtual void fields(Options& options) = 0;
  /// Checks the options together. Errors: Error with the fact.
  virtual void check() const {}
  /// The number for step `step`, the first being 0, of a run of `steps`; after the last step, `step` is `steps`.
  virtual double value(Extent step, Extent steps) const = 0;
  /// All values lie between these two.
  virtual Bounds range() const = 0;
  /// True: `observe` must be called, so the run needs evaluations while it trains.
  virtual bool needs_metric() const { return false; }
  /// The main metric of an evaluation on the validation split; higher is better.
  virtual void observe(double /*metric*/) {}
  /// What a checkpoint keeps; the same length always.
  virtual std::span<double> state() { return {}; }
};

template <>
Registry<Annealing>& Registry<Annealing>::instance();

/// A number that follows an annealing: an option of a plugin, or a number of a model.
class Annealed {
 public:
  using Target = std::variant<double*, Extent*>;

  /// `owner` keeps the target alive. Errors: unknown names and options, a range outside of `bounds`.
  Annealed(std::string name, std::string_view text, Target target, std::shared_ptr<const void> owner);

  const std::string& name() const { return name_; }
  const std::string& text() const { return text_; }  // canonical
  Annealing& annealing() const { return *annealing_; }
  /// Stores the value of a step in the target; whole numbers are rounded to the nearest.
  void set(Extent step, Extent steps) { store(annealing_->value(step, steps)); }
  void store(double value);
  double value() const;
  bool is_whole() const { return std::holds_alternative<Extent*>(target_); }

 private:
  std::string name_;
  std::string text_;
  std::unique_ptr<Annealing> annealing_;
  Target target_;
  std::shared_ptr<const void> owner_;
};

/// True where the text of an option is an annealing and not a number: "linear(from=1, to=0)".
bool is_annealing(std::string_view text);

/// A call whose numbers may be annealings.
struct AnnealedCall {
  std::string text;  // canonical, with every option spelled out
  std::vector<std::shared_ptr<Annealed>> numbers;
};
/// Sets options from the arguments of a call; those that are annealings start at the value of step 0. `owner` keeps the
/// targets of the options alive.
AnnealedCall apply_annealed(const Call& call, Options& options, const std::shared_ptr<const void>& owner);
/// Every combination of the ends of the ranges of the annealings of a call, as calls with plain numbers; one where there
/// are none.
std::vector<Call> extremes(const Call& call, const Options& options);

/// A number [1] of a model from its text: a constant, or an annealing such as "linear(from=0.05, to=0)".
Value annealed_number(Builder& builder, const std::string& name, const std::string& text, Bounds bounds = {});

}  // namespace fovea

#define FOVEA_ANNEALING(name, Class, doc) FOVEA_REGISTER(::fovea::Annealing, name, Class, doc)
