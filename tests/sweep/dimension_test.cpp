#include "framework/sweep/dimension.h"

#include <doctest/doctest.h>

#include <charconv>
#include <cmath>

#include "framework/core/error.h"
#include "framework/core/rng.h"

using namespace fovea;

namespace {

using Texts = std::vector<std::string>;

/// The values of a dimension of one key.
Texts values_of(const char* setting) {
  const auto dimension = parse_dimension(setting);
  REQUIRE(dimension);
  REQUIRE(dimension->count());
  Texts texts;
  for (Extent i = 0; i < *dimension->count(); ++i) texts.push_back(dimension->value(i).at(0));
  return texts;
}

double number_of(const std::string& text) {
  double value = NAN;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

TEST_CASE("the alternatives of a choice are texts of settings") {
  CHECK(values_of("pointer=choice(bilinear, additive)") == Texts{"bilinear", "additive"});
  CHECK(values_of("k=choice(top_k(k=1, x=2), argmax)") == Texts{"top_k(k=1, x=2)", "argmax"});
  CHECK(values_of("k=choice(\"a, b\", c)") == Texts{"\"a, b\"", "c"});
  CHECK(values_of("lengths=choice(5,10; 15)") == Texts{"5,10", "15"});
  CHECK(values_of("site=choice(dot | dense | softmax | none; dot | window(1, 0) | argmax | none)") ==
        Texts{"dot | dense | softmax | none", "dot | window(1, 0) | argmax | none"});
  CHECK(values_of(" k = choice( 1 ) ") == Texts{"1"});
}

TEST_CASE("whole numbers are written without exponents, whatever their size") {
  CHECK(values_of("n=range(1, 7, 3)") == Texts{"1", "4", "7"});
  CHECK(values_of("n=range(1, 6, 3)") == Texts{"1", "4"});
  CHECK(values_of("n=range(1000000, 3000000, 1000000)") == Texts{"1000000", "2000000", "3000000"});
  CHECK(values_of("n=range(9007199254740993, 9007199254740993, 1)") == Texts{"9007199254740993"});
  CHECK(values_of("n=log_range(1, 1000000, 4)") == Texts{"1", "100", "10000", "1000000"});
  CHECK(values_of("n=integers(-1, 1)") == Texts{"-1", "0", "1"});
}

TEST_CASE("reals of a range are short and read back as themselves") {
  CHECK(values_of("x=range(0.1, 0.4, 0.1)") == Texts{"0.1", "0.2", "0.3", "0.4"});  // 0.1 + 2 * 0.1 is not 0.3
  CHECK(values_of("x=range(0, 1, 0.25)") == Texts{"0", "0.25", "0.5", "0.75", "1"});
  CHECK(values_of("x=log_range(1e-4, 1e-2, 3)") == Texts{"1e-04", "0.001", "0.01"});
  CHECK(values_of("x=log_range(16, 256, 5)") == Texts{"16", "32", "64", "128", "256"});
}

TEST_CASE("draws lie within their interval, evenly in the logarithm where that is asked for") {
  Extent below = 0;
  const auto rate = parse_dimension("x=log_uniform(1e-4, 1e-2)");
  const auto share = parse_dimension("x=uniform(-0.5, 0.5)");
  for (std::uint32_t i = 0; i < 2000; ++i) {
    Rng random({.seed = 1, .step = i});
    const double x = number_of(rate->draw(random).at(0));
    const double y = number_of(share->draw(random).at(0));
    CHECK((x >= 1e-4 && x <= 1e-2));
    CHECK((y >= -0.5 && y <= 0.5));
    below += x < 1e-3 ? 1 : 0;
  }
  CHECK(std::abs(static_cast<double>(below) - 1000) < 4 * std::sqrt(500.0));  // 4 deviations of a fair coin
  CHECK_FALSE(rate->count());
}

TEST_CASE("keys that go together take a value each") {
  const auto zip = parse_dimension("zip(width, heads)=choice(64 1, 128 2)");
  REQUIRE(zip);
  CHECK(zip->keys() == Texts{"width", "heads"});
  CHECK(zip->value(1) == Texts{"128", "2"});
  CHECK(zip->call() == "zip(width, heads)=choice(64 1, 128 2)");
  const auto quoted = parse_dimension("zip(a, b)=choice(\"x y\" top_k(2, 3); z w)");
  REQUIRE(quoted);
  CHECK(quoted->value(0) == Texts{"\"x y\"", "top_k(2, 3)"});
}

TEST_CASE("anything else is a fixed value") {
  for (const char* setting : {"steps=200", "site=dot | dense | softmax | none", "schedule=warmup(100) * cosine(to=0.1)",
                              "from=\"choice(a, b)\"", "x=", "lengths=5,10,15", "optimizer=adam(beta1=0.9)"}) {
    CAPTURE(setting);
    CHECK_FALSE(parse_dimension(setting));
  }
}

TEST_CASE("what cannot be meant is refused in one line that names the key") {
  for (const char* setting : {"x=choice()",
                              "x=choice(a, )",
                              "x=choice(a; ; b)",
                              "x=choice(a, a)",
                              "x=choice(a, b) * 2",
                              "x=choice(a, b",
                              "x=choice(\"a, b)",
                              "x=range(1, 2)",
                              "x=range(2, 1, 1)",
                              "x=range(1, 2, 0)",
                              "x=range(1, 2, -1)",
                              "x=range(a, 2, 1)",
                              "x=range(0, 1, 1e-9)",
                              "x=log_range(0, 1, 3)",
                              "x=log_range(1, 2, 1)",
                              "x=log_range(1, 2, 2.5)",
                              "x=uniform(1, 1)",
                              "x=uniform(0, inf)",
                              "x=uniform(0, nan)",
                              "x=log_uniform(-1, 1)",
                              "x=integers(2, 1)",
                              "x=integers(1, 1.5)",
                              "x=integers(0, 99999999999999999999)",
                              "x=integers()",
                              "zip(a)=choice(1, 2)",
                              "zip(a, a)=choice(1 2)",
                              "zip(a, b)=choice(1 2, 3)",
                              "zip(a, b)=range(1, 2, 1)",
                              "zip(a, b)=3",
                              "zip(a, )=choice(1 2)",
                              "word",
                              "=choice(a)"}) {
    CAPTURE(setting);
    try {
      (void)parse_dimension(setting);
      FAIL_CHECK("it must be refused");
    } catch (const Error& error) {
      const std::string text = error.what();
      CAPTURE(text);
      CHECK(text.find('\n') == std::string::npos);
      CHECK(text.find("expected") != std::string::npos);
      CHECK(text.front() == '[');
      CHECK(text.back() == '.');
    }
  }
}
