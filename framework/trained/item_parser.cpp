#include "framework/trained/item_parser.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/results/json.h"

namespace fovea {
namespace {

/// Nested lists of numbers as one list and its extents.
class JsonArray {
 public:
  JsonArray(const std::string& name, const Json& json) : name_(name) { add(json, 0); }

  const std::vector<Extent>& extents() const { return extents_; }
  void copy_to(const Tensor& tensor) const {
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      if (tensor.type.kind == Kind::kReal) {
        tensor.real()[i] = static_cast<Real>(numbers_[i]);
      } else {
        tensor.index()[i] = whole(numbers_[i]);
      }
    }
  }

 private:
  void add(const Json& json, std::size_t depth) {
    if (json.is<Json::Array>()) {
      const auto& list = json.as<Json::Array>();
      const auto length = static_cast<Extent>(list.size());
      if (depth == extents_.size() && numbers_.empty() && !is_measured_) {
        extents_.push_back(length);
      } else if (depth >= extents_.size() || extents_[depth] != length) {
        throw error("lists of the same length at each depth were expected; they differ");
      }
      for (const Json& one : list) add(one, depth + 1);
      return;
    }
    is_measured_ = true;
    if (depth != extents_.size()) throw error("numbers at one depth were expected; they stand at several");
    if (json.is<std::int64_t>()) {
      numbers_.push_back(static_cast<double>(json.as<std::int64_t>()));
    } else if (json.is<double>()) {
      numbers_.push_back(json.as<double>());
    } else {
      throw error("numbers were expected; " + in_quotes(json_line(json)) + " came");
    }
  }

  Index whole(double number) const {
    const bool is_whole = number >= std::numeric_limits<Index>::min() && number <= std::numeric_limits<Index>::max() &&
                          number == static_cast<double>(static_cast<Index>(number));
    if (is_whole) return static_cast<Index>(number);
    throw error("whole numbers of 32 bits were expected; " + std::to_string(number) + " came");
  }

  Error error(const std::string& fact) const {
    return Error("JSON", fact + ", in " + in_quotes(name_) + "; write lists such as [1, 2, 3].");
  }

  const std::string& name_;
  std::vector<Extent> extents_;
  std::vector<double> numbers_;
  bool is_measured_ = false;
};

std::string type_text(const Type& type) {
  return (type.kind == Kind::kIndex ? "whole numbers " : "numbers ") + type.shape.without(0).text();
}

}  // namespace

ItemParser::ItemParser(const Task& task) : task_(task), reader_(task.item_reader()) {
  Batch example(1);
  fill_batch(task, Split::kTrain, {}, example);
  known_ = example.types();
}

ItemParser::~ItemParser() = default;

std::string ItemParser::format() const {
  std::string json;
  for (const auto& [name, type] : known_) json += (json.empty() ? "" : ", ") + name + " (" + type_text(type) + ")";
  const std::string of_task = task_.item_format();
  return (of_task.empty() ? "" : of_task + "; or ") +
         "JSON, an object a line, of the tensors that the model reads of: " + json;
}

std::unique_ptr<Batch> ItemParser::take(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (text.empty() && reader_ == nullptr) return nullptr;
  if (text.starts_with('{') || reader_ == nullptr) return from_json(text);
  auto item = std::make_unique<Batch>(1);
  return reader_->read(line, *item) ? std::move(item) : nullptr;
}

std::unique_ptr<Batch> ItemParser::from_json(std::string_view line) const {
  std::string problem;
  const std::optional<Json> json = parse_json(line, &problem);
  if (!json || !json->is<Json::Object>()) {
    throw Error("JSON", "an object such as {\"NAME\": [1, 2, 3]} was expected; " +
                            (json ? std::string("another value") : problem) + " came; items are " + format() + ".");
  }
  auto item = std::make_unique<Batch>(1);
  std::vector<std::string> names;
  for (const auto& [name, type] : known_) names.push_back(name);
  for (const auto& [name, value] : json->as<Json::Object>()) {
    const auto known = known_.find(name);
    if (known == known_.end()) throw Error("JSON", unknown_name(name, names));
    if (item->has(name))
      throw Error("JSON", "each tensor once was expected; " + in_quotes(name) + " came twice; remove one.");
    const JsonArray array(name, value);
    const Type& wanted = known->second;
    if (static_cast<int>(array.extents().size()) != wanted.shape.rank() - 1) {
      throw Error("JSON", in_quotes(name) + " was expected to be " + type_text(wanted) + ", of any lengths; it has " +
                              std::to_string(array.extents().size()) + " axes; nest the lists as deep as that.");
    }
    Shape shape{1};
    for (const Extent extent : array.extents()) shape = shape.inserted(shape.rank(), extent);
    array.copy_to(item->make(name, {shape, wanted.kind}));
  }
  if (item->types().empty())
    throw Error("JSON", "at least one tensor was expected; the object is empty; items are " + format() + ".");
  return item;
}

std::unique_ptr<Batch> joined(std::span<const std::unique_ptr<Batch>> items) {
  const auto rows = static_cast<Extent>(items.size());
  auto whole = std::make_unique<Batch>(rows);
  for (const auto& [name, type] : items.front()->types()) {
    const Tensor to = whole->make(name, {type.shape.with(0, rows), type.kind});
    const std::size_t bytes = type.bytes();
    auto* place = static_cast<std::byte*>(to.data);
    for (const auto& item : items) {
      std::memcpy(place, item->at(name).data, bytes);
      place += bytes;
    }
  }
  return whole;
}

}  // namespace fovea
