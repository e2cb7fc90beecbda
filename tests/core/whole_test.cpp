#include "framework/core/whole.h"

#include <doctest/doctest.h>

#include <cmath>

namespace fovea {

TEST_CASE("sums and products of whole numbers stop at the ends of their range") {
  CHECK(capped_sum(3, 4) == 7);
  CHECK(capped_sum(kLargestWhole, 1) == kLargestWhole);
  CHECK(capped_sum(kSmallestWhole, -1) == kSmallestWhole);
  CHECK(capped_sum(kLargestWhole, kSmallestWhole) == -1);
  CHECK(capped_product(-3, 4) == -12);
  CHECK(capped_product(kLargestWhole, 2) == kLargestWhole);
  CHECK(capped_product(kLargestWhole, -2) == kSmallestWhole);
  CHECK(capped_product(kSmallestWhole, kSmallestWhole) == kLargestWhole);
  CHECK(capped_product(kSmallestWhole, 0) == 0);
}

TEST_CASE("parts of a whole number are counted without a sum that could run over") {
  CHECK(parts_of(0, 4) == 0);
  CHECK(parts_of(8, 4) == 2);
  CHECK(parts_of(9, 4) == 3);
  CHECK(parts_of(kLargestWhole, kLargestWhole) == 1);
  CHECK(parts_of(1, kLargestWhole) == 1);
}

TEST_CASE("the nearest whole number of what lies outside of their range is an end of it") {
  CHECK(nearest_whole(2.5) == 3);
  CHECK(nearest_whole(-2.4) == -2);
  CHECK(nearest_whole(1e19) == kLargestWhole);
  CHECK(nearest_whole(-1e300) == kSmallestWhole);
  CHECK(nearest_whole(9223372036854775807.0) == kLargestWhole);
  CHECK(nearest_whole(std::nan("")) == 0);
}

}  // namespace fovea
