#pragma once

#include <string>
#include <typeinfo>

#include "framework/core/registry.h"

namespace fovea {

/// "selector 'top_k'": the name under which the class of a plugin is registered, or its kind alone. For errors: it makes
/// plugins until one is of that class.
template <class Plugin>
std::string registered(const Plugin& plugin) {
  for (const std::string& name : Catalogue::instance().names(Plugin::kKind)) {
    const auto made = Registry<Plugin>::instance().make(name);
    if (typeid(*made) == typeid(plugin)) return std::string(Plugin::kKind) + " '" + name + "'";
  }
  return Plugin::kKind;
}

}  // namespace fovea
