#include <doctest/doctest.h>

#include <type_traits>

#include "framework/task.h"

namespace {

using fovea::Batch;
using fovea::Kind;
using fovea::Shape;
using fovea::Tensor;

}  // namespace

TEST_CASE("a batch cannot be copied") {
  CHECK_FALSE(std::is_copy_constructible_v<Batch>);
  CHECK_FALSE(std::is_copy_assignable_v<Batch>);
}

TEST_CASE("a batch that is moved takes its tensors along") {
  Batch first(3);
  const Tensor made = first.make("items", {Shape{3, 2}, Kind::kReal});
  made.real()[5] = 7;
  Batch moved(std::move(first));
  CHECK(moved.at("items").real() == made.real());
  Batch assigned;
  assigned = std::move(moved);
  CHECK(assigned.rows() == 3);
  CHECK(assigned.at("items").real()[5] == 7);
}
