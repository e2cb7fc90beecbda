#include <fmt/format.h>
#include <algorithm>
#include <vector>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/results/hdf5_read.h"
#include "framework/results/run_file.h"

namespace fovea {
namespace {

/// The content with the values of /clock overwritten by zeros. All else, the headers of /clock included, stays.
std::vector<std::byte> without_clock(const std::filesystem::path& path) {
  std::vector<std::byte> bytes = read_file(path);
  try {
    const hdf5::Session session;
    const hdf5::Reader reader(path);
    reader.line("/clock");
    for (const TreeLine& line : reader.below("/clock")) {
      if (line.type == "group") continue;
      const auto [first, size] = reader.place(line.path);
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(first), size, std::byte{0});
    }
  } catch (const Error& error) {
    throw Error(path.string(), error.fact());
  }
  return bytes;
}

}  // namespace

bool same_outside_clock(const std::filesystem::path& a, const std::filesystem::path& b, std::string* difference) {
  const std::vector<std::byte> left = without_clock(a);
  const std::vector<std::byte> right = without_clock(b);
  const auto at = std::mismatch(left.begin(), left.end(), right.begin(), right.end()).first;
  const bool same = left == right;
  if (difference == nullptr) return same;
  *difference = same ? ""
                     : fmt::format("{} has {} bytes and {} has {}; they first differ at byte {}", a.string(), left.size(),
                                   b.string(), right.size(), at - left.begin());
  return same;
}

}  // namespace fovea
