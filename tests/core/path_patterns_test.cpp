#include "framework/core/path_patterns.h"

#include <doctest/doctest.h>

#include <string>

#include "framework/core/error.h"
#include "framework/core/rng.h"

using namespace fovea;

namespace {

/// The definition, without regard to time.
bool fits_by_definition(std::string_view path, std::string_view pattern) {
  if (pattern.empty()) return path.empty();
  if (pattern[0] == '*') {
    for (std::size_t taken = 0; taken <= path.size(); ++taken) {
      if (fits_by_definition(path.substr(taken), pattern.substr(1))) return true;
    }
    return false;
  }
  return !path.empty() && (pattern[0] == '?' || pattern[0] == path[0]) &&
         fits_by_definition(path.substr(1), pattern.substr(1));
}

std::string random_text(Rng& rng, std::string_view letters) {
  std::string text;
  for (Extent left = rng.below(8); left > 0; --left) {
    text += letters[static_cast<std::size_t>(rng.below(static_cast<Extent>(letters.size())))];
  }
  return text;
}

}  // namespace

TEST_CASE("a pattern fits as its definition says") {
  Rng rng({.seed = 11});
  int fitting = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string path = random_text(rng, "ab/");
    const std::string pattern = random_text(rng, "ab/*?");
    const bool expected = fits_by_definition(path, pattern);
    fitting += expected ? 1 : 0;
    REQUIRE_MESSAGE(fits_pattern(path, pattern) == expected, path, " ", pattern);
  }
  CHECK(fitting > 500);
  CHECK(fits_pattern("encoder/lstm/weight_ih", "encoder/*"));
  CHECK_FALSE(fits_pattern("my_encoder/x", "encoder/*"));
}

TEST_CASE("patterns and numbers come as words") {
  const PathPatterns patterns("a/*  b");
  CHECK(patterns.match("a/x"));
  CHECK(patterns.match("b"));
  CHECK_FALSE(patterns.match("c"));
  CHECK(patterns.unmatched({"b", "c"}) == std::vector<std::string>{"a/*"});
  CHECK(PathPatterns(" ").is_empty());

  const PathNumbers numbers("*=0.5 a/*=0.25", "rates", 0, 1);
  CHECK(numbers.at("b") == 0.5);
  CHECK(numbers.at("a/x") == 0.25);
  CHECK(PathNumbers("", "rates", 0, 1).at("a") == 0);
  for (const char* text : {"a", "=1", "a=", "a=x", "a=2", "a=-1", "a=nan", "a=1x"}) {
    CHECK_THROWS_WITH_AS(PathNumbers(text, "rates", 0, 1), doctest::Contains("PATTERN=NUMBER"), Error);
  }
}
