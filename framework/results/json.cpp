#include "framework/results/json.h"

// The only file that includes it: it takes ten times as long to compile as the rest of the source.
#include <nlohmann/json.hpp>
#include <set>

#include "framework/core/error.h"

namespace fovea {
namespace {

using Tree = nlohmann::ordered_json;

constexpr int kMostLevels = 200;  // each takes a call of json_of

Tree tree_of(const Json& json);

struct ToTree {
  Tree operator()(const Json::Array& items) const {
    Tree tree = Tree::array();
    for (const Json& item : items) tree.push_back(tree_of(item));
    return tree;
  }
  Tree operator()(const Json::Object& members) const {
    Tree tree = Tree::object();
    for (const auto& [name, value] : members) tree[name] = tree_of(value);
    return tree;
  }
  template <class T>
  Tree operator()(const T& value) const {
    return Tree(value);
  }
};

Tree tree_of(const Json& json) { return std::visit(ToTree{}, json.value()); }

Json json_of(const Tree& tree) {
  switch (tree.type()) {
    case Tree::value_t::boolean: return tree.get<bool>();
    case Tree::value_t::number_integer: return tree.get<std::int64_t>();
    case Tree::value_t::number_unsigned: {
      const auto number = tree.get<std::uint64_t>();
      return std::in_range<std::int64_t>(number) ? Json(static_cast<std::int64_t>(number)) : Json(number);
    }
    case Tree::value_t::number_float: return tree.get<double>();
    case Tree::value_t::string: return tree.get<std::string>();
    case Tree::value_t::array: {
      Json::Array items;
      for (const Tree& item : tree) items.push_back(json_of(item));
      return items;
    }
    case Tree::value_t::object: {
      Json::Object members;
      for (const auto& [name, value] : tree.items()) members.emplace_back(name, json_of(value));
      return members;
    }
    default: return nullptr;
  }
}

std::string text_of(const Json& json, int indent) {
  try {
    return tree_of(json).dump(indent);
  } catch (const Tree::type_error&) {
    throw Error("a text for JSON is not UTF-8; write it in UTF-8.");
  }
}

}  // namespace

std::string json_text(const Json& json) { return text_of(json, 2); }
std::string json_line(const Json& json) { return text_of(json, -1); }

std::optional<Json> parse_json(std::string_view text, std::string* problem) {
  std::vector<std::set<std::string>> names;  // of the objects that are open
  const auto check = [&](int depth, Tree::parse_event_t event, Tree& parsed) {
    if (depth > kMostLevels) throw Tree::other_error::create(500, "too many levels", nullptr);
    if (event == Tree::parse_event_t::object_start) names.emplace_back();
    if (event == Tree::parse_event_t::object_end) names.pop_back();
    if (event == Tree::parse_event_t::key && !names.back().insert(parsed.get<std::string>()).second) {
      throw Tree::other_error::create(500, "the name '" + parsed.get<std::string>() + "' comes twice", nullptr);
    }
    return true;
  };
  try {
    return json_of(Tree::parse(text, check));
  } catch (const Tree::exception& error) {
    if (problem != nullptr) *problem = error.what();
    return std::nullopt;
  }
}

}  // namespace fovea
