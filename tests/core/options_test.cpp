#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/core/options.h"

using namespace fovea;

namespace {

struct Sample {
  Extent k = 8;
  double temperature = 1;
  bool is_masked = true;
  std::string order = "ascending";
  std::vector<Extent> lengths{5, 10};
  Options options;
  Sample() {
    options.add("k", k, "items kept, >= 1", {.low = 1});
    options.add("temperature", temperature, "divides the scores, > 0", {.low = 0});
    options.add("masked", is_masked, "used items are masked");
    options.add("order", order, "order of the output", {"ascending", "descending"});
    options.add("lengths", lengths, "items, >= 1", {.low = 1});
  }
};

}  // namespace

TEST_CASE("options take positional and named arguments and print themselves") {
  Sample s;
  apply(parse_call("top_k(3, temperature = 0.5, order=descending)"), s.options);
  CHECK(s.k == 3);
  CHECK(s.temperature == 0.5);
  CHECK(s.order == "descending");
  CHECK(canonical("top_k", s.options) == "top_k(k=3, temperature=0.5, masked=true, order=descending, lengths=\"5,10\")");
}

TEST_CASE("a text that an option prints sets it to the same value") {
  Sample s;
  s.options.set("temperature", "0.1");
  s.options.set("lengths", "1,2,3");
  Sample other;
  for (const auto& [name, text] : s.options.values()) other.options.set(name, text);
  CHECK(other.temperature == s.temperature);
  CHECK(other.lengths == s.lengths);
}

TEST_CASE("invalid values are refused with what was expected and what was given") {
  Sample s;
  CHECK_THROWS_WITH_AS(s.options.set("k", "0"), doctest::Contains("'k' is a whole number, >= 1; '0' came"), Error);
  CHECK_THROWS_WITH_AS(s.options.set("k", "three"), doctest::Contains("a whole number; 'three' came"), Error);
  CHECK_THROWS_WITH_AS(s.options.set("k", "1e99"), doctest::Contains("'1e99' came"), Error);
  CHECK_THROWS_WITH_AS(s.options.set("k", "99999999999999999999"), doctest::Contains("a whole number"), Error);
  CHECK_THROWS_WITH_AS(s.options.set("temperature", "nan"), doctest::Contains("a finite number"), Error);
  CHECK_THROWS_WITH_AS(s.options.set("masked", "maybe"), doctest::Contains("true or false"), Error);
  CHECK_THROWS_WITH_AS(s.options.set("order", "ascendin"), doctest::Contains("Did you mean 'ascending'?"), Error);
  CHECK_THROWS_WITH_AS(s.options.set("temperatur", "1"), doctest::Contains("Did you mean 'temperature'?"), Error);
  CHECK_THROWS_WITH_AS(s.options.set("lengths", "5,,6"), doctest::Contains("a list of whole numbers"), Error);
}

TEST_CASE("a malformed call is refused") {
  for (const char* text : {"", "top k", "top_k(8", "top_k(8))", "top_k(,)", "top_k(8,)", "1+1", "top_k)8("}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_call(text), Error);
  }
  Sample s;
  CHECK_THROWS_WITH_AS(apply(parse_call("x(1,1,true,ascending,5,9)"), s.options), doctest::Contains("takes 5 options"),
                       Error);
}

TEST_CASE("an option comes once, and after a named one only named ones") {
  const auto fault = [](const char* text) {
    Sample s;
    try {
      apply(parse_call(text), s.options);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const auto says = [&](const char* text, const char* part) { return fault(text).find(part) != std::string::npos; };
  CHECK(says("top_k(k=3, k=7)", "option 'k' was expected once; '3' and '7' came"));
  CHECK(says("top_k(3, k=7)", "option 'k' was expected once; '3' and '7' came"));
  CHECK(says("top_k(k=3, k=3)", "was expected once"));
  CHECK(says("top_k(k=3, 0.5)", "a name was expected after named options; '0.5' came"));
  CHECK(says("top_k(temperature=1,5)", "write a number with a decimal point, 1.5"));
  CHECK(says("top_k(=1)", "write the name of an option before '='"));
  CHECK(says("top_k(3, =1)", "write the name of an option before '='"));
  CHECK(says("top_k(two words=1)", "write the name of an option before '='"));
  CHECK(fault("top_k(3, temperature=0.5)").empty());
}

TEST_CASE("whole numbers are written without an exponent") {
  CHECK(number_text(100000) == "100000");
  CHECK(number_text(-9007199254740991) == "-9007199254740991");
  CHECK(number_text(1e16) == "1e+16");
  CHECK(number_text(0.5) == "0.5");
  CHECK(number_text(-0.0) == "-0");
  CHECK(number_text(1e-7) == "1e-07");
}

TEST_CASE("values that were set past the options are looked at again") {
  Sample s;
  CHECK_NOTHROW(s.options.check());
  s.k = 0;
  CHECK_THROWS_WITH_AS(s.options.check(), doctest::Contains("'k' is a whole number, >= 1; '0' came"), Error);
  Sample other;
  other.temperature = std::numeric_limits<double>::infinity();
  CHECK_THROWS_WITH_AS(other.options.check(), doctest::Contains("a finite number"), Error);
}

TEST_CASE("nested calls are one argument") {
  const Call call = parse_call("outer(inner(1, 2), b = f(x=3))");
  REQUIRE(call.arguments.size() == 2);
  CHECK(call.arguments[0].value == "inner(1, 2)");
  CHECK(call.arguments[1].name == "b");
  CHECK(call.arguments[1].value == "f(x=3)");
}
