// Boost 1.74 trips this warning of g++ 12 inside its own headers.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
// The only file that includes graphviz.hpp: it doubles the time a source takes to compile.
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphviz.hpp>
#include <map>
#include <set>
#include <sstream>

#include "framework/graph/graph.h"

namespace fovea {
namespace {

struct Box {
  std::string label;
  std::string shape;
};

using Drawing = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, Box>;

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
      box_of[id] = boost::add_vertex({label, node.kind == Node::Kind::kInput ? "ellipse" : "box"}, drawing);
      boxes[name] = box_of[id];
    } else {
      box_of[id] = found->second;
    }
    for (const Slot& input : node.inputs) {
      const auto source = box_of.find(input.node);
      if (source == box_of.end() || source->second == box_of[id]) continue;
      if (drawn.emplace(source->second, box_of[id]).second) boost::add_edge(source->second, box_of[id], drawing);
    }
  }
  for (const NamedSlot& output : graph.outputs()) {
    const auto source = box_of.find(output.slot.node);
    const std::size_t sink = boost::add_vertex({output.name, "ellipse"}, drawing);
    if (source != box_of.end()) boost::add_edge(source->second, sink, drawing);
  }
  return drawing;
}

}  // namespace

std::string dot_text(const Graph& graph, Detail detail) {
  boost::dynamic_properties properties;
  Drawing drawing = drawing_of(graph, detail);
  properties.property("node_id", boost::get(boost::vertex_index, drawing));
  properties.property("label", boost::get(&Box::label, drawing));
  properties.property("shape", boost::get(&Box::shape, drawing));
  std::ostringstream text;
  boost::write_graphviz_dp(text, drawing, properties);
  // The body of a loop follows as a graph of its own.
  for (const Node& node : graph.nodes()) {
    if (node.loop) text << "// body of " << node.path << "\n" << dot_text(*node.loop->body, detail);
  }
  return text.str();
}

}  // namespace fovea
