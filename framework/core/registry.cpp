#include "framework/core/registry.h"

#include <set>

namespace fovea {

Catalogue& Catalogue::instance() {
  static Catalogue catalogue;
  return catalogue;
}

bool Catalogue::add(PluginInfo info) {
  const auto key = std::make_pair(info.kind, info.name);
  const auto found = plugins_.find(key);
  if (found != plugins_.end()) {
    // Thrown at first use: an exception out of a static initialiser would end the program without a message.
    if (error_.empty()) {
      error_ = "'" + info.name + "' is registered twice, in " + found->second.file + " and in " + info.file +
               "; rename one of them.";
      error_ = "[" + info.kind + "] " + error_;
    }
    return false;
  }
  plugins_.emplace(key, std::move(info));
  return true;
}

const PluginInfo* Catalogue::find(std::string_view kind, std::string_view name) const {
  const auto found = plugins_.find(std::make_pair(std::string(kind), std::string(name)));
  return found == plugins_.end() ? nullptr : &found->second;
}

std::vector<PluginInfo> Catalogue::all(std::string_view kind) const {
  std::vector<PluginInfo> infos;
  for (const auto& [key, info] : plugins_) {
    if (kind.empty() || key.first == kind) infos.push_back(info);
  }
  return infos;
}

std::vector<std::string> Catalogue::kinds() const {
  std::set<std::string> kinds;
  for (const auto& [key, info] : plugins_) kinds.insert(key.first);
  return {kinds.begin(), kinds.end()};
}

std::vector<std::string> Catalogue::names(std::string_view kind) const {
  std::vector<std::string> names;
  for (const auto& [key, info] : plugins_) {
    if (key.first == kind) names.push_back(key.second);
  }
  return names;
}

void Catalogue::throw_kept_error() const {
  if (!error_.empty()) throw Error(error_);
}

}  // namespace fovea
