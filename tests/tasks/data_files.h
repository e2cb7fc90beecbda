#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/train/training.h"
#include "tests/support/line_run.h"

// Files for the tests of tasks that read a user's own.
namespace fovea::test {

/// A folder of files, removed at the end.
class DataFolder {
 public:
  std::string write(const std::string& name, const std::string& content) const {
    std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  std::string operator/(const std::string& name) const { return (folder_ / name).string(); }

 private:
  Scratch folder_;
};

/// What make_task says against a task; empty: nothing.
inline std::string refusal(const std::string& task) {
  try {
    make_task(task);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Whether a message has the form "[where] what was expected; what came; what to do." on one line.
inline bool is_clear(const std::string& message, const std::string& where) {
  const std::string begin = "[" + where + "] ";
  if (message.rfind(begin, 0) != 0 || message.find('\n') != std::string::npos) return false;
  const std::string fact = message.substr(begin.size());
  const std::size_t first = fact.find("; ");
  const std::size_t second = fact.find("; ", first + 1);
  const bool has_parts = first != std::string::npos && second != std::string::npos && second > first + 2;
  const char last = fact.empty() ? ' ' : fact.back();
  return has_parts && fact.find("expected") < first && (last == '.' || last == '?') && fact.size() > second + 3;
}

/// A file that is wrong, the place that its error names after the path, and what the error says.
struct MalformedFile {
  std::string content;
  std::string place;
  std::string says;
};

/// Each file is refused by one clear line. `task` is the text of a task, with PATH for the file.
inline void check_malformed(const std::string& task, const std::vector<MalformedFile>& cases) {
  CHECK(cases.size() >= 20);
  const DataFolder folder;
  int number = 0;
  for (const MalformedFile& one : cases) {
    const std::string path = folder.write("file_" + std::to_string(++number), one.content);
    std::string text = task;
    text.replace(text.find("PATH"), 4, path);
    const std::string message = refusal(text);
    CAPTURE(one.content);
    CAPTURE(message);
    CHECK(is_clear(message, path + one.place));
    CHECK(contains(message, one.says));
  }
}

/// The rows of all lists of a task: how often each text of an item comes in a split that is gone through once.
inline std::vector<std::string> texts_of(const Task& task, Split split, Extent count) {
  Batch batch(count);
  fill_batch(task, split, {.seed = 1}, batch);
  std::vector<std::string> texts;
  for (Extent row = 0; row < count; ++row) texts.push_back(task.text(batch, row));
  std::sort(texts.begin(), texts.end());
  return texts;
}

/// A batch of one item that a user has written.
inline Batch read_item(const Task& task, const std::string& line) {
  Batch batch(1);
  CHECK(task.item_reader()->read(line, batch));
  return batch;
}

/// What a reader of items says against a line; empty: nothing.
inline std::string item_refusal(const Task& task, const std::string& line) {
  try {
    Batch batch(1);
    task.item_reader()->read(line, batch);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline std::vector<Index> indices(const Tensor& tensor) { return {tensor.index(), tensor.index() + tensor.size()}; }
inline std::vector<Real> reals(const Tensor& tensor) { return {tensor.real(), tensor.real() + tensor.size()}; }

}  // namespace fovea::test
