#include "framework/attention/site/site_text.h"

#include <algorithm>
#include <iterator>

#include "framework/attention/site/site_parts.h"
#include "framework/core/error.h"

namespace fovea {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

}  // namespace

SiteText SiteText::parse(std::string_view text) {
  SiteText site;
  std::string* const parts[] = {&site.scorer, &site.pattern, &site.selector, &site.estimator};
  static constexpr const char* kNames[] = {"scorer", "pattern", "selector", "estimator"};
  std::size_t begin = 0;
  for (std::size_t number = 0; begin <= text.size(); ++number) {
    const std::size_t end = std::min(text.find('|', begin), text.size());
    const std::string_view part = trimmed(text.substr(begin, end - begin));
    if (number == std::size(parts)) {
      throw Error("site", "a site is 'scorer | pattern | selector | estimator'; '" + std::string(text) +
                              "' has more parts; remove them.");
    }
    if (part.empty()) {
      throw Error("site", "a site is 'scorer | pattern | selector | estimator'; the " + std::string(kNames[number]) +
                              " of '" + std::string(text) + "' is empty; name one (parts may be missing at the end only).");
    }
    *parts[number] = std::string(part);
    begin = end + 1;
  }
  return site;
}

std::string SiteText::text() const { return SiteParts(*this).text; }

}  // namespace fovea
