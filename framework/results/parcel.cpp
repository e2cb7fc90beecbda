#include "framework/results/parcel.h"

#include <system_error>

#include "framework/core/error.h"
#include "framework/results/apart.h"

namespace fovea {
namespace {

constexpr char kDone = 'd';
constexpr char kFailed = 'f';

}  // namespace

void Parcel::put_text(const std::string& text) {
  put(static_cast<std::int64_t>(text.size()));
  bytes_ += text;
}

void Parcel::put_shape(const std::vector<std::int64_t>& shape) {
  put(static_cast<std::int64_t>(shape.size()));
  for (const std::int64_t extent : shape) put(extent);
}

std::string Parcel::take_text() {
  const auto size = static_cast<std::size_t>(take<std::int64_t>());
  place_ += size;
  return bytes_.substr(place_ - size, size);
}

std::vector<std::int64_t> Parcel::take_shape() {
  std::vector<std::int64_t> shape(static_cast<std::size_t>(take<std::int64_t>()));
  for (std::int64_t& extent : shape) extent = take<std::int64_t>();
  return shape;
}

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
        return kFailed + caught_error("reading").fact();  // errors cross as text
      }
    });
  } catch (const Error& error) {
    throw Error(file.string(), error.fact());
  }
  if (text.front() == kFailed) throw Error(file.string(), text.substr(1));
  return Parcel(text.substr(1));
}

}  // namespace fovea
