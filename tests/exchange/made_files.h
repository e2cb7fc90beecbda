#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "framework/exchange/named_arrays.h"

// Files byte by byte, right or wrong, for tests of their readers.
namespace fovea::testing {

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
  return bytes;
}

inline std::string made_safetensors(std::string_view header, std::string_view values) {
  return bytes_of({static_cast<std::uint64_t>(header.size())}) + std::string(header) + std::string(values);
}

/// A .npy file of this version; the length of its header is what it is, unless another is given.
inline std::string made_npy(std::string_view header, std::string_view values, char major = 1, int length = -1) {
  const std::uint32_t size = length < 0 ? static_cast<std::uint32_t>(header.size()) : static_cast<std::uint32_t>(length);
  std::string bytes = "\x93NUMPY";
  bytes += major;
  bytes += '\0';
  bytes += bytes_of({size}).substr(0, major == 1 ? 2 : 4);
  return bytes + std::string(header) + std::string(values);
}

inline std::string made_npy(std::string_view descr, std::string_view shape, std::string_view values, bool is_fortran) {
  return made_npy("{'descr': '" + std::string(descr) + "', 'fortran_order': " + (is_fortran ? "True" : "False") +
                      ", 'shape': " + std::string(shape) + ", }\n",
                  values);
}

inline std::string deflated(std::string_view bytes) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// A member of a zip archive; everything that its headers say may be wrong.
struct ZipMember {
  ZipMember(std::string member_name, std::string content, bool is_deflated = false)
      : name(std::move(member_name)),
        local_name(name),
        data(is_deflated ? deflated(content) : content),
        method(is_deflated ? 8 : 0),
        crc(static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())))),
        packed(static_cast<std::uint32_t>(data.size())),
        size(static_cast<std::uint32_t>(content.size())) {}

  std::string name, local_name, data;
  std::uint16_t flags = 0;
  std::uint16_t method;
  std::uint32_t crc, packed, size;
  std::int64_t place = -1;  // of its header in the archive, where it is not written anew
};

inline std::string zip_header(const ZipMember& member, std::string_view name) {
  return bytes_of<std::uint16_t>({20, member.flags, member.method, 0, 33}) +
         bytes_of<std::uint32_t>({member.crc, member.packed, member.size}) +
         bytes_of<std::uint16_t>({static_cast<std::uint16_t>(name.size()), 0});
}

inline std::string local_part(const ZipMember& member) {
  return "PK\x03\x04" + zip_header(member, member.local_name) + member.local_name + member.data;
}

inline std::string made_zip(const std::vector<ZipMember>& members) {
  std::string bytes;
  std::string directory;
  for (const ZipMember& member : members) {
    const auto place = static_cast<std::uint32_t>(member.place < 0 ? static_cast<std::int64_t>(bytes.size()) : member.place);
    if (member.place < 0) bytes += local_part(member);
    directory += "PK\x01\x02" + bytes_of<std::uint16_t>({20}) + zip_header(member, member.name) +
                 bytes_of<std::uint16_t>({0, 0, 0}) + bytes_of<std::uint32_t>({0, place}) + member.name;
  }
  const auto count = static_cast<std::uint16_t>(members.size());
  const auto begin = static_cast<std::uint32_t>(bytes.size());
  return bytes + directory + "PK\x05\x06" + bytes_of<std::uint16_t>({0, 0, count, count}) +
         bytes_of<std::uint32_t>({static_cast<std::uint32_t>(directory.size()), begin}) + bytes_of<std::uint16_t>({0});
}

/// The same bits, NaN included.
inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

inline bool same(const NamedArray& a, const NamedArray& b) {
  return a.name == b.name && a.shape == b.shape && a.dtype == b.dtype && same_bits(a.values, b.values);
}

}  // namespace fovea::testing
