#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "framework/experiment.h"

namespace fovea {

/// Another way of choosing for the sites whose paths fit a pattern.
///
/// `text` is a whole site, "bilinear | dense | argmax | none", or one part of it: the name of a selector, a pattern, an
/// estimator or a scorer, with options. A selector alone leaves scorer and pattern as they are; the estimator, which
/// evaluation does not need, becomes none.
struct SiteChange {
  std::string pattern = "*";
  std::string text;

  /// "decoder/*=top_k(4)"; without a pattern, "top_k(4)" is meant for every site.
  ///
  /// Errors    an empty text, a part that no kind of plugin knows, or that two kinds know.
  static SiteChange parse(std::string_view text);
  /// "decoder/*=top_k(4)", or "top_k(4)" for every site.
  std::string written() const;
  /// The site `given` with this change.
  std::string changed(std::string_view given) const;
};

/// A run whose model is built with these changes, the last one that fits a site first, in both modes; the paths of the sites
/// that were met are added to `met`, where that is given.
RunSpec with_changes(const RunSpec& run, std::vector<SiteChange> changes,
                     std::shared_ptr<std::vector<std::string>> met = nullptr);

}  // namespace fovea
