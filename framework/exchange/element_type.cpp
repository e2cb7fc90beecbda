#include "framework/exchange/element_type.h"

#include <fmt/format.h>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

static_assert(std::endian::native == std::endian::little);

template <class T>
T element(const char* bytes, std::size_t i) {
  T value{};
  std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
  return value;
}

template <class T>
void decode_numbers(const char* bytes, std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T value = element<T>(bytes, i);
    values[i] = static_cast<double>(value);
    if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
      constexpr auto kMost = static_cast<T>(std::int64_t{1} << 53U);
      const bool is_small = value <= kMost && (std::is_unsigned_v<T> || value >= T{0} - kMost);
      if (!is_small) {
        throw Error(fmt::format("whole numbers within 2^53 were expected; {} came; write them as a smaller type.", value));
      }
    }
  }
}

/// IEEE 754 binary16: value = (-1)^sign 2^(exponent - 25) (1024 + fraction), without the 1024 where the exponent is 0.
double half(std::uint16_t bits) {
  constexpr unsigned kOnes = 31;  // the exponent of infinity and NaN
  const unsigned exponent = (bits >> 10U) & kOnes;
  const unsigned fraction = bits & 1023U;
  double size = std::ldexp(fraction, -24);
  if (exponent == kOnes) {
    size = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else if (exponent > 0) {
    size = std::ldexp(1024U + fraction, static_cast<int>(exponent) - 25);
  }
  return std::copysign(size, (bits & 0x8000U) != 0 ? -1.0 : 1.0);
}

void decode_halves(const char* bytes, std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = half(element<std::uint16_t>(bytes, i));
}

/// The upper half of a float32.
void decode_bfloat16(const char* bytes, std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = std::bit_cast<float>(std::uint32_t{element<std::uint16_t>(bytes, i)} << 16U);
  }
}

void decode_flags(const char* bytes, std::vector<double>& values) {
  decode_numbers<std::uint8_t>(bytes, values);
  for (const double value : values) {
    if (value > 1) throw Error(fmt::format("0 or 1 was expected of a bool; {} came; check the file.", value));
  }
}

constexpr ElementType kFloat64 = {"float64", "F64", "f8", 8, decode_numbers<double>};
constexpr ElementType kFloat32 = {"float32", "F32", "f4", 4, decode_numbers<float>};
constexpr std::array kTypes = {
    kFloat64,
    kFloat32,
    ElementType{"float16", "F16", "f2", 2, decode_halves},
    ElementType{"bfloat16", "BF16", "", 2, decode_bfloat16},
    ElementType{"int64", "I64", "i8", 8, decode_numbers<std::int64_t>},
    ElementType{"int32", "I32", "i4", 4, decode_numbers<std::int32_t>},
    ElementType{"int16", "I16", "i2", 2, decode_numbers<std::int16_t>},
    ElementType{"int8", "I8", "i1", 1, decode_numbers<std::int8_t>},
    ElementType{"uint64", "U64", "u8", 8, decode_numbers<std::uint64_t>},
    ElementType{"uint32", "U32", "u4", 4, decode_numbers<std::uint32_t>},
    ElementType{"uint16", "U16", "u2", 2, decode_numbers<std::uint16_t>},
    ElementType{"uint8", "U8", "u1", 1, decode_numbers<std::uint8_t>},
    ElementType{"bool", "BOOL", "b1", 1, decode_flags},
};

template <class T>
void append_as(std::string& bytes, const std::vector<double>& values) {
  const std::size_t begin = bytes.size();
  bytes.resize(begin + values.size() * sizeof(T));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const T value = static_cast<T>(values[i]);
    std::memcpy(bytes.data() + begin + i * sizeof(T), &value, sizeof(T));
  }
}

}  // namespace

const ElementType* safetensors_type(std::string_view text) {
  for (const ElementType& type : kTypes) {
    if (type.safetensors == text) return &type;
  }
  return nullptr;
}

const ElementType* npy_type(std::string_view text) {
  for (const ElementType& type : kTypes) {
    if (!type.npy.empty() && type.npy == text) return &type;
  }
  return nullptr;
}

std::string safetensors_type_names() {
  std::string names;
  for (const ElementType& type : kTypes) names += (names.empty() ? "" : ", ") + std::string(type.safetensors);
  return names;
}

const ElementType& written_type(const NamedArray& array) {
  for (const ElementType* type : {&kFloat32, &kFloat64}) {
    if (type->name == array.dtype) return *type;
  }
  throw Error(array.name, "float32 or float64 was expected of an array that is written; " + in_quotes(array.dtype) +
                              " came; give it one of these types.");
}

void append_values(std::string& bytes, const NamedArray& array) {
  if (&written_type(array) == &kFloat32) {
    append_as<float>(bytes, array.values);
  } else {
    append_as<double>(bytes, array.values);
  }
}

std::optional<std::uint64_t> count_of(const std::vector<Extent>& shape, std::size_t element_bytes) {
  auto count = static_cast<Extent>(element_bytes);
  for (const Extent extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(count, extent, &count)) return std::nullopt;
  }
  return static_cast<std::uint64_t>(count);
}

}  // namespace fovea
