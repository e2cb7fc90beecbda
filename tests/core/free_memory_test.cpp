#include "framework/core/free_memory.h"

#include <doctest/doctest.h>

#include "framework/core/arena.h"
#include "framework/core/error.h"

using namespace fovea;

TEST_CASE("a block that is larger than what is free is refused before it is taken") {
  const std::size_t free = free_memory();
  CHECK(free > (std::size_t{1} << 20U));
  CHECK_NOTHROW(expect_memory(1000));
  CHECK_NOTHROW(expect_memory(free / 100));
  CHECK_THROWS_WITH_AS(expect_memory(free * 2), doctest::Contains("are free; use a smaller batch or model"), Error);
  CHECK_THROWS_WITH_AS(Arena(std::size_t{1} << 46U), doctest::Contains("are free"), Error);
}
