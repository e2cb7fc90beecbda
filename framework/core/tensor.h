#pragma once

#include <cstddef>
#include <cstdint>

#include "framework/core/error.h"
#include "framework/core/shape.h"

namespace fovea {

enum class Kind : std::uint8_t { kReal, kIndex };

inline std::size_t bytes_of(Kind kind) { return kind == Kind::kReal ? sizeof(Real) : sizeof(Index); }

/// What a slot of a graph carries: the shape and the kind of its elements.
struct Type {
  Shape shape;
  Kind kind = Kind::kReal;

  std::size_t bytes() const { return static_cast<std::size_t>(shape.size()) * bytes_of(kind); }
  bool operator==(const Type& other) const = default;
};

/// A view: pointer, shape, kind; row-major and dense. Memory belongs to an arena, a batch or the parameter store.
struct Tensor {
  void* data = nullptr;
  Type type;

  const Shape& shape() const { return type.shape; }
  Extent size() const { return type.shape.size(); }
  std::size_t bytes() const { return type.bytes(); }
  Real* real() const {
    FOVEA_ASSERT(data == nullptr || type.kind == Kind::kReal);
    return static_cast<Real*>(data);
  }
  Index* index() const {
    FOVEA_ASSERT(data == nullptr || type.kind == Kind::kIndex);
    return static_cast<Index*>(data);
  }
  explicit operator bool() const { return data != nullptr; }
};

}  // namespace fovea
