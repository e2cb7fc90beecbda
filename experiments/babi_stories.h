#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "framework/experiment.h"
#include "tasks/qa/corpus.h"

namespace fovea {

/// Which bAbI stories an experiment trains on, one run for each task or one for all: options shared by several experiments.
struct BabiStories {
  std::vector<Extent> tasks{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
  bool joint = false;
  Extent questions = 10000;
  std::string source = "generated";
  std::string data{};
  bool partial = false;
  std::vector<Extent> generated{};  // generated tasks, where the others are released
  Extent memory = 0;                // 0: 70, and 130 for task 3
  std::string more{};               // options of the task: ", order=latest_first"

  static constexpr Extent kTestQuestions = 1000;  // of each task

  void fields(Options& options);  // all but `memory`
  void memory_field(Options& options);

  /// A planned run: its name, "qa3" or "joint", and the text of its task.
  struct Run {
    std::string name;
    std::string task;
    Extent tasks = 1;
    std::shared_ptr<const qa::Corpus> corpus;
    Extent epoch(Extent batch) const;  // steps of a batch each, >= 1
  };
  std::vector<RunSpec> runs(const std::function<RunSpec(const Run&)>& made_of) const;
  Run run_of(const std::string& name, const std::vector<Extent>& numbers) const;
  /// The rows of a table of published figures, one for each task and last their mean: per cent wrong.
  std::vector<Comparison::Row> rows(const std::vector<std::vector<double>>& figures, const std::vector<double>& means) const;
};

/// A RunSpec for one of them, evaluated on all validation and test questions, with its batch, in two shards, and the
/// settings that follow.
RunSpec babi_run(const BabiStories::Run& run, Extent batch = 32);

/// What a model makes of its scores [B, V]: the best of them as "answer"; in training "cost", the cross entropy or what
/// `cost` makes of it, and the metric "accuracy".
void answer_with(Builder& b, const InputTypes& inputs, Value scores, const std::function<Value(Value)>& cost = {});

}  // namespace fovea
