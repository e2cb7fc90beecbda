#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "framework/graph/builder.h"

namespace fovea {

/// What a Builder collects; a LoopBuilder reads the imports of its body.
struct Builder::State {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::string scope;            // full path: that of the loop and of the scopes opened in it
  std::set<std::string> paths;  // of all nodes, to make new ones unique
  Wishes wishes;
  bool is_frozen = false;
  At built_at;                                    // line 0: where each node is built
  Builder* outer = nullptr;                       // of the body of a loop
  SiteTexts site_texts;                           // null: as the model says
  std::map<std::pair<int, int>, Value> imported;  // outer slot -> the input of this body
  std::vector<std::pair<Slot, Value>> shared;     // input of this body, outer value; in the order of import

  At line_of(At at) const { return built_at.line > 0 ? built_at : at; }
  std::string path_of(const std::string& name) const { return scope.empty() ? name : scope + "/" + name; }
  std::string unique_path(const std::string& name);
  Value append(Builder& builder, Node node);
  Value parameter(Builder& builder, const std::string& name, const Type& type, At at);
};

}  // namespace fovea
