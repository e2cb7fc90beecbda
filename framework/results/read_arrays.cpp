#include "framework/results/read_arrays.h"

#include <fmt/format.h>
#include <cstring>
#include <functional>
#include <system_error>
#include <utility>

#include "framework/core/error.h"
#include "framework/results/apart.h"
#include "framework/results/hdf5_read.h"

namespace fovea {
namespace {

constexpr std::int64_t kMostNumbers = std::int64_t{1} << 25;
constexpr char kDone = 'd';
constexpr char kFailed = 'f';

/// Numbers and texts on their way from the child: eight bytes each, texts after their length.
class Parcel {
 public:
  explicit Parcel(std::string bytes = "") : bytes_(std::move(bytes)) {}
  const std::string& bytes() const { return bytes_; }

  template <class T>
  void put(T value) {
    static_assert(sizeof(T) == 8);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void put_text(const std::string& text) {
    put(static_cast<std::int64_t>(text.size()));
    bytes_ += text;
  }
  bool is_at_end() const { return place_ == bytes_.size(); }
  template <class T>
  T take() {
    T value{};
    std::memcpy(&value, bytes_.data() + place_, sizeof value);
    place_ += sizeof value;
    return value;
  }
  std::string take_text() {
    const auto size = static_cast<std::size_t>(take<std::int64_t>());
    place_ += size;
    return bytes_.substr(place_ - size, size);
  }

 private:
  std::string bytes_;
  std::size_t place_ = 0;
};

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

void put_shape(Parcel& parcel, const TreeLine& line) {
  parcel.put(static_cast<std::int64_t>(line.shape.size()));
  for (const std::int64_t extent : line.shape) parcel.put(extent);
}

std::vector<std::int64_t> take_shape(Parcel& parcel) {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(parcel.take<std::int64_t>()));
  for (std::int64_t& extent : shape) extent = parcel.take<std::int64_t>();
  return shape;
}

/// What `work` puts in, in the child; its errors cross as text.
Parcel parcel_apart(const std::filesystem::path& file, const std::function<void(const hdf5::Reader&, Parcel&)>& work) {
  std::error_code none;
  const std::uintmax_t bytes = std::filesystem::file_size(file, none);
  std::string text;
  try {
    text = run_apart(reading_limit(none ? 0 : bytes), [&] {
      try {
        const hdf5::Session session;
        Parcel parcel;
        work(hdf5::Reader(file), parcel);
        return kDone + parcel.bytes();
      } catch (...) {
        return kFailed + caught_error("reading").fact();
      }
    });
  } catch (const Error& error) {
    throw Error(file.string(), error.fact());
  }
  if (text.front() == kFailed) throw Error(file.string(), text.substr(1));
  return Parcel(text.substr(1));
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
      put_shape(out, reader.line(path));
      const std::vector<double> values = reader.reals(path);
      out.put(static_cast<std::int64_t>(values.size()));
      for (const double value : values) out.put(value);
    }
  });
  std::map<std::string, NumberArray> arrays;
  while (!parcel.is_at_end()) {
    NumberArray& array = arrays[parcel.take_text()];
    array.shape = take_shape(parcel);
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
      put_shape(out, line);
    }
  });
  std::map<std::string, std::vector<std::int64_t>> shapes;
  while (!parcel.is_at_end()) {
    std::string name = parcel.take_text();
    shapes[name] = take_shape(parcel);
  }
  return shapes;
}

}  // namespace fovea
