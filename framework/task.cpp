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

template <>
Registry<Task>& Registry<Task>::instance() {
  static Registry registry;
  return registry;
}

}  // namespace fovea
