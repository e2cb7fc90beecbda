#include "tests/support/task_data.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace fovea::test {

namespace fs = std::filesystem;

std::optional<fs::path> released_data(const std::string& name) {
  const char* set = std::getenv("FOVEA_DATA_DIR");
  const fs::path root = set != nullptr ? fs::path(set) : fs::path(FOVEA_SOURCE_DIR).parent_path() / "shared" / "data";
  const fs::path archive = root / name / (name + ".tar.zst");
  const fs::path to = fs::path(FOVEA_BUILD_DIR) / ("released_" + name);
  if (fs::exists(to)) return to;
  if (fs::exists(archive)) {
    // Into a folder of this process, then renamed: tests may run side by side.
    const fs::path folder = to.string() + "." + std::to_string(getpid());
    fs::create_directories(folder);
    const std::string command = "tar --zstd -xf '" + archive.string() + "' -C '" + folder.string() + "'";
    std::error_code error;
    if (std::system(command.c_str()) == 0) fs::rename(folder, to, error);
    fs::remove_all(folder);
    if (fs::exists(to)) return to;
  }
  std::fprintf(stderr, "no released data in %s: what needs it is not tested; set FOVEA_DATA_DIR.\n", archive.c_str());
  return std::nullopt;
}

}  // namespace fovea::test
