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

/// How a number changes while a run trains, written in place of the number:
/// softmax(temperature=linear(from=2, to=0.1)), schedule="warmup(100) * cosine(to=0.1)".
///
/// A plugin: one file in modules/annealings, ended by FOVEA_ANNEALING("name", Class, R"doc(docstring)doc").
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
  /// What a checkpoint keeps; its length never changes.
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

/// A product of annealings, from text: "warmup(100) * cosine(to=0.1)".
///
/// Errors    unknown annealings and options; an empty factor.
class AnnealedProduct {
 public:
  explicit AnnealedProduct(std::string_view text);

  double value(Extent step, Extent steps) const;
  bool needs_metric() const;
  void observe(double metric);
  std::vector<std::span<double>> state();
  const std::string& text() const { return text_; }  // canonical, with every option spelled out

 private:
  std::vector<std::unique_ptr<Annealing>> factors_;
  std::string text_;
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
/// Every combination of the ends of the ranges of the annealings of a call, as calls with plain numbers; without
/// annealings, the call alone.
std::vector<Call> extremes(const Call& call, const Options& options);

/// A plugin made from text, some of whose numbers may be annealings.
template <class Plugin>
struct MadeAnnealed {
  std::shared_ptr<Plugin> plugin;
  std::string text;  // canonical
  std::vector<std::shared_ptr<Annealed>> numbers;
  std::vector<std::shared_ptr<const Plugin>> extremes;  // what the plugin may become; none where no number changes
};

template <class Plugin>
MadeAnnealed<Plugin> make_annealed(std::string_view text) {
  const Registry<Plugin>& registry = Registry<Plugin>::instance();
  const Call call = parse_call(text);
  MadeAnnealed<Plugin> made;
  made.plugin = registry.make(call.name);
  Options options;
  made.plugin->fields(options);
  try {
    AnnealedCall applied = apply_annealed(call, options, made.plugin);
    made.text = std::move(applied.text);
    made.numbers = std::move(applied.numbers);
  } catch (const Error& error) {
    throw error.at(std::string(Plugin::kKind) + " " + call.name);
  }
  if (made.numbers.empty()) return made;
  for (const Call& extreme : extremes(call, options)) made.extremes.push_back(registry.parse(extreme).plugin);
  return made;
}

/// A number [1] of a model from its text: a constant, or an annealing such as "linear(from=0.05, to=0)".
Value annealed_number(Builder& builder, const std::string& name, const std::string& text, Bounds bounds = {});

}  // namespace fovea

#define FOVEA_ANNEALING(name, Class, doc) FOVEA_REGISTER(::fovea::Annealing, name, Class, doc)
