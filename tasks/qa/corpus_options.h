#pragma once

#include <string>
#include <vector>

#include "framework/core/options.h"
#include "tasks/qa/generator.h"
#include "tasks/qa/reader.h"

namespace fovea::qa {

/// Which stories, and how much of them is remembered.
struct CorpusOptions {
  std::string task = "1";            // "1", "1+2+3", "all"
  std::string source = "generated";  // or "released"; of the training and validation stories
  std::string test = "same";         // or "generated", "released": source of the test stories
  std::string data;                  // the folder of released files
  Extent train_questions = 0;        // of each task; 0: 1000, or all that are released
  Extent test_questions = 0;
  Extent seed = 1;  // of generated stories, and of the choice of validation stories
  double validation = 0.1;
  Extent memory = 50;
  std::string order = "as_told";  // or "latest_first"
  bool lenient = false;
  bool partial = false;
  bool generate_missing = false;
  Difficulty difficulty;

  void fields(Options& options);
  /// The numbers of the tasks, ascending. Errors: anything else; a difficulty that none of the tasks has.
  std::vector<Extent> tasks() const;
  bool trains_on_released() const { return source == "released"; }
  bool tests_on_released() const { return test == "same" ? trains_on_released() : test == "released"; }
};

/// The stories of one task.
struct TaskStories {
  Extent task = 0;
  StoryFile train;
  bool is_replaced = false;  // the training stories are generated because there is no file
  StoryFile validation;      // empty: a share of the stories of `train`
  StoryFile test;
};

/// Generates or reads the stories of one task; `skipped` takes what a lenient reader skipped.
///
/// Errors    no data; no or several files of a task; a training file of which there is only a part; anything malformed.
TaskStories stories_of(Extent task, const CorpusOptions& options, Skipped& skipped);

}  // namespace fovea::qa
