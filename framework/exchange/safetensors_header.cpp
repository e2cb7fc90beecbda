#include "framework/exchange/safetensors_header.h"

#include <fmt/format.h>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

using Tree = nlohmann::json;

constexpr std::size_t kMostAxes = 32;

/// Called for each part of the text in turn. No tree is built, as that would lose one of two members with the same name.
class HeaderReader : public nlohmann::json_sax<Tree> {
 public:
  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { reject("null"); }
  bool boolean(bool value) override { reject(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { reject(fmt::format("{}", value)); }
  bool number_float(number_float_t /*value*/, const string_t& text) override { reject(in_quotes(text)); }
  bool binary(binary_t& /*value*/) override { reject("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::kShape && entry_.shape.size() < kMostAxes && std::in_range<Extent>(value)) {
      entry_.shape.push_back(static_cast<Extent>(value));
      return true;
    }
    if (place_ == Place::kOffsets && offsets_ < 2 && std::in_range<Extent>(value)) {
      (offsets_ == 0 ? entry_.begin : entry_.end) = value;
      ++offsets_;
      return true;
    }
    reject(fmt::format("{}", value));
  }

  bool string(string_t& text) override {
    if (place_ == Place::kMetadata) {
      header_.metadata.emplace_back(key_, text);
      return true;
    }
    if (place_ != Place::kEntry || key_ != "dtype") reject(in_quotes(text));
    entry_.type = safetensors_type(text);
    if (entry_.type != nullptr) return true;
    throw Error(fmt::format("a dtype of {} was expected for {}; {} came; convert it to float32 first.",
                            safetensors_type_names(), in_quotes(entry_.name), in_quotes(text)));
  }

  bool key(string_t& text) override {
    key_ = text;
    if (place_ == Place::kTop) {
      if (!names_.insert(text).second) twice(text, "one array with each name");
      if (text.empty()) throw Error("a name was expected for each array; an empty one came; rename it.");
    } else if (place_ == Place::kMetadata) {
      if (!metadata_names_.insert(text).second) twice(text, "one text with each name in the metadata");
    } else {
      take_member(text);
    }
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (place_ == Place::kOutside) {
      place_ = Place::kTop;
    } else if (place_ == Place::kTop && key_ == kSafetensorsMetadata) {
      place_ = Place::kMetadata;
    } else if (place_ == Place::kTop) {
      place_ = Place::kEntry;
      entry_ = {};
      entry_.name = key_;
      offsets_ = 0;
      has_ = {};
    } else {
      reject("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kEntry) {
      for (std::size_t i = 0; i < kMembers.size(); ++i) {
        if (!has_[i])
          throw Error(fmt::format("'{}' was expected of {}; it is missing.", kMembers[i], in_quotes(entry_.name)));
      }
      header_.entries.push_back(std::move(entry_));
    }
    place_ = place_ == Place::kTop ? Place::kOutside : Place::kTop;
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    if (place_ != Place::kEntry || key_ == "dtype") reject("an array");
    place_ = key_ == "shape" ? Place::kShape : Place::kOffsets;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && offsets_ != 2) reject("another count of numbers");
    place_ = Place::kEntry;
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/, const Tree::exception& /*error*/) override {
    throw Error(fmt::format("a header in JSON was expected; at byte {} it is none; write the file again.", position));
  }

 private:
  enum class Place : std::uint8_t { kOutside, kTop, kMetadata, kEntry, kShape, kOffsets };
  static constexpr std::array kMembers = {"dtype", "shape", "data_offsets"};

  [[noreturn]] static void twice(const std::string& name, const char* expected) {
    throw Error(fmt::format("{} was expected; {} came twice; rename one.", expected, in_quotes(name)));
  }

  void take_member(const std::string& name) {
    for (std::size_t i = 0; i < kMembers.size(); ++i) {
      if (name != kMembers[i]) continue;
      if (has_[i]) twice(name, "each member of an array once");
      has_[i] = true;
      return;
    }
    throw Error(fmt::format("dtype, shape and data_offsets were expected of {}; {} came; write the file again.",
                            in_quotes(entry_.name), in_quotes(name)));
  }

  [[noreturn]] void reject(const std::string& came) const {
    const auto expected = [&]() -> std::string {
      switch (place_) {
        case Place::kOutside: return "one object with the arrays";
        case Place::kTop: return "an object for " + in_quotes(key_);
        case Place::kMetadata: return "a text for " + in_quotes(key_) + " of the metadata";
        case Place::kShape: return fmt::format("at most {} extents below 2^63 for {}", kMostAxes, in_quotes(entry_.name));
        case Place::kOffsets: return "two offsets below 2^63 for " + in_quotes(entry_.name);
        default:
          return fmt::format("{} for {} of {}", key_ == "dtype" ? "a text" : "a list of whole numbers", in_quotes(key_),
                             in_quotes(entry_.name));
      }
    };
    throw Error(fmt::format("{} was expected; {} came; write the file again.", expected(), came));
  }

  SafetensorsHeader header_;
  Place place_ = Place::kOutside;
  std::string key_;  // the last one
  std::set<std::string> names_, metadata_names_;
  SafetensorsEntry entry_;  // the one that is read
  std::array<bool, kMembers.size()> has_{};
  int offsets_ = 0;
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json) {
  if (json.find('\0') != std::string_view::npos) {  // where the parser would stop
    throw Error("a header in JSON was expected; it has a byte 0; write the file again.");
  }
  HeaderReader reader;
  Tree::sax_parse(json, &reader);
  return reader.take();
}

}  // namespace fovea
