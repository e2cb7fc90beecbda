#include "framework/attention/site/site_text.h"

#include <iterator>

#include "framework/attention/site/site_parts.h"
#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea {

SiteText SiteText::parse(std::string_view text) {
  SiteText site;
  std::string* const parts[] = {&site.scorer, &site.pattern, &site.selector, &site.estimator};
  static constexpr const char* kNames[] = {"scorer", "pattern", "selector", "estimator"};
  std::size_t number = 0;
  for (const std::string_view whole : split_outside(text, '|')) {
    const std::string_view part = trimmed(whole);
    if (number == std::size(parts)) {
      throw Error("site", "a site is 'scorer | pattern | selector | estimator'; " + in_quotes(text) +
                              " has more parts; remove them.");
    }
    if (part.empty()) {
      throw Error("site", "a site is 'scorer | pattern | selector | estimator'; the " + std::string(kNames[number]) +
                              " of " + in_quotes(text) + " is empty; name one (parts may be missing at the end only).");
    }
    *parts[number++] = std::string(part);
  }
  return site;
}

std::string SiteText::text() const { return SiteParts(*this).text; }

}  // namespace fovea
