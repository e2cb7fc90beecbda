#include "framework/cpu/tiled_gemm.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "framework/core/rng.h"
#include "framework/cpu/parallel.h"

using namespace fovea;

namespace {

constexpr Extent kRows = 600;  // a tile and a part of one
constexpr Extent kInner = 128;

std::vector<Real> drawn(std::uint32_t stream, Extent size) {
  std::vector<Real> values(static_cast<std::size_t>(size));
  Rng rng({.seed = 3, .stream = stream});
  rng.fill_normal(values);
  return values;
}

struct Case {
  bool transpose_a;
  bool transpose_b;
  bool accumulate;
};

template <class Product>
std::vector<Real> product_of(const Case& of, int threads) {
  cpu::set_threads(threads);
  const Product product({.m = kRows,
                         .n = kInner,
                         .k = kInner,
                         .transpose_a = of.transpose_a,
                         .transpose_b = of.transpose_b,
                         .accumulate = of.accumulate});
  std::vector<Real> c = drawn(3, kRows * kInner);
  product(drawn(1, kRows * kInner).data(), drawn(2, kInner * kInner).data(), c.data());
  cpu::set_threads(0);
  return c;
}

}  // namespace

TEST_CASE("a product in tiles of rows is the product, with the same bits for any number of threads") {
  for (const Case& of :
       {Case{false, false, false}, Case{false, true, true}, Case{true, false, false}, Case{true, true, true}}) {
    CAPTURE(of.transpose_a);
    const std::vector<Real> expected = product_of<cpu::Gemm>(of, 1);
    const std::vector<Real> tiled = product_of<cpu::TiledGemm>(of, 1);
    double worst = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const double error = std::abs(static_cast<double>(tiled[i]) - static_cast<double>(expected[i]));
      if (!(error <= worst)) worst = error;
    }
    CHECK(worst < (sizeof(Real) == 8 ? 1e-12 : 2e-4));
    CHECK(product_of<cpu::TiledGemm>(of, 3) == tiled);
  }
}
