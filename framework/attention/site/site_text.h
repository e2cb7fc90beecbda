#pragma once

#include <memory>
#include <string>
#include <vector>

#include "framework/anneal/annealing.h"
#include "framework/attention/estimator.h"
#include "framework/attention/selector.h"

// Internal to Site: the parts that its text names.
namespace fovea {

/// A selector or an estimator from its text, with the numbers that change while a run trains.
template <class Plugin>
struct SitePart {
  std::shared_ptr<Plugin> plugin;
  AnnealedCall call;

  explicit SitePart(const std::string& text) {
    const Call parsed = parse_call(text);
    plugin = Registry<Plugin>::instance().make(parsed.name);
    Options options;
    plugin->fields(options);
    try {
      call = apply_annealed(parsed, options, plugin);
    } catch (const Error& error) {
      throw error.at(std::string(Plugin::kKind) + " " + parsed.name);
    }
  }
};

/// What a selector with numbers that change may become; none where they do not.
std::vector<std::shared_ptr<const Selector>> extremes_of(const SitePart<Selector>& part, const std::string& text);

/// The estimators that fit this selector: "none, straight_through", with `selector` as it was written.
std::string fitting_estimators(const Selector& selector, const std::string& selector_name);

}  // namespace fovea
