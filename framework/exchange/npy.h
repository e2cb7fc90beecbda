#pragma once

#include <string>
#include <string_view>

#include "framework/exchange/named_arrays.h"

// One array in NumPy's format, versions 1 to 3 (numpy/lib/format.py): a signature, the version, the length of the header,
// the header as a dictionary of Python with 'descr', 'fortran_order' and 'shape', then the values.
namespace fovea {

/// The array in the bytes of a .npy file; its values come out row-major in either order.
///
/// Errors    facts without the path: truncated, or with bytes too many; a header with anything else than its three entries;
///           big endian, records, objects, texts and complex numbers; more than 32 axes.
NamedArray read_npy(std::string_view bytes, std::string name);

/// The bytes of a .npy file, version 1, row-major, of an array in float32 or float64. The values begin at a multiple of 64
/// bytes.
std::string npy_bytes(const NamedArray& array);

}  // namespace fovea
