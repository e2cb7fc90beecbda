#include "framework/report/packed_array.h"

#include <zlib.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "framework/core/error.h"

namespace fovea {
namespace {

static_assert(std::endian::native == std::endian::little);

/// Raw deflate: neither header nor checksum, which a page has no use for.
std::vector<std::uint8_t> deflated(std::span<const std::uint8_t> bytes) {
  constexpr int kRaw = -15;
  constexpr int kMemory = 9;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw Error("zlib", "expected memory to pack an array; there is none; end other processes and try again.");
  }
  std::vector<std::uint8_t> packed(deflateBound(&stream, bytes.size()));
  stream.next_in = const_cast<std::uint8_t*>(bytes.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast): it only reads
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  const int end = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (end != Z_STREAM_END) throw Error("zlib", "expected to pack an array in the room that zlib asked for; it did not fit.");
  return packed;
}

Json packed(const char* type, std::span<const std::uint8_t> bytes, const std::vector<std::int64_t>& shape) {
  Json::Array extents;
  for (const std::int64_t extent : shape) extents.emplace_back(extent);
  return Json::Object{{"type", type}, {"shape", std::move(extents)}, {"deflate", base64_text(deflated(bytes))}};
}

template <class T>
std::span<const std::uint8_t> bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

}  // namespace

Json packed_array(std::span<const std::uint8_t> values, const std::vector<std::int64_t>& shape) {
  return packed("u8", values, shape);
}

Json packed_array(std::span<const std::int32_t> values, const std::vector<std::int64_t>& shape) {
  return packed("i32", bytes_of(values), shape);
}

Json packed_array(std::span<const float> values, const std::vector<std::int64_t>& shape) {
  return packed("f32", bytes_of(values), shape);
}

std::size_t packed_size(const Json& packed) { return packed.as<Json::Object>().back().second.as<std::string>().size(); }

std::string base64_text(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8U | (k < left ? bytes[i + k] : 0U);
    for (std::size_t k = 0; k < 4; ++k) text += k <= left ? kDigits[group >> (18U - 6U * k) & 63U] : '=';
  }
  return text;
}

}  // namespace fovea
