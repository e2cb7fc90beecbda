#include "framework/core/free_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

#include "framework/core/error.h"

namespace fovea {
namespace {

constexpr std::size_t kLooked = std::size_t{1} << 16U;

/// The number in a file that holds nothing else; nothing where it holds a word, such as "max".
std::optional<std::size_t> number_in(const char* path) {
  std::ifstream file(path);
  std::size_t number = 0;
  if (!(file >> number)) return std::nullopt;
  return number;
}

std::size_t available_to_the_system() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::size_t kibibytes = 0;
  for (std::string unit; file >> name >> kibibytes && std::getline(file, unit);) {
    if (name == "MemAvailable:") return kibibytes * 1024;
  }
  return std::numeric_limits<std::size_t>::max();
}

std::string in_units(std::size_t bytes) {
  constexpr std::size_t kMega = 1000000;
  constexpr std::size_t kGiga = 1000000000;
  if (bytes < kGiga) return std::to_string(bytes / kMega) + " MB";
  const std::string text = std::to_string(static_cast<double>(bytes) / static_cast<double>(kGiga));
  return text.substr(0, text.find('.') + 3) + " GB";
}

}  // namespace

std::size_t free_memory() {
  std::size_t free = available_to_the_system();
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (limit && used) free = std::min(free, *limit - std::min(*limit, *used));
  return free;
}

void expect_memory(std::size_t bytes) {
  if (bytes < kLooked) return;
  const std::size_t free = free_memory();
  if (bytes <= free) return;
  throw Error("memory", "a block of " + in_units(bytes) + " was expected to fit; " + in_units(free) +
                            " are free; use a smaller batch or model, or a machine with more memory.");
}

}  // namespace fovea
