#pragma once

#include <optional>
#include <string>
#include <vector>

#include "framework/core/registry.h"

// What the suite is tried on: every plugin of this tree, or one from outside, with those of this tree as partners.
namespace fovea::conformance {

struct Subject {
  std::string kind;
  std::string name;
};

/// The only plugin that is tried; none: all of them.
inline std::optional<Subject>& subject() {
  static std::optional<Subject> only;
  return only;
}

inline bool is_tried(const std::string& kind, const std::string& text) {
  return !subject() || (subject()->kind == kind && subject()->name == text);
}

/// Whether a plugin, as text, is tried or only a partner of one that is. One from outside is tried with its default options
/// alone.
template <class Plugin>
bool is_tried(const std::string& text) {
  return is_tried(Plugin::kKind, text);
}

/// Every registered plugin of a kind with its default options, and `more` texts; for claims about several kinds at once.
template <class Plugin>
std::vector<std::string> partners_of(const std::vector<std::string>& more = {}) {
  std::vector<std::string> texts = Catalogue::instance().names(Plugin::kKind);
  texts.insert(texts.end(), more.begin(), more.end());
  return texts;
}

/// Those of them that are tried.
template <class Plugin>
std::vector<std::string> texts_of(const std::vector<std::string>& more = {}) {
  std::vector<std::string> texts = partners_of<Plugin>(more);
  std::erase_if(texts, [](const std::string& text) { return !is_tried<Plugin>(text); });
  return texts;
}

}  // namespace fovea::conformance
