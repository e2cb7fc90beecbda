#include "framework/results/json.h"

#include <doctest/doctest.h>

#include "framework/core/error.h"

using namespace fovea;

TEST_CASE("json_text writes a tree in order, each level two spaces deeper") {
  const Json tree = Json::Object{{"name", "probe \"x\""},
                                 {"empty", Json::Array{}},
                                 {"rows", 12},
                                 {"list", Json::Array{true, nullptr, 0.001, Json::Object{{"b", 1}, {"a", -2}}}}};
  CHECK(json_text(tree) ==
        "{\n"
        "  \"name\": \"probe \\\"x\\\"\",\n"
        "  \"empty\": [],\n"
        "  \"rows\": 12,\n"
        "  \"list\": [\n"
        "    true,\n"
        "    null,\n"
        "    0.001,\n"
        "    {\n"
        "      \"b\": 1,\n"
        "      \"a\": -2\n"
        "    }\n"
        "  ]\n"
        "}");
}

TEST_CASE("what json_text wrote is read back, and written again byte for byte") {
  const Json tree = Json::Object{{"largest", std::uint64_t{18446744073709551615U}},
                                 {"smallest", std::int64_t{-9223372036854775807}},
                                 {"whole", 3.0},
                                 {"count", 12},
                                 {"tiny", 5e-324},
                                 {"third", 1.0 / 3},
                                 {"text", "t\u00e9\n\t"},
                                 {"flag", false},
                                 {"nested", Json::Array{Json::Array{}, Json::Object{}}}};
  const std::string text = json_text(tree);
  const std::optional<Json> read = parse_json(text);
  REQUIRE(read.has_value());
  CHECK(json_text(*read) == text);
  CHECK(*read == tree);
  CHECK(read->as<Json::Object>()[2].second.is<double>());  // "3.0"
}

TEST_CASE("numbers keep their form: integers stay integers, real numbers stay real") {
  CHECK(parse_json("7")->as<std::int64_t>() == 7);
  CHECK(parse_json("18446744073709551615")->as<std::uint64_t>() == 18446744073709551615U);
  CHECK(parse_json("-7")->as<std::int64_t>() == -7);
  CHECK(parse_json("7.0")->as<double>() == 7);
  CHECK(parse_json("1e3")->as<double>() == 1000);
  CHECK(json_text(*parse_json("1e-3")) == "0.001");
  CHECK(json_text(*parse_json("-0.0")) == "-0.0");
}

TEST_CASE("a text that is not JSON is refused with the reason") {
  for (const std::string text : {"", "adam(beta1=0.9)", "{\"a\": 1,}", "[1, 2", "1 2", "inf", "nan", "1e999", "\"\xff\""}) {
    CAPTURE(text);
    std::string problem;
    CHECK_FALSE(parse_json(text, &problem).has_value());
    CHECK_FALSE(problem.empty());
    CHECK_FALSE(parse_json(text).has_value());
  }
}

TEST_CASE("a text of many levels is refused before it fills the stack") {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(parse_json(nested(150)).has_value());
  std::string problem;
  CHECK_FALSE(parse_json(nested(1'000'000), &problem).has_value());
  CHECK(problem.find("too many levels") != std::string::npos);
}

TEST_CASE("a text that is not UTF-8 cannot be written") {
  CHECK_THROWS_WITH_AS(json_text(Json("\xff")), doctest::Contains("not UTF-8"), Error);
}
