#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "framework/core/named.h"
#include "framework/core/registry.h"
#include "framework/graph/builder.h"
#include "framework/settings.h"

namespace fovea {

/// Types of the inputs of a model: the tensors of a batch by name, for one batch shape.
using InputTypes = Named<Type>;

/// Builds the graph of a run. In Mode::kTrain it sets the output "cost" [B] (and metrics); in Mode::kEvaluate the outputs
/// that the task judges. Both modes share parameters by path, so both must declare them at the same paths.
using Model = std::function<void(Builder& builder, const InputTypes& inputs)>;

/// One more evaluation at the end: the same model on another task text (another length, say), without retraining.
struct ExtraEvaluation {
  std::string name;  // "N=100"
  std::string task;  // "sort_numbers(n=100)"
  Extent rows = 1000;
};

/// One run of an experiment: task + model + training settings; the seed is in the settings.
struct RunSpec {
  std::string name = "main";
  std::string task;  // "sort_numbers(n=10)"
  Model model;
  TrainSettings train;
  std::vector<ExtraEvaluation> evaluations;
};

/// Figures of papers, which the closing output sets beside those of the runs.
struct Comparison {
  /// How the metric is reported; per cent wrong is 100 (1 - metric).
  enum class Form : std::uint8_t { kPlain, kPercent, kPercentWrong };

  struct Row {
    std::string name;                 // "task 1", "mean"
    std::string runs;                 // one run, or several whose mean is given: "qa*"; a row without runs is left out
    std::string split = "test";       // or the name of an extra evaluation
    std::string slice{};              // empty: all rows
    std::vector<double> published{};  // a figure for each source in the form of the table; NaN or missing: none is known
  };

  std::string title;   // "wrong answers of 10,000 training questions"
  std::string metric;  // of the task, "accuracy"
  Form form = Form::kPlain;
  std::vector<std::string> sources;  // "Sukhbaatar et al. 2015"
  std::vector<Row> rows;
};

/// A named list of runs that answers one question.
///
/// A plugin: one file in experiments/, ended by FOVEA_EXPERIMENT("name", Class, R"doc(docstring)doc"); its docstring names
/// the question, the command line and what to expect.
class Experiment {
 public:
  static constexpr const char* kKind = "experiment";

  virtual ~Experiment() = default;
  /// The experiment's own options; the options of TrainSettings are added by the framework.
  virtual void fields(Options& options);
  /// The runs for the options as set. `defaults` are the training settings to start from; a key=value of the command
  /// line is applied to every run afterwards, so a run sets only what it means to change.
  virtual std::vector<RunSpec> runs() const = 0;
  /// What papers found, for the options as set.
  virtual std::vector<Comparison> published() const;
};

template <>
Registry<Experiment>& Registry<Experiment>::instance();

}  // namespace fovea

#define FOVEA_EXPERIMENT(name, Class, doc) FOVEA_REGISTER(::fovea::Experiment, name, Class, doc)
