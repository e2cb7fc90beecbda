#include <doctest/doctest.h>

#include "tests/conformance/subject.h"

// What `fovea list` and `fovea describe` say about a plugin.
namespace fovea::conformance {
namespace {

/// Of this tree without the plugins of tests and benches, or the one from outside.
bool is_of_suite(const PluginInfo& info) {
  if (subject()) return is_tried(info.kind, info.name);
  return info.file.find("modules/") == 0 || info.file.find("tasks/") == 0 || info.file.find("experiments/") == 0;
}

}  // namespace

TEST_CASE("every plugin has a docstring, whose first line can be read alone, and help for each option") {
  int plugins = 0;
  for (const PluginInfo& info : Catalogue::instance().all()) {
    if (!is_of_suite(info)) continue;
    ++plugins;
    CAPTURE(info.kind);
    CAPTURE(info.name);
    const auto begin = info.doc.find_first_not_of(" \n");
    REQUIRE(begin != std::string::npos);
    const std::string doc = info.doc.substr(begin);
    const auto end = doc.find('\n');
    const bool has_more_than_a_first_line = end != std::string::npos;
    CHECK(has_more_than_a_first_line);
    const std::string summary = doc.substr(0, end);
    const bool first_line_is_a_sentence = summary.back() == '.' || summary.back() == '?';
    CHECK(first_line_is_a_sentence);
    for (const Options::Description& option : info.options()) {
      CAPTURE(option.name);
      CHECK(option.help != "");
    }
  }
  CHECK(plugins >= (subject() ? 1 : 100));
}

}  // namespace fovea::conformance
