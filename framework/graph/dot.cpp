#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <vector>

#include "framework/graph/graph.h"

namespace fovea {
namespace {

struct Box {
  std::string label;
  const char* shape;
  std::vector<std::size_t> targets;  // the boxes that its edges lead to
};

using Drawing = std::vector<Box>;

std::string types_text(const Node& node) {
  std::string text;
  for (const Type& type : node.outputs) text += (text.empty() ? "" : ", ") + type.shape.text();
  return text;
}

std::string kind_text(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kInput: return "input";
    case Node::Kind::kParameter: return "parameter";
    case Node::Kind::kConstant: return "constant";
    case Node::Kind::kLoop: return "loop";
    default: return std::string(node.op->name());
  }
}

// The layer of a node: its path without the last part. Inputs stand for themselves.
std::string layer_of(const Node& node) {
  if (node.kind == Node::Kind::kInput || node.kind == Node::Kind::kLoop) return node.path;
  const auto slash = node.path.rfind('/');
  return slash == std::string::npos ? node.path : node.path.substr(0, slash);
}

Drawing drawing_of(const Graph& graph, Detail detail) {
  Drawing drawing;
  std::map<std::string, std::size_t> boxes;
  std::map<int, std::size_t> box_of;
  std::set<std::pair<std::size_t, std::size_t>> drawn;
  for (const int id : graph.order()) {
    const Node& node = graph.node(id);
    const bool is_op = detail == Detail::kOps;
    // Parameters are part of their layer; on their own they only blur the picture.
    if (!is_op && (node.kind == Node::Kind::kParameter || node.kind == Node::Kind::kConstant)) continue;
    const std::string name = is_op ? node.path : layer_of(node);
    const auto found = boxes.find(name);
    if (found == boxes.end()) {
      const std::string label = is_op ? name + "\n" + kind_text(node) + " " + types_text(node) : name;
      box_of[id] = boxes[name] = drawing.size();
      drawing.push_back({label, node.kind == Node::Kind::kInput ? "ellipse" : "box", {}});
    } else {
      box_of[id] = found->second;
    }
    for (const Slot& input : node.inputs) {
      const auto source = box_of.find(input.node);
      if (source == box_of.end() || source->second == box_of[id]) continue;
      if (drawn.emplace(source->second, box_of[id]).second) drawing[source->second].targets.push_back(box_of[id]);
    }
  }
  for (const NamedSlot& output : graph.outputs()) {
    const auto source = box_of.find(output.slot.node);
    if (source != box_of.end()) drawing[source->second].targets.push_back(drawing.size());
    drawing.push_back({output.name, "ellipse", {}});
  }
  return drawing;
}

// Names and numbers are written to dot as they are, any other text in quotes.
bool is_plain(const std::string& text) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  const bool is_word =
      std::all_of(text.begin(), text.end(), is_part) && std::isdigit(static_cast<unsigned char>(text[0])) == 0;
  const std::string digits = text.substr(text[0] == '-' ? 1 : 0);
  const bool is_number = digits.find_first_not_of("0123456789.") == std::string::npos &&
                         digits.find_first_of("0123456789") != std::string::npos &&
                         std::count(digits.begin(), digits.end(), '.') <= 1;
  return is_word || is_number;
}

std::string quoted(const std::string& text) {
  if (!text.empty() && is_plain(text)) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '\\';
    result += c;
  }
  return result + '"';
}

}  // namespace

// By hand: Boost's graphviz.hpp writes the same, but takes longer to compile than any source.
std::string dot_text(const Graph& graph, Detail detail) {
  const Drawing drawing = drawing_of(graph, detail);
  std::string text = "digraph G {\n";
  for (std::size_t i = 0; i < drawing.size(); ++i) {
    text += std::to_string(i) + " [label=" + quoted(drawing[i].label) + ", shape=" + drawing[i].shape + "];\n";
  }
  for (std::size_t i = 0; i < drawing.size(); ++i) {
    for (const std::size_t target : drawing[i].targets) text += std::to_string(i) + "->" + std::to_string(target) + " ;\n";
  }
  text += "}\n";
  // The body of a loop follows as another graph.
  for (const Node& node : graph.nodes()) {
    if (node.loop) text += "// body of " + node.path + "\n" + dot_text(*node.loop->body, detail);
  }
  return text;
}

}  // namespace fovea
