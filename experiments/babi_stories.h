#pragma once

#include <memory>
#include <string>
#include <vector>

#include "framework/experiment.h"
#include "tasks/qa/corpus.h"

namespace fovea {

/// Which bAbI stories an experiment trains on, one run for each task or one for all: options that several experiments have.
struct BabiStories {
  std::vector<Extent> tasks{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20};
  bool joint = false;
  Extent questions = 10000;
  std::string source = "generated";
  std::string data;
  bool partial = false;
  std::vector<Extent> generated;  // tasks that are generated where the others are released
  Extent memory = 0;              // 0: 70, and 130 for task 3

  static constexpr Extent kTestQuestions = 1000;  // of each task

  void fields(Options& options);

  /// A run to be: its name, "qa3" or "joint", and the text of its task.
  struct Run {
    std::string name;
    std::string task;
    Extent tasks = 1;
    std::shared_ptr<const qa::Corpus> corpus;
    Extent epoch(Extent batch) const;  // steps of a batch each, >= 1
  };
  std::vector<Run> runs() const;
  /// The rows of a table of published figures, one for each task and last their mean: per cent wrong.
  std::vector<Comparison::Row> rows(const std::vector<std::vector<double>>& figures, const std::vector<double>& means) const;

 private:
  Run run_of(const std::string& name, const std::vector<Extent>& numbers) const;
};

/// A RunSpec for one of them, evaluated on all validation and test questions, with its batch and the settings that follow.
RunSpec babi_run(const BabiStories::Run& run, Extent batch);

}  // namespace fovea
