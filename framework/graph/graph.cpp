#include "framework/graph/graph.h"

#include <algorithm>

#include "framework/core/error.h"

namespace fovea {

std::vector<int> Graph::parameters() const {
  std::vector<int> ids;
  for (std::size_t id = 0; id < nodes_.size(); ++id) {
    if (nodes_[id].kind == Node::Kind::kParameter) ids.push_back(static_cast<int>(id));
  }
  return ids;
}

Extent Graph::draws() const {
  Extent most = 1;
  for (const EstimatorSlot& slot : estimators_) most = std::max(most, slot.draws);
  return most;
}

bool Graph::has_output(const std::string& name) const {
  for (const NamedSlot& output : outputs_) {
    if (output.name == name) return true;
  }
  return false;
}

Slot Graph::output(const std::string& name) const {
  std::vector<std::string> known;
  for (const NamedSlot& output : outputs_) {
    if (output.name == name) return output.slot;
    known.push_back(output.name);
  }
  if (name == "cost") {
    std::string text;
    for (const std::string& one : known) text += (text.empty() ? "" : ", ") + one;
    throw Error("model", "the output 'cost' [B] of training was expected, one number for each item; " +
                             (known.empty() ? "no output" : "only " + text) +
                             " came; name what training lowers by Builder::output(\"cost\", value).");
  }
  throw Error("graph/output", "an output '" + name + "' was expected; " + unknown_name(name, known) +
                                  " Name it with Builder::output(\"" + name + "\", value).");
}

}  // namespace fovea
