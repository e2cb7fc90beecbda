#include "framework/attention/site/site_text.h"

#include <algorithm>
#include <iterator>

#include "framework/attention/site/site.h"
#include "framework/core/error.h"

namespace fovea {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::string canonical_scorer(const std::string& text) {
  Options options;
  const auto scorer = Registry<Scorer>::instance().parse(text);
  scorer->fields(options);
  return canonical(parse_call(text).name, options);
}

}  // namespace

std::vector<std::shared_ptr<const Selector>> extremes_of(const SitePart<Selector>& part, const std::string& text) {
  std::vector<std::shared_ptr<const Selector>> made;
  if (part.call.numbers.empty()) return made;
  Options names;
  part.plugin->fields(names);
  const Call parsed = parse_call(text);
  for (const Call& call : extremes(parsed, names)) {
    std::shared_ptr<Selector> extreme = Registry<Selector>::instance().make(parsed.name);
    Options options;
    extreme->fields(options);
    apply(call, options);
    made.push_back(std::move(extreme));
  }
  return made;
}

std::string fitting_estimators(const Selector& selector, const std::string& selector_name) {
  std::string names;
  for (const std::string& name : detail::Catalogue::instance().names(Estimator::kKind)) {
    const auto estimator = Registry<Estimator>::instance().make(name);
    if (misfit(selector, selector_name, *estimator, name).empty()) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "no estimator" : names;
}

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

std::string SiteText::text() const {
  return canonical_scorer(scorer) + " | " + parse_pattern(pattern).text + " | " + SitePart<Selector>(selector).call.text +
         " | " + SitePart<Estimator>(estimator).call.text;
}

}  // namespace fovea
