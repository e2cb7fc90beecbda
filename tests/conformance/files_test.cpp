#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "framework/core/registry.h"

namespace fovea::conformance {

TEST_CASE("every file in the plugin folders of attention has its registry entry") {
  std::set<std::string> registered;
  for (const PluginInfo& plugin : Catalogue::instance().all()) {
    registered.insert(std::filesystem::path(plugin.file).filename().string());
  }
  for (const char* folder : {"scorers", "patterns", "selectors", "estimators"}) {
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(FOVEA_SOURCE_DIR) / "modules" / folder)) {
      if (entry.path().extension() != ".cpp") continue;
      CAPTURE(entry.path().string());
      CHECK(registered.count(entry.path().filename().string()) == 1);
      ++files;
    }
    CHECK(files >= 2);
  }
}

}  // namespace fovea::conformance
