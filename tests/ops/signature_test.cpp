#include "framework/ops/signature.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"

namespace fovea {
namespace {

using Types = std::vector<Type>;

Type index(const Shape& shape) { return {shape, Kind::kIndex}; }

}  // namespace

TEST_CASE("a letter of a signature is one extent wherever it occurs") {
  const Types in{{{2, 3, 4}}, {{2, 5, 4}}, index({2, 5})};
  const Signature types("match", in, {"queries [B, M, D]", "keys [B, N, D]", "mask Index [B, N]"});
  CHECK(types["B"] == 2);
  CHECK(types["N"] == 5);
  CHECK(types.type("[B, M, N]") == Type{{2, 3, 5}});
  CHECK(types.type("Index [M, 7]") == index({3, 7}));
  const Types other{{{2, 3, 4}}, {{2, 5, 6}}, index({2, 5})};
  CHECK_THROWS_WITH_AS(Signature("match", other, {"queries [B, M, D]", "keys [B, N, D]", "mask Index [B, N]"}),
                       "[match] queries [2, 3, 4], keys [2, 5, 6] and mask [2, 5] do not fit; give queries [B, M, D], keys "
                       "[B, N, D] and mask Index [B, N].",
                       Error);
}

TEST_CASE("numbers, ranks and kinds of a signature are enforced") {
  const auto fits = [](const Type& type, const char* text) {
    try {
      Signature("op", std::span(&type, 1), {text});
    } catch (const Error&) {
      return false;
    }
    return true;
  };
  CHECK(fits({{1, 3}}, "x [1, D]"));
  CHECK_FALSE(fits({{2, 3}}, "x [1, D]"));
  CHECK(fits({{3, 3}}, "x [N, N]"));
  CHECK_FALSE(fits({{3, 4}}, "x [N, N]"));
  CHECK_FALSE(fits({{3}}, "x [N, D]"));
  CHECK_FALSE(fits({{3, 4, 5}}, "x [N, D]"));
  CHECK_FALSE(fits(index({3}), "x [N]"));
  CHECK_FALSE(fits({{3}}, "x Index [N]"));
  CHECK(fits(index({3}), "x any [N]"));
  CHECK(fits({{3}}, "how many [N]"));
  CHECK(fits({}, "x [...]"));
  CHECK_FALSE(fits({}, "x [..., D]"));
  CHECK(fits({{2, 9, 9}}, "x [B, ...]"));
  CHECK_FALSE(fits({}, "x [B, ...]"));
  CHECK(fits({{5}}, "x [2 R + 1]"));
}

TEST_CASE("leading axes of a signature are the same everywhere") {
  const Types in{{{2, 3, 4}}, index({2, 3, 6})};
  const Signature types("pick", in, {"x [..., D]", "kept Index [..., K]"});
  CHECK(types.type("[..., K]") == Type{{2, 3, 6}});
  CHECK(types.type("Index [...]") == index({2, 3}));
  const Types other{{{2, 3, 4}}, index({3, 6})};
  CHECK_THROWS_AS(Signature("pick", other, {"x [..., D]", "kept Index [..., K]"}), Error);
}

TEST_CASE("only inputs of a signature with a question mark may be missing") {
  const Types two{{{4}}, {{4}}};
  const std::span<const Type> in(two);
  CHECK_NOTHROW(Signature("op", in.first(1), {"x [N]", "bias? [N]"}));
  CHECK_NOTHROW(Signature("op", in, {"x [N]", "bias? [N]"}));
  CHECK_THROWS_WITH_AS(Signature("op", in.first(1), {"x [N]", "bias [N]"}), "[op] 2 inputs were expected; 1 came.", Error);
  CHECK_THROWS_WITH_AS(Signature("op", in, {"x [N]"}), "[op] 1 inputs were expected; 2 came.", Error);
  const Signature types("op", in.first(1), {"x [N]", "bias? [N]"});
  CHECK_NOTHROW(types.require(true));
  CHECK_THROWS_WITH_AS(types.require(false), "[op] x [4] does not fit; give x [N].", Error);
}

}  // namespace fovea
