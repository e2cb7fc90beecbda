#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "framework/task.h"

namespace fovea {

/// Items as a user writes them, line by line: in the format of the task, or as JSON, one object a line with the tensors of
/// an item, {"numbers": [3, 1, 2]}. A line that begins with { is JSON; so is every line of a task without a format of its
/// own.
///
/// Errors    Error with the fact: what the task says of a line; JSON that is broken, names no tensor of the task (with the
///           nearest), or has numbers of another kind or in rows of unequal length.
class ItemParser {
 public:
  explicit ItemParser(const Task& task);
  ~ItemParser();

  /// Takes the next line, without its end; the item that is complete with it, as a batch of one row. A line without a
  /// character belongs to no item; where items have several lines, the reader of the task may end a story there.
  std::unique_ptr<Batch> take(std::string_view line);
  /// How items are written, for an error or a help.
  std::string format() const;

 private:
  std::unique_ptr<Batch> from_json(std::string_view line) const;

  const Task& task_;
  std::unique_ptr<ItemReader> reader_;
  Named<Type> known_;  // tensors of the task, with the sizes of one example
};

/// Items of the same types as one batch, in their order.
std::unique_ptr<Batch> joined(std::span<const std::unique_ptr<Batch>> items);

}  // namespace fovea
