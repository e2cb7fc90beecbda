#pragma once

#include <memory>
#include <string>

#include "framework/attention/estimator.h"
#include "framework/attention/pattern_text.h"
#include "framework/attention/scorer.h"
#include "framework/attention/selector.h"
#include "framework/attention/site/site_text.h"

// Internal to Site: the parts that its text names.
namespace fovea {

struct SiteParts {
  explicit SiteParts(const SiteText& site);

  std::unique_ptr<Scorer> scorer;
  PatternExpression pattern;
  MadeAnnealed<Selector> selector;
  MadeAnnealed<Estimator> estimator;
  std::string text;  // canonical, with every option spelled out
};

/// The estimators that fit this selector: "none, straight_through", with `selector` as it was written.
std::string fitting_estimators(const Selector& selector, const std::string& selector_name);

}  // namespace fovea
