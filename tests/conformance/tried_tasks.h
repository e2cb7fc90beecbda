#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/train/training.h"
#include "tests/conformance/subject.h"
#include "tests/support/line_run.h"
#include "tests/support/task_cases.h"

// For the conformance tests of tasks: which ones are tried, and their batches as text.
namespace fovea::conformance {

/// A task and what is known about it.
struct Conformer {
  PluginInfo info;
  test::TaskCase known;

  /// Its default options and those of its case, where they make a task.
  std::vector<std::string> texts() const {
    std::vector<std::string> texts = known.texts;
    if (std::none_of(texts.begin(), texts.end(), [&](const std::string& text) { return needs_file(text); })) {
      texts.insert(texts.begin(), info.name);
    }
    return texts;
  }
  /// Of a task from outside, only its author knows them.
  bool knows_answers() const { return known.right != nullptr; }
  static bool needs_file(const std::string& text) { return text.find("path=") != std::string::npos; }
};

inline Batch filled(const Task& task, Split split, const BatchKey& key, Extent rows, Extent first_row = 0) {
  Batch batch(rows);
  batch.start_at(first_row);
  fill_batch(task, split, key, batch);
  return batch;
}

/// The shapes, kinds and bytes of some tensors of a row; of all where none are named.
inline std::string row_of(const Batch& batch, Extent row, const std::vector<std::string>& names = {}) {
  std::string all;
  for (const auto& [name, type] : batch.types()) {
    if (!names.empty() && std::find(names.begin(), names.end(), name) == names.end()) continue;
    const Tensor one = Batch::rows_of(batch.at(name), row, 1);
    all += name + one.shape().text() + (type.kind == Kind::kReal ? "r" : "i");
    all.append(static_cast<const char*>(one.data), one.bytes());
  }
  return all;
}

inline std::vector<std::string> rows_of(const Batch& batch, const std::vector<std::string>& names = {}) {
  std::vector<std::string> rows;
  for (Extent row = 0; row < batch.rows(); ++row) rows.push_back(row_of(batch, row, names));
  return rows;
}

/// What can be found out about a task from outside: whether all its batches are equal. Its evaluation may be a list.
inline test::TaskCase case_from_outside(const std::string& name) {
  const auto task = make_task(name);
  const auto batch = [&](Extent number) {
    return rows_of(filled(*task, Split::kTrain, {.seed = 1, .number = number}, 16, 16 * number));
  };
  return {.texts = {}, .is_constant = batch(0) == batch(1), .is_list = true};
}

inline bool is_made_by_defaults(const std::string& name) {
  try {
    make_task(name);
  } catch (const Error&) {
    return false;
  }
  return true;
}

/// Every task that is tried, with its case. One of this tree without a case is named by a test of its own; one from
/// outside is tried where its defaults make a task.
inline std::vector<Conformer> conformers() {
  static const test::Scratch scratch;
  static const auto cases = test::task_cases(scratch / "");
  std::vector<Conformer> made;
  for (const std::string& name : texts_of<Task>()) {
    const PluginInfo& info = *Catalogue::instance().find(Task::kKind, name);
    const auto found = cases.find(name);
    if (found != cases.end()) {
      made.push_back({info, found->second});
    } else if (subject() && is_made_by_defaults(name)) {
      made.push_back({info, case_from_outside(name)});
    }
  }
  return made;
}

}  // namespace fovea::conformance
