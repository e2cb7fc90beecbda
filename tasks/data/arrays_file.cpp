#include <fmt/format.h>
#include <string_view>

#include "framework/core/error.h"
#include "framework/files/input.h"
#include "framework/results/parcel.h"
#include "tasks/data/arrays.h"

namespace fovea::data {
namespace {

constexpr std::string_view kSignature = "\x89HDF\r\n\x1a\n";
constexpr std::string_view kHostile = "do not trust this file.";  // what a reader of results says
constexpr Extent kMostNumbers = Extent{1} << 27;

bool has_numbers(const TreeLine& line) {
  const auto starts = [&](const char* start) { return line.type.rfind(start, 0) == 0; };
  return starts("float") || starts("int") || starts("uint");
}

Extent count_of(const std::vector<std::int64_t>& shape) {
  Extent count = 1;
  for (const std::int64_t extent : shape) {
    if (extent > 0 && count > kMostNumbers / extent) return kMostNumbers + 1;
    count *= extent;
  }
  return count;
}

void put_arrays(const hdf5::Reader& reader, Parcel& out) {
  Extent left = kMostNumbers;
  for (const TreeLine& line : reader.tree()) {
    if (!has_numbers(line)) continue;
    left -= count_of(line.shape);
    if (left < 0) {
      throw Error("hdf5", fmt::format("at most {} numbers were expected in all; '{}' is too much; give a part of the file.",
                                      kMostNumbers, line.path));
    }
    out.put_text(line.path.substr(1));
    out.put_text(line.type);
    out.put_shape(line.shape);
    const std::vector<double> values = reader.reals(line.path);
    out.put_text(std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)));
  }
}

std::vector<NamedArray> read_hdf5(const std::string& path) {
  std::vector<NamedArray> arrays;
  try {
    Parcel parcel = parcel_apart(path, put_arrays);
    while (!parcel.is_at_end()) {
      NamedArray array;
      array.name = parcel.take_text();
      array.dtype = parcel.take_text();
      array.shape = parcel.take_shape();
      const std::string bytes = parcel.take_text();
      array.values.resize(bytes.size() / sizeof(double));
      std::memcpy(array.values.data(), bytes.data(), bytes.size());
      arrays.push_back(std::move(array));
    }
  } catch (const Error& error) {
    std::string fact = error.fact();
    const std::size_t place = fact.find(kHostile);
    if (place != std::string::npos) {
      fact.replace(place, kHostile.size(), "write arrays of numbers or texts, plain or packed by gzip.");
    }
    throw Error(path, fact);
  }
  return arrays;
}

}  // namespace

std::vector<NamedArray> read_arrays_of(const std::string& path) {
  const std::shared_ptr<const std::string> content = read_input(path);
  const bool is_hdf5 = std::string_view(*content).substr(0, kSignature.size()) == kSignature;
  std::vector<NamedArray> arrays = is_hdf5 ? read_hdf5(path) : read_named_arrays(path);
  if (!arrays.empty()) return arrays;
  throw Error(path, "arrays of numbers were expected; there are none; write some.");
}

}  // namespace fovea::data
