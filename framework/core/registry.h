#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/options.h"

namespace fovea {

/// What every registered plugin says about itself.
struct PluginInfo {
  std::string kind;                                            // "selector"
  std::string name;                                            // "top_k"
  std::string doc;                                             // the docstring; its first line is the summary
  std::string file;                                            // the source that registered it
  std::function<std::vector<Options::Description>()> options;  // with their defaults
};

/// The plugins of all kinds by name, for `fovea list` and `fovea describe`; also keeps registration errors, thrown at first
/// use.
class Catalogue {
 public:
  static Catalogue& instance();
  /// False (and a kept error with both file names) where kind and name exist already.
  bool add(PluginInfo info);
  const PluginInfo* find(std::string_view kind, std::string_view name) const;
  std::vector<PluginInfo> all(std::string_view kind = {}) const;  // sorted by kind, then name; empty kind: all
  std::vector<std::string> kinds() const;
  std::vector<std::string> names(std::string_view kind) const;
  void throw_kept_error() const;

 private:
  std::map<std::pair<std::string, std::string>, PluginInfo> plugins_;
  std::string error_;
};

/// A plugin that was made from text, and its text with every option spelled out: "top_k(k=8)".
template <class Base>
struct Made {
  std::unique_ptr<Base> plugin;
  std::string text;
};

/// The plugins of one kind by name. `Base` has a static `kKind` such as "selector", a virtual `void fields(Options&)`, and
/// may have `void check() const`, which looks at the options together once they are set.
///
/// Errors    an unknown name (with the nearest known one); a name registered twice, thrown at first use.
template <class Base>
class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Base>()>;

  static Registry& instance();

  bool add(std::string name, std::string doc, const char* file, Factory factory) {
    const auto options = [factory] {
      const std::unique_ptr<Base> plugin = factory();
      Options listed;
      plugin->fields(listed);
      return listed.descriptions();
    };
    if (!Catalogue::instance().add({Base::kKind, name, std::move(doc), file, options})) return false;
    factories_.emplace(std::move(name), std::move(factory));
    return true;
  }

  /// Makes a plugin with its default options.
  std::unique_ptr<Base> make(std::string_view name) const {
    Catalogue::instance().throw_kept_error();
    const auto found = factories_.find(std::string(name));
    if (found == factories_.end()) throw Error(Base::kKind, unknown_name(name, Catalogue::instance().names(Base::kKind)));
    return found->second();
  }

  /// Makes a plugin from text such as "top_k(8)".
  Made<Base> parse(std::string_view text) const { return parse(parse_call(text)); }

  Made<Base> parse(const Call& call) const {
    std::unique_ptr<Base> plugin = make(call.name);
    Options options;
    plugin->fields(options);
    try {
      apply(call, options);
    } catch (const Error& error) {
      throw error.at(std::string(Base::kKind) + " " + call.name);
    }
    if constexpr (requires { plugin->check(); }) plugin->check();
    return {std::move(plugin), canonical(call.name, options)};
  }

 private:
  std::map<std::string, Factory> factories_;
};

}  // namespace fovea

// Registration, used by the macro of each kind: FOVEA_REGISTER(Selector, "top_k", TopK, R"doc(...)doc")
#define FOVEA_REGISTER_NAME_(line) fovea_registered_##line
#define FOVEA_REGISTER_NAME(line) FOVEA_REGISTER_NAME_(line)
#define FOVEA_REGISTER(Base, name, Class, doc)                       \
  [[maybe_unused]] static const bool FOVEA_REGISTER_NAME(__LINE__) = \
      ::fovea::Registry<Base>::instance().add(name, doc, __FILE__, [] { return std::make_unique<Class>(); })
