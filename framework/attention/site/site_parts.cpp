#include "framework/attention/site/site_parts.h"

namespace fovea {

SiteParts::SiteParts(const SiteText& site)
    : pattern(parse_pattern(site.pattern)),
      selector(make_annealed<Selector>(site.selector)),
      estimator(make_annealed<Estimator>(site.estimator)) {
  Made<Scorer> scored = Registry<Scorer>::instance().parse(site.scorer);
  scorer = std::move(scored.plugin);
  text = scored.text + " | " + pattern.text + " | " + selector.text + " | " + estimator.text;
}

std::string fitting_estimators(const Selector& selector, const std::string& selector_name) {
  std::string names;
  for (const std::string& name : Catalogue::instance().names(Estimator::kKind)) {
    const auto estimator = Registry<Estimator>::instance().make(name);
    if (misfit(selector, selector_name, *estimator, name).empty()) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "no estimator" : names;
}

}  // namespace fovea
