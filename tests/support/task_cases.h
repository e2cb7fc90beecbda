#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "framework/task.h"

namespace fovea::test {

/// Outputs as a model would give them, with their memory.
class Answers {
 public:
  /// An output of this name and type; its content is zero.
  Tensor make(const std::string& name, const Type& type);
  const Outputs& outputs() const { return outputs_; }

 private:
  Outputs outputs_;
  std::map<std::string, std::vector<std::byte>> memory_;
};

/// What the conformance suite has to know about a task, because a task does not say it itself.
struct TaskCase {
  /// Writes outputs that are right, from the targets of a batch.
  using Right = std::function<void(const Batch& batch, Answers& answers)>;
  /// Writes outputs of a guess that knows nothing about the items.
  using Guess = std::function<void(const Task& task, const Batch& batch, Rng& rng, Answers& answers)>;

  std::vector<std::string>
      texts;  // small and odd ones beside the default; the default alone is not run where it needs a file
  Right right = {};
  double best = 1;  // what right answers score; more where the main metric compares with a predictor that cannot know them

  /// Whose items are in one split only, by these tensors (empty: by all), where there are far more than are drawn here or
  /// the task ensures it; no text: they may coincide by chance.
  std::string apart = {};
  std::vector<std::string> apart_by = {};
  bool is_constant = false;  // all batches are equal, as its docstring says
  bool is_list = false;      // with its defaults an evaluation is a list of items, whatever the seed

  std::string guessed = {};  // a text whose chance is not too small to be measured
  Guess guess = {};
  Extent guesses = 20000;  // rows

  std::string listed = {};  // a text whose test split is a list of `items`, identified by these tensors
  Extent items = 0;
  std::vector<std::string> listed_by = {};
};

/// The cases of all tasks, by name. `folder` takes the files of those that need some.
std::map<std::string, TaskCase> task_cases(const std::filesystem::path& folder);

}  // namespace fovea::test
