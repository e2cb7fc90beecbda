#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "framework/exchange/named_arrays.h"

namespace fovea {

/// A type of elements in files, and what the formats call it.
struct ElementType {
  std::string_view name;         // "float32"
  std::string_view safetensors;  // "F32"
  std::string_view npy;          // "f4"; empty: NumPy has none
  std::size_t bytes;             // of an element
  /// Reads elements, little endian, as many as `values` has room for.
  /// Errors    a whole number beyond 2^53; a bool that is neither 0 nor 1.
  void (*decode)(const char* bytes, std::vector<double>& values);
};

/// The type that a format calls so; null where there is none.
const ElementType* safetensors_type(std::string_view text);
const ElementType* npy_type(std::string_view text);
/// "F64, F32, ..."
std::string safetensors_type_names();

/// The type that an array is written in: float32 or float64, whichever its dtype says.
/// Errors    another dtype.
const ElementType& written_type(const NamedArray& array);
/// Appends the values of an array in that type.
void append_values(std::string& bytes, const NamedArray& array);

/// How many elements a shape has, and how many bytes; nothing where that is more than 2^63 - 1.
std::optional<std::uint64_t> count_of(const std::vector<Extent>& shape, std::size_t element_bytes = 1);

}  // namespace fovea
