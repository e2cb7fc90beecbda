#include "framework/task.h"

#include <algorithm>
#include <cstdint>

#include "framework/core/arena.h"
#include "framework/core/error.h"
#include "framework/core/free_memory.h"
#include "framework/core/registered.h"
#include "framework/core/text.h"

namespace fovea {

namespace {

/// The first address in `memory` that is aligned like an arena.
std::byte* aligned_start(std::vector<std::byte>& memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  return memory.data() + (Arena::aligned(address) - address);
}

std::string text_of(const Type& type) { return (type.kind == Kind::kIndex ? "Index " : "Real ") + type.shape.text(); }

std::string name_of(Split split) {
  return split == Split::kTrain ? "train" : split == Split::kValidation ? "validation" : "test";
}

Rng generator_of(const Task& task, Split split, const BatchKey& key) {
  const std::uint32_t stream = key.stream != 0 ? key.stream : stream_of(name_of(split));
  Rng rng({.seed = key.seed, .stream = stream, .step = static_cast<std::uint32_t>(key.number)});
  if (task.stream().empty()) return rng;
  const std::uint64_t high = rng.bits();
  const std::uint64_t low = rng.bits();
  return Rng({.seed = (high << 32) | low, .stream = stream_of(task.stream() + "/" + name_of(split))});
}

/// What a function of a task has thrown; an Error keeps its place.
Error caught_in(const Task& task, const std::string& function) {
  const Error error = caught_error(registered(task) + ", " + function);
  return error.where().empty() ? Error(registered(task) + ", " + function, error.fact()) : error;
}

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

template <class Entries>
std::vector<std::string> names_in(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries) names.push_back(name);
  return names;
}

}  // namespace

Tensor Batch::make(const std::string& name, const Type& type) {
  if (type.shape.rank() == 0 || type.shape[0] != rows_) {
    throw Error("batch", "'" + name + "' must have the " + std::to_string(rows_) +
                             " rows of the batch as its first axis; its shape is " + type.shape.text() +
                             "; make it with Shape{batch.rows(), ...}.");
  }
  const std::size_t bytes = type.bytes() + Arena::kAlignment;
  Entry& entry = entries_[name];
  if (is_being_filled_ && entry.is_made && !(entry.tensor.type == type)) {
    throw Error("batch", "one type was expected for '" + name + "' while a batch is filled; it was " +
                             text_of(entry.tensor.type) + " and is now " + text_of(type) +
                             "; make it once, with its last shape.");
  }
  if (entry.memory.size() < bytes) {
    try {
      expect_memory(bytes);
    } catch (const Error& error) {
      throw Error("batch", "for '" + name + "' " + type.shape.text() + ", " + error.fact());
    }
    entry.memory.resize(bytes);
  }
  entry.tensor = {aligned_start(entry.memory), type};
  entry.is_made = true;
  return entry.tensor;
}

void Batch::begin() {
  for (auto& [name, entry] : entries_) entry.is_made = false;
  is_being_filled_ = true;
}

Tensor Batch::at(const std::string& name, At asked) const {
  const auto found = entries_.find(name);
  if (found != entries_.end() && found->second.is_made) return found->second.tensor;
  if (found != entries_.end()) {
    throw Error("batch", "a tensor '" + name +
                             "' was expected in every batch; this time the task has not made it; make it in "
                             "each call of fill.");
  }
  throw Error("batch",
              "a tensor '" + name + "' was expected (" + asked.text() + "); " + unknown_name(name, names_in(types())));
}

bool Batch::has(const std::string& name) const {
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.is_made;
}

Named<Type> Batch::types() const {
  Named<Type> types;
  for (const auto& [name, entry] : entries_) {
    if (entry.is_made) types.emplace(name, entry.tensor.type);
  }
  return types;
}

Tensor Batch::rows_of(const Tensor& tensor, Extent begin, Extent count) {
  const Extent rows = tensor.shape().rank() == 0 ? 0 : tensor.shape()[0];
  if (begin < 0 || count < 0 || begin + count > rows) {
    throw Error("batch", "rows " + std::to_string(begin) + " to " + std::to_string(begin + count) +
                             " were asked of a tensor of shape " + tensor.shape().text() + "; stay within its first axis.");
  }
  const Type type{tensor.shape().with(0, count), tensor.type.kind};
  const std::size_t row_bytes = rows == 0 ? 0 : tensor.bytes() / static_cast<std::size_t>(rows);
  return {static_cast<std::byte*>(tensor.data) + static_cast<std::size_t>(begin) * row_bytes, type};
}

void Output::expect(Kind kind, const char* function) const {
  if (type.kind == kind) return;
  throw Error(asked_.text(), "the output '" + std::string(name_) + "' was expected to be " +
                                 (kind == Kind::kIndex ? "Index" : "Real") + ", because " + function + "() reads it; " +
                                 text_of(type) + " came; read it by " + (kind == Kind::kIndex ? "real()" : "index()") +
                                 ", or let the model give " + (kind == Kind::kIndex ? "argmax(...)." : "the scores."));
}

Real* Output::real() const {
  expect(Kind::kReal, "real");
  return Tensor::real();
}

Index* Output::index() const {
  expect(Kind::kIndex, "index");
  return Tensor::index();
}

Output Outputs::at(const std::string& name, At asked) const {
  const auto found = find(name);
  if (found != end()) return {found->second, found->first, asked};
  const std::vector<std::string> known = names_in(*this);
  const std::string nearest = nearest_name(name, known);
  const bool is_of_training = contains("cost");
  throw Error(asked.text(), "an output '" + name + "' was expected; the model has: " + listed(known) + ". " +
                                (is_of_training    ? "Those are of training: give this one where builder.mode() is "
                                                     "Mode::kEvaluate."
                                 : nearest.empty() ? "Name it by Builder::output in Mode::kEvaluate."
                                                   : "Did you mean '" + nearest + "'?"));
}

void Task::fields(Options&) {}

void fill_batch(const Task& task, Split split, const BatchKey& key, Batch& batch) {
  batch.begin();
  try {
    Rng rng = generator_of(task, split, key);
    task.fill(rng, split, batch);
  } catch (...) {
    batch.is_being_filled_ = false;
    throw caught_in(task, "fill");
  }
  batch.is_being_filled_ = false;
  if (batch.types().empty()) {
    throw Error(registered(task) + ", fill", "at least one tensor was expected; none came; make them with Batch::make.");
  }
}

namespace {

void check(const Task& task, const Judgement& judgement, Extent rows) {
  const auto place = [&] { return registered(task) + ", judge"; };
  if (judgement.metrics.empty()) {
    throw Error(place(), "at least one metric was expected; none came; add the main metric first.");
  }
  const auto expected = static_cast<std::size_t>(rows);
  const auto expect_rows = [&](const std::string& what, std::size_t came) {
    if (came == expected) return;
    throw Error(place(), what + " was expected to have one value for each item, " + std::to_string(rows) + " in all; " +
                             std::to_string(came) + " came; judge every item.");
  };
  for (const Judgement::Metric& metric : judgement.metrics) {
    expect_rows("the metric " + in_quotes(metric.name), metric.rows.size());
    const auto same = [&](const Judgement::Metric& other) { return other.name == metric.name; };
    if (std::count_if(judgement.metrics.begin(), judgement.metrics.end(), same) == 1) continue;
    throw Error(place(),
                "metrics of different names were expected; " + in_quotes(metric.name) + " came twice; rename one of them.");
  }
  if (!judgement.slices.empty()) expect_rows("the list of slices", judgement.slices.size());
}

}  // namespace

Judgement judge_batch(const Task& task, const Batch& batch, const Outputs& outputs, Extent rows) {
  Judgement judgement;
  try {
    judgement = task.judge(batch, outputs);
  } catch (...) {
    throw caught_in(task, "judge");
  }
  check(task, judgement, rows);
  return judgement;
}

Extent listed_item(Rng& rng, Split split, const Batch& batch, Extent row, Extent count) {
  return split == Split::kTrain ? rng.below(count) : (batch.first_row() + row) % count;
}

Tensor require_output(const Outputs& outputs, const std::string& name, const Type& type, const std::string& task) {
  const auto found = outputs.find(name);
  if (found != outputs.end() && found->second.type == type) return found->second;
  const std::string needed = "an output '" + name + "', " + text_of(type) + ", is needed; ";
  if (found == outputs.end()) {
    throw Error(task, needed + "the model has: " + listed(names_in(outputs)) +
                          "; name it with Builder::output where builder.mode() is Mode::kEvaluate.");
  }
  throw Error(task, needed + "that of the model is " + text_of(found->second.type) + "; give it this shape and kind.");
}

EqualRows equal_rows(const Tensor& given, const Tensor& wanted) {
  if (given.type.kind != Kind::kIndex || !(given.type == wanted.type)) {
    throw Error("task", "tensors of one type, Index " + wanted.shape().text() + ", were expected to be compared; " +
                            text_of(given.type) + " came; give argmax(...) of scores.");
  }
  const Extent rows = wanted.shape()[0];
  const Extent width = rows == 0 ? 0 : wanted.size() / rows;
  EqualRows equal;
  for (Extent row = 0; row < rows; ++row) {
    Extent asked = 0;
    Extent right = 0;
    for (Extent i = row * width; i < (row + 1) * width; ++i) {
      if (wanted.index()[i] < 0) continue;
      ++asked;
      right += given.index()[i] == wanted.index()[i] ? 1 : 0;
    }
    equal.share.push_back(asked == 0 ? 1.0 : static_cast<double>(right) / static_cast<double>(asked));
    equal.whole.push_back(right == asked ? 1.0 : 0.0);
  }
  return equal;
}

template <>
Registry<Task>& Registry<Task>::instance() {
  static Registry registry;
  return registry;
}

}  // namespace fovea
