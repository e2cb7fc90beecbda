#include "framework/graph/check.h"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/depth_first_search.hpp>
#include <boost/graph/reverse_graph.hpp>
#include <boost/graph/topological_sort.hpp>

namespace fovea::graph {
namespace {

struct Ends {
  int output = 0;  // slot of the source
  int input = 0;   // slot of the target
};

// vecS for edges: x * x needs two parallel ones.
using Network = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS, boost::no_property, Ends>;
using Vertex = boost::graph_traits<Network>::vertex_descriptor;
using Arc = boost::graph_traits<Network>::edge_descriptor;

Network network_of(const std::vector<Node>& nodes) {
  Network network(nodes.size());
  for (std::size_t id = 0; id < nodes.size(); ++id) {
    for (std::size_t i = 0; i < nodes[id].inputs.size(); ++i) {
      const Slot& from = nodes[id].inputs[i];
      boost::add_edge(static_cast<Vertex>(from.node), id, {from.output, static_cast<int>(i)}, network);
    }
  }
  return network;
}

// Keeps the parent of every visited vertex, so that a back edge can be reported as the path of its cycle.
class CycleFinder : public boost::default_dfs_visitor {
 public:
  CycleFinder(const std::vector<Node>& nodes, std::vector<Vertex>& parents) : nodes_(&nodes), parents_(&parents) {}

  void tree_edge(Arc arc, const Network& network) const {
    (*parents_)[boost::target(arc, network)] = boost::source(arc, network);
  }

  void back_edge(Arc arc, const Network& network) const {
    const Vertex first = boost::target(arc, network);
    std::vector<Vertex> cycle;
    for (Vertex v = boost::source(arc, network); v != first; v = (*parents_)[v]) cycle.push_back(v);
    cycle.push_back(first);
    std::reverse(cycle.begin(), cycle.end());
    std::string text;
    for (const Vertex v : cycle) text += (*nodes_)[v].path + " -> ";
    throw error_at((*nodes_)[first], "a graph without cycles was expected; " + text + (*nodes_)[first].path +
                                         " came; carry the value through a loop instead.");
  }

 private:
  const std::vector<Node>* nodes_;
  std::vector<Vertex>* parents_;
};

class Marker : public boost::default_dfs_visitor {
 public:
  explicit Marker(std::vector<char>& reached) : reached_(&reached) {}
  template <class Vertices>
  void discover_vertex(Vertex v, const Vertices& /*network*/) const {
    (*reached_)[v] = 1;
  }

 private:
  std::vector<char>* reached_;
};

}  // namespace

std::vector<int> ordered(const std::vector<Node>& nodes) {
  const Network network = network_of(nodes);
  std::vector<Vertex> parents(nodes.size());
  boost::depth_first_search(network, boost::visitor(CycleFinder(nodes, parents)));
  // Without a cycle, append-only building has numbered every node after its inputs unless nodes came from elsewhere.
  const bool is_numbered = std::all_of(nodes.begin(), nodes.end(), [&](const Node& node) {
    const auto id = &node - nodes.data();
    return std::all_of(node.inputs.begin(), node.inputs.end(), [&](const Slot& slot) { return slot.node < id; });
  });
  std::vector<int> order;
  if (is_numbered) {
    for (std::size_t id = 0; id < nodes.size(); ++id) order.push_back(static_cast<int>(id));
    return order;
  }
  std::vector<Vertex> reversed;
  boost::topological_sort(network, std::back_inserter(reversed));
  for (auto v = reversed.rbegin(); v != reversed.rend(); ++v) order.push_back(static_cast<int>(*v));
  return order;
}

std::vector<char> reaching(const std::vector<Node>& nodes, const std::vector<int>& roots) {
  const Network network = network_of(nodes);
  const auto backwards = boost::make_reverse_graph(network);
  std::vector<char> reached(nodes.size(), 0);
  std::vector<boost::default_color_type> colours(nodes.size(), boost::white_color);
  for (const int root : roots) {
    const auto vertex = static_cast<Vertex>(root);
    if (colours[vertex] == boost::white_color) {
      boost::depth_first_visit(backwards, vertex, Marker(reached), colours.data());
    }
  }
  return reached;
}

Error error_at(const Node& node, const std::string& fact) {
  return {node.path, fact + (node.at.line == 0 ? "" : " (built at " + node.at.text() + ")")};
}

Error caught_at(const Node& node, const Op& op, const char* function) {
  const std::string name(op.name());
  try {
    throw;
  } catch (const Error& error) {
    const std::string where = error.where().empty() || error.where() == name ? "" : error.where() + ": ";
    return error_at(node, name + ": " + where + error.fact());
  } catch (...) {
    return error_at(node, "op '" + name + "', " + function + ": " + caught_error("").fact());
  }
}

std::vector<Type> inferred(const Node& node, const Op& op, const std::vector<Type>& inputs) {
  std::vector<Type> outputs;
  int overwritten = -1;
  try {
    outputs = op.infer(inputs);
    overwritten = op.overwrites();
  } catch (...) {
    throw caught_at(node, op, "infer");
  }
  const std::string name = "op '" + std::string(op.name()) + "', ";
  if (outputs.empty()) throw error_at(node, name + "infer: at least one output was expected; none came; give its type.");
  if (overwritten >= static_cast<int>(inputs.size())) {
    throw error_at(node, name + "overwrites: one of its " + std::to_string(inputs.size()) + " inputs was expected; number " +
                             std::to_string(overwritten) + " came; -1 is none.");
  }
  return outputs;
}

void expect_inputs(const Graph& graph, const std::vector<std::string>& known) {
  for (const Node& node : graph.nodes()) {
    if (node.kind != Node::Kind::kInput || std::find(known.begin(), known.end(), node.path) != known.end()) continue;
    const std::string name = node.path.substr(node.path.rfind('/') + 1);
    const bool is_in_scope = name != node.path && std::find(known.begin(), known.end(), name) != known.end();
    const std::string remedy = " Inputs of a model have the names of the tensors of its batch" +
                               std::string(is_in_scope ? ": build '" + name + "' before the scope is opened." : ".");
    throw error_at(node, unknown_name(node.path, known) + remedy);
  }
}

}  // namespace fovea::graph
