#include "tests/support/qa_data.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace fovea::test {
namespace {

namespace fs = std::filesystem;

fs::path archives() {
  const char* set = std::getenv("FOVEA_DATA_DIR");
  return (set != nullptr ? fs::path(set) : fs::path(FOVEA_SOURCE_DIR).parent_path() / "shared" / "data") / "babi";
}

/// Unpacks into a folder of this process, then renames it: tests may run side by side.
bool unpack(const fs::path& from, const fs::path& to) {
  const fs::path folder = to.string() + "." + std::to_string(getpid());
  fs::create_directories(folder);
  for (const char* name : {"babi_en.tar.zst", "babi_en-10k.tar.zst", "babi_hn_shuffled.tar.zst"}) {
    const std::string command = "tar --zstd -xf '" + (from / name).string() + "' -C '" + folder.string() + "'";
    if (std::system(command.c_str()) != 0) return false;
  }
  std::error_code error;
  fs::rename(folder, to, error);
  if (error) fs::remove_all(folder);
  return fs::exists(to);
}

}  // namespace

std::optional<fs::path> released_stories() {
  const fs::path from = archives();
  const fs::path to = fs::path(FOVEA_BUILD_DIR) / "released_stories";
  if (fs::exists(from / "en")) return from;
  if (fs::exists(to)) return to;
  if (fs::exists(from / "babi_en.tar.zst") && unpack(from, to)) return to;
  std::fprintf(stderr, "no released bAbI data in %s: what needs them is not tested; set FOVEA_DATA_DIR.\n", from.c_str());
  return std::nullopt;
}

fs::path released_file(const fs::path& root, const std::string& folder, int task, const std::string& end) {
  const std::string begin = "qa" + std::to_string(task) + "_";
  for (const auto& entry : fs::directory_iterator(root / folder)) {
    const std::string name = entry.path().filename().string();
    const bool ends_so = name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
    if (name.rfind(begin, 0) == 0 && ends_so) return entry.path();
  }
  return {};
}

}  // namespace fovea::test
