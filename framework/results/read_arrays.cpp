#include "framework/results/read_arrays.h"

#include <fmt/format.h>
#include <utility>

#include "framework/core/error.h"
#include "framework/results/hdf5_read.h"
#include "framework/results/parcel.h"

namespace fovea {
namespace {

constexpr std::int64_t kMostNumbers = std::int64_t{1} << 25;
bool has_numbers(const TreeLine& line) {
  const auto starts = [&](const char* start) { return line.type.rfind(start, 0) == 0; };
  return starts("float") || starts("int") || starts("uint");
}

std::int64_t count_of(const TreeLine& line) {
  std::int64_t count = 1;
  for (const std::int64_t extent : line.shape) {
    if (extent > 0 && count > kMostNumbers / extent) return kMostNumbers + 1;
    count *= extent;
  }
  return count;
}

}  // namespace

std::map<std::string, NumberArray> read_arrays(const std::filesystem::path& file, std::span<const std::string> paths) {
  Parcel parcel = parcel_apart(file, [&](const hdf5::Reader& reader, Parcel& out) {
    std::int64_t left = kMostNumbers;
    for (const std::string& path : paths) {
      if (!reader.has(path) || !has_numbers(reader.line(path))) continue;
      left -= count_of(reader.line(path));
      if (left < 0) {
        throw Error("hdf5", fmt::format("expected at most {} numbers for one figure; '{}' has more; choose fewer.",
                                        kMostNumbers, path));
      }
      out.put_text(path);
      out.put_shape(reader.line(path).shape);
      const std::vector<double> values = reader.reals(path);
      out.put(static_cast<std::int64_t>(values.size()));
      for (const double value : values) out.put(value);
    }
  });
  std::map<std::string, NumberArray> arrays;
  while (!parcel.is_at_end()) {
    NumberArray& array = arrays[parcel.take_text()];
    array.shape = parcel.take_shape();
    array.values.resize(static_cast<std::size_t>(parcel.take<std::int64_t>()));
    for (double& value : array.values) value = parcel.take<double>();
  }
  return arrays;
}

std::map<std::string, std::vector<std::int64_t>> arrays_below(const std::filesystem::path& file, const std::string& group) {
  Parcel parcel = parcel_apart(file, [&](const hdf5::Reader& reader, Parcel& out) {
    for (const TreeLine& line : reader.below(group)) {
      if (!has_numbers(line)) continue;
      out.put_text(line.path.substr(group.size() + 1));
      out.put_shape(line.shape);
    }
  });
  std::map<std::string, std::vector<std::int64_t>> shapes;
  while (!parcel.is_at_end()) {
    std::string name = parcel.take_text();
    shapes[name] = parcel.take_shape();
  }
  return shapes;
}

}  // namespace fovea
