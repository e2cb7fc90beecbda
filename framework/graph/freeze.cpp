#include "framework/core/error.h"
#include "framework/graph/builder_state.h"
#include "framework/graph/check.h"
#include "framework/graph/overwrite.h"

namespace fovea {

std::shared_ptr<const Graph> Builder::freeze() {
  if (state_->is_frozen) throw Error("graph", "a graph is frozen once; `freeze` came twice; keep the graph it gave.");
  Graph& graph = *state_->graph;
  std::vector<int> roots;
  for (const NamedSlot& output : graph.outputs_) roots.push_back(output.slot.node);
  if (graph.mode_ == Mode::kEvaluate) {
    for (const SiteRecord& site : graph.sites_) {
      for (const Slot& slot : {site.scores, site.kept, site.weights, site.count, site.log_prob, site.right, site.dropped}) {
        if (slot.node >= 0) roots.push_back(slot.node);
      }
    }
  }
  const std::vector<char> alive = graph::reaching(graph.nodes_, roots);
  for (SiteRecord& site : graph.sites_) {  // what nothing reads has no type in a plan
    if (site.items.node >= 0 && alive[site.items.node] == 0) site.items = {};
    if (site.queries.node >= 0 && alive[site.queries.node] == 0) site.queries = {};
  }
  for (const int id : graph::ordered(graph.nodes_)) {
    if (alive[id] != 0) graph.order_.push_back(id);
  }
  if (graph.mode_ == Mode::kTrain && graph.has_output("cost")) {
    const std::vector<char> costs = graph::reaching(graph.nodes_, {graph.output("cost").node});
    for (const int id : graph.parameters()) {
      if (costs[id] == 0 && !graph.node(id).is_frozen) {
        const Node& node = graph.node(id);
        throw node.at.error("graph", "parameter '" + node.path + "' does not reach the loss; remove it or connect it");
      }
    }
  }
  graph::check_overwrites(graph, state_->outer != nullptr ? graph::Surroundings::kLoop : graph::Surroundings::kNone);
  state_->is_frozen = true;
  return state_->graph;
}

}  // namespace fovea
