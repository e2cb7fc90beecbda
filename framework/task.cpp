#include "framework/task.h"

#include <cstdint>

#include "framework/core/arena.h"
#include "framework/core/error.h"

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

}  // namespace

Tensor Batch::make(const std::string& name, const Type& type) {
  if (type.shape.rank() == 0 || type.shape[0] != rows_) {
    throw Error("batch", "'" + name + "' must have the " + std::to_string(rows_) +
                             " rows of the batch as its first axis; its shape is " + type.shape.text() +
                             "; make it with Shape{batch.rows(), ...}.");
  }
  Entry& entry = entries_[name];
  const std::size_t bytes = type.bytes() + Arena::kAlignment;
  if (entry.memory.size() < bytes) entry.memory.resize(bytes);
  entry.tensor = {aligned_start(entry.memory), type};
  return entry.tensor;
}

Tensor Batch::at(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second.tensor;
  std::vector<std::string> known;
  for (const auto& [key, entry] : entries_) known.push_back(key);
  throw Error("batch", unknown_name(name, known));
}

bool Batch::has(const std::string& name) const { return entries_.contains(name); }

std::map<std::string, Type> Batch::types() const {
  std::map<std::string, Type> types;
  for (const auto& [name, entry] : entries_) types.emplace(name, entry.tensor.type);
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

void Task::fields(Options&) {}

void fill_batch(const Task& task, Split split, const BatchKey& key, Batch& batch) {
  Rng rng = generator_of(task, split, key);
  task.fill(rng, split, batch);
}

Extent listed_item(Rng& rng, Split split, const Batch& batch, Extent row, Extent count) {
  return split == Split::kTrain ? rng.below(count) : (batch.first_row() + row) % count;
}

Tensor require_output(const Outputs& outputs, const std::string& name, const Type& type, const std::string& task) {
  const auto found = outputs.find(name);
  if (found != outputs.end() && found->second.type == type) return found->second;
  const std::string needed = "an output '" + name + "', " + text_of(type) + ", is needed; ";
  if (found == outputs.end()) throw Error(task, needed + "the model has none; name it with Builder::output.");
  throw Error(task, needed + "that of the model is " + text_of(found->second.type) + "; give it this shape and kind.");
}

EqualRows equal_rows(const Tensor& given, const Tensor& wanted) {
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
