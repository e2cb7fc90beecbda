#include "framework/results/correct_items.h"

#include <algorithm>
#include <system_error>

#include "framework/core/error.h"
#include "framework/results/apart.h"
#include "framework/results/hdf5_read.h"

namespace fovea {
namespace {

constexpr char kRight = '\1';

/// A byte an item.
std::string read(const std::filesystem::path& path, const std::string& split) {
  const hdf5::Session session;
  const hdf5::Reader reader(path);
  const std::string name = "/evaluation/" + split + "/correct";
  if (!reader.has(name) || reader.line(name).type != "int32" || reader.line(name).shape.size() != 1) return "";
  std::string items;
  for (const std::int64_t value : reader.integers(name)) items += value == 0 ? '\0' : kRight;
  return items;
}

}  // namespace

std::vector<std::uint8_t> read_correct(const std::filesystem::path& path, const std::string& split) {
  std::error_code none;
  const std::uintmax_t bytes = std::filesystem::file_size(path, none);
  std::string items;
  try {
    items = run_apart(reading_limit(none ? 0 : bytes), [&] { return read(path, split); });
  } catch (const Error&) {
    return {};
  }
  return {items.begin(), items.end()};
}

}  // namespace fovea
