#include "framework/trained/site_changes.h"

#include <algorithm>
#include <array>

#include "framework/attention/site/site_text.h"
#include "framework/core/error.h"
#include "framework/core/path_patterns.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

struct Part {
  const char* kind;
  std::string SiteText::*text;
};

constexpr std::array<Part, 4> kParts = {{{"selector", &SiteText::selector},
                                         {"pattern", &SiteText::pattern},
                                         {"estimator", &SiteText::estimator},
                                         {"scorer", &SiteText::scorer}}};

/// The first name in a part: "window" of "window(8) + global(2)".
std::string first_name(std::string_view text) {
  const std::size_t end = text.find_first_of(" (+&");
  return std::string(text.substr(0, end));
}

const Part& part_of(std::string_view text) {
  const std::string name = first_name(text);
  std::vector<const Part*> found;
  std::vector<std::string> known;
  for (const Part& part : kParts) {
    for (const std::string& one : Catalogue::instance().names(part.kind)) {
      known.push_back(one);
      if (one == name) found.push_back(&part);
    }
  }
  if (found.size() == 1) return *found.front();
  if (found.empty()) throw Error("site", unknown_name(name, known));
  throw Error("site", "one part of a site was expected; " + in_quotes(name) + " is both a " + found[0]->kind + " and a " +
                          found[1]->kind + "; write the whole site, such as 'scaled_dot | dense | argmax | none'.");
}

}  // namespace

SiteChange SiteChange::parse(std::string_view text) {
  const std::vector<std::string_view> parts = split_outside(text, '=');
  SiteChange change;
  if (parts.size() > 1) change.pattern = std::string(trimmed(parts.front()));
  const std::string_view rest = parts.size() > 1 ? text.substr(parts.front().size() + 1) : text;
  change.text = std::string(trimmed(rest));
  if (change.text.empty() || change.pattern.empty()) {
    throw Error("site", "PATTERN=SITE was expected, such as 'decoder/*=top_k(4)', or a site alone; " + in_quotes(text) +
                            " came; name what the sites are to be.");
  }
  change.text =
      change.text.find('|') != std::string::npos ? SiteText::parse(change.text).text() : (part_of(change.text), change.text);
  return change;
}

std::string SiteChange::written() const { return pattern == "*" ? text : pattern + "=" + text; }

std::string SiteChange::changed(std::string_view given) const {
  if (text.find('|') != std::string::npos) return text;
  SiteText site = SiteText::parse(given);
  const Part& part = part_of(text);
  site.*part.text = text;
  if (part.text == &SiteText::selector) site.estimator = "none";
  return site.scorer + " | " + site.pattern + " | " + site.selector + " | " + site.estimator;
}

RunSpec with_changes(const RunSpec& run, std::vector<SiteChange> changes, std::shared_ptr<std::vector<std::string>> met) {
  if (changes.empty()) return run;
  RunSpec changed = run;
  changed.model = [model = run.model, changes = std::move(changes), met = std::move(met)](Builder& builder,
                                                                                          const InputTypes& inputs) {
    builder.replace_sites([&](const std::string& path, std::string_view given) {
      if (met) met->push_back(path);
      const auto fits = [&](const SiteChange& change) { return fits_pattern(path, change.pattern); };
      const auto found = std::find_if(changes.rbegin(), changes.rend(), fits);
      return found == changes.rend() ? std::string(given) : found->changed(given);
    });
    model(builder, inputs);
  };
  return changed;
}

}  // namespace fovea
