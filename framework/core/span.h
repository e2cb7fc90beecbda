#pragma once

#include <cstddef>
#include <span>

#include "framework/core/real.h"

namespace fovea {

/// A view of `size` elements, >= 0: extents are signed, and the sizes of std::span are not.
template <class T>
std::span<T> span_of(T* data, Extent size) {
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace fovea
