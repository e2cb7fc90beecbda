#include "tasks/qa/corpus_options.h"

#include <algorithm>
#include <charconv>

#include "framework/core/error.h"

namespace fovea::qa {
namespace {

namespace fs = std::filesystem;

constexpr Extent kGeneratedQuestions = 1000;

[[noreturn]] void throw_unknown_task(const std::string& text) {
  throw Error("task", "tasks from 1 to 20 were expected, as in 3, 1+2+3 or all; '" + text + "' came; correct it.");
}

/// The part of the difficulty that a task has.
Difficulty limited(Extent task, const Difficulty& all) {
  const Knobs knobs = knobs_of(task);
  return {.actors = knobs.actors ? all.actors : 0,
          .questions = knobs.questions ? all.questions : 0,
          .distractors = knobs.distractors ? all.distractors : 0};
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The file of a task whose name ends so; empty: there is none.
fs::path find_file(const fs::path& folder, Extent task, const std::string& end) {
  const std::string begin = "qa" + std::to_string(task) + "_";
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error); !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.rfind(begin, 0) == 0 && ends_with(name, end)) found.push_back(entry->path());
  }
  if (error) {
    throw Error(folder.string(),
                "a folder of released files was expected; it cannot be read; set data to a folder such as en-10k.");
  }
  if (found.size() > 1) {
    throw Error(folder.string(), "one file " + begin + "*" + end + " was expected; there are " +
                                     std::to_string(found.size()) + "; remove those that are not wanted.");
  }
  return found.empty() ? fs::path() : found[0];
}

/// Empty: there is none, and the stories are to be generated.
fs::path training_file(Extent task, const CorpusOptions& options) {
  fs::path whole = find_file(options.data, task, "train.txt");
  if (!whole.empty() || options.generate_missing) return whole;
  fs::path part = find_file(options.data, task, "train.PARTIAL.txt");
  if (!part.empty() && options.partial) return part;
  throw Error(options.data,
              "a file qa" + std::to_string(task) + "_*train.txt was expected; " +
                  (part.empty() ? "there is none; set data to a folder such as en-10k."
                                : "a part of it came; set partial=true to train on it, or generate_missing=true."));
}

StoryFile read(const fs::path& file, bool lenient, Skipped& skipped) {
  if (!lenient) return read_story_file(file);
  Skipped here;
  StoryFile stories = read_story_file(file, &here);
  skipped.stories += here.stories;
  skipped.lines += here.lines;
  skipped.marks += here.marks;
  if (skipped.first.empty()) skipped.first = here.first;
  return stories;
}

StoryFile generated(Extent task, Extent questions, const std::string& stream, const CorpusOptions& options) {
  StoryFile file{"generated_" + stream + "_qa" + std::to_string(task), {}, {}};
  file.stories = generate({.task = task,
                           .questions = questions > 0 ? questions : kGeneratedQuestions,
                           .seed = static_cast<std::uint64_t>(options.seed),
                           .stream = stream,
                           .difficulty = limited(task, options.difficulty)});
  Extent line = 1;
  for (const Story& story : file.stories) {
    file.first_lines.push_back(line);
    line += static_cast<Extent>(story.size());
  }
  return file;
}

void keep(StoryFile& file, Extent questions) {
  if (questions > 0) keep_questions(file.stories, questions);
  file.first_lines.resize(file.stories.size());
}

StoryFile released_test(Extent task, const CorpusOptions& options, Skipped& skipped) {
  const fs::path path = find_file(options.data, task, "test.txt");
  if (path.empty()) {
    throw Error(options.data, "a file qa" + std::to_string(task) +
                                  "_*test.txt was expected; there is none; set data to a folder such as en-10k.");
  }
  StoryFile file = read(path, options.lenient, skipped);
  keep(file, options.test_questions);
  return file;
}

}  // namespace

void CorpusOptions::fields(Options& options) {
  options.add("task", task, "numbers of tasks, as in 3 or 1+2+3, or all");
  options.add("source", source, "of the stories", {"generated", "released"});
  options.add("test", test, "source of the test stories: that of the others, or another one",
              {"same", "generated", "released"});
  options.add("data", data, "folder of released files, such as en-10k");
  options.add("train_questions", train_questions, "of each task; 0: 1000, or all that are released",
              {.low = 0, .high = 1e7});
  options.add("test_questions", test_questions, "of each task; 0: 1000, or all that are released", {.low = 0, .high = 1e7});
  options.add("seed", seed, "of generated stories, and of the choice of validation stories, >= 0", {.low = 0});
  options.add("validation", validation, "share of the training stories that are kept for validation, in [0, 0.9]",
              {.low = 0, .high = 0.9});
  options.add("memory", memory, "latest statements that are remembered, >= 1", {.low = 1, .high = 100000});
  options.add("order", order, "of the remembered statements", {"as_told", "latest_first"});
  options.add("lenient", lenient, "skip malformed stories and unknown words, and count them");
  options.add("partial", partial, "train on a part of a file where the rest is missing");
  options.add("generate_missing", generate_missing,
              "true: generate the training stories of a task that has no complete file of them");
  options.add("actors", difficulty.actors, "people in a generated story; 0: as released", {.low = 0});
  options.add("questions", difficulty.questions, "of a generated story; 0: as released", {.low = 0});
  options.add("distractors", difficulty.distractors, "more pairs of statements before a generated question, >= 0",
              {.low = 0});
}

std::vector<Extent> CorpusOptions::tasks() const {
  std::vector<Extent> numbers;
  for (std::size_t begin = 0; begin <= task.size() && task != "all";) {
    const std::size_t end = std::min(task.find('+', begin), task.size());
    Extent number = 0;
    const auto [last, error] = std::from_chars(task.data() + begin, task.data() + end, number);
    if (error != std::errc() || last != task.data() + end || number < 1 || number > kTasks) throw_unknown_task(task);
    numbers.push_back(number);
    begin = end + 1;
  }
  for (Extent number = 1; number <= kTasks && task == "all"; ++number) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  if (std::adjacent_find(numbers.begin(), numbers.end()) != numbers.end()) throw_unknown_task(task);
  return numbers;
}

TaskStories stories_of(Extent task, const CorpusOptions& options, Skipped& skipped) {
  if ((options.trains_on_released() || options.tests_on_released()) == options.data.empty()) {
    throw Error("babi",
                options.data.empty()
                    ? "a folder of released files was expected; data is empty; set data=FOLDER, such as en-10k."
                    : "generated stories need no data; data is " + options.data + "; set source=released or test=released.");
  }
  TaskStories stories{task, {}, false, {}, {}};
  // The test file comes first: where it is missing, the folder is not one of released files.
  stories.test = options.tests_on_released() ? released_test(task, options, skipped)
                                             : generated(task, options.test_questions, "test", options);
  const fs::path train = options.trains_on_released() ? training_file(task, options) : fs::path();
  stories.is_replaced = options.trains_on_released() && train.empty();
  if (train.empty()) {
    stories.train = generated(task, options.train_questions, "train", options);
  } else {
    stories.train = read(train, options.lenient, skipped);
    keep(stories.train, options.train_questions);
  }
  if (!options.trains_on_released()) return stories;
  const fs::path validation = find_file(options.data, task, "valid.txt");
  if (!validation.empty()) stories.validation = read(validation, options.lenient, skipped);
  return stories;
}

}  // namespace fovea::qa
