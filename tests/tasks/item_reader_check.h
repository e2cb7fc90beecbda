#pragma once

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/train/training.h"
#include "tests/support/task_cases.h"

// Items as users write them: what is read, against what is drawn.
namespace fovea::test {

inline Batch drawn_items(const std::string& task, Extent rows, Split split = Split::kTest) {
  Batch batch(rows);
  fill_batch(*make_task(task), split, {.seed = 11, .stream = stream_of("item_reader_test")}, batch);
  return batch;
}

/// What the reader of a task makes of these lines, of which only the last one may end an item.
inline Batch read_item(const std::string& task, const std::vector<std::string>& lines) {
  const auto subject = make_task(task);
  const auto reader = subject->item_reader();
  Batch batch(1);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool is_whole = reader->read(lines[i], batch);
    if (is_whole != (i + 1 == lines.size())) throw std::logic_error("an item ended too early, or not at all: " + lines[i]);
  }
  return batch;
}

/// What is said of these lines; empty: nothing is wrong.
inline std::string refusal_of(const std::string& task, const std::vector<std::string>& lines) {
  const auto subject = make_task(task);
  const auto reader = subject->item_reader();
  Batch batch(1);
  try {
    for (const std::string& line : lines) reader->read(line, batch);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// Whether the only row of `read` is that row of `drawn`, bit by bit, in these tensors; by default in all that are drawn.
inline bool is_row_of(const Batch& drawn, Extent row, const Batch& read, std::vector<std::string> names = {}) {
  if (names.empty()) {
    for (const auto& [name, type] : drawn.types()) names.push_back(name);
  }
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    const Tensor wanted = Batch::rows_of(drawn.at(name), row, 1);
    const Tensor given = read.at(name);
    return given.type == wanted.type && std::memcmp(given.data, wanted.data, wanted.bytes()) == 0;
  });
}

/// Numbers with all of their digits, separated by spaces.
inline std::string written(const Real* numbers, Extent count) {
  std::string text;
  for (Extent i = 0; i < count; ++i) {
    char buffer[64];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, numbers[i]).ptr;
    text += (i == 0 ? "" : " ") + std::string(buffer, end);
  }
  return text;
}

inline std::string written(const Index* numbers, Extent count, const std::string& separator = " ") {
  std::string text;
  for (Extent i = 0; i < count; ++i) text += (i == 0 ? "" : separator) + std::to_string(numbers[i]);
  return text;
}

/// The numbers of a row of a tensor, all axes in one.
inline const Real* reals_of(const Batch& batch, const std::string& name, Extent row) {
  const Tensor tensor = batch.at(name);
  return tensor.real() + row * tensor.shape().without(0).size();
}
inline const Index* indexes_of(const Batch& batch, const std::string& name, Extent row) {
  const Tensor tensor = batch.at(name);
  return tensor.index() + row * tensor.shape().without(0).size();
}

/// The answer to an item, where an output has these numbers.
template <class Number>
std::string answer_of(const std::string& task, const Batch& item, const std::string& output, const Shape& shape,
                      const std::vector<Number>& numbers) {
  Answers answers;
  const Tensor made = answers.make(output, {shape, std::is_same_v<Number, Index> ? Kind::kIndex : Kind::kReal});
  std::memcpy(made.data, numbers.data(), numbers.size() * sizeof(Number));
  return make_task(task)->answer(item, answers.outputs(), 0);
}

/// A task, lines for its reader, and a part of what is said of them.
struct Malformed {
  std::string task;
  std::vector<std::string> lines;
  std::string part;
};

/// Empty where each is answered by one line that says what was expected, what came and what to do.
inline std::string badly_answered(const std::vector<Malformed>& cases) {
  std::string wrong;
  for (const Malformed& one : cases) {
    const std::string message = refusal_of(one.task, one.lines);
    const bool has_form = message.find("expected") != std::string::npos && message.find("; ") != std::string::npos;
    if (has_form && message.find(one.part) != std::string::npos && message.find('\n') == std::string::npos) continue;
    wrong += one.task + " <- " + one.lines.back() + " : " + message + "\n";
  }
  return wrong;
}

}  // namespace fovea::test
