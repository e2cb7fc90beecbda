#include "framework/core/text.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <vector>

#include "framework/core/error.h"
#include "framework/core/name.h"
#include "framework/core/named.h"
#include "framework/core/options.h"
#include "framework/core/rng.h"
#include "framework/core/shape.h"

using namespace fovea;

namespace {

/// A text of few characters, so that those with a meaning are many.
std::string random_text(Rng& rng) {
  static constexpr std::string_view kCharacters = "ab1 ,=()\"'\\|+*-.$`!\n\té";
  std::string text;
  for (Extent left = rng.below(8); left > 0; --left) {
    const auto place = static_cast<std::size_t>(rng.below(static_cast<Extent>(kCharacters.size()) - 1));
    text += place == kCharacters.size() - 2 ? std::string("é") : std::string(1, kCharacters[place]);
  }
  return text;
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string text;
  for (int c = fgetc(pipe.get()); c != EOF; c = fgetc(pipe.get())) text += static_cast<char>(c);
  return text;
}

}  // namespace

TEST_CASE("any text reads back from the call that it is printed in, however deep") {
  Rng rng({.seed = 7, .stream = stream_of("texts")});
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random_text(rng);
    std::string name = text;
    Extent number = 3;
    Options options;
    options.add("name", name, "any text");
    options.add("number", number, "any number");
    const std::string call = canonical("inner", options);
    CAPTURE(text);
    CAPTURE(call);
    name = "";
    apply(parse_call(call), options);
    CHECK(name == text);
    CHECK(canonical("inner", options) == call);
    // The same as the option of another call.
    std::string inner = call;
    Options outer;
    outer.add("inner", inner, "a call");
    const std::string whole = canonical("outer", outer);
    inner = "";
    apply(parse_call(whole), outer);
    CHECK(inner == call);
  }
}

TEST_CASE("any text is one word of a shell") {
  Rng rng({.seed = 8, .stream = stream_of("words")});
  std::string command = "printf '%s\\0'";
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    const std::string text = random_text(rng);
    command += " " + shell_word(text);
    expected += text + std::string(1, '\0');
  }
  CHECK(output_of(command) == expected);
}

TEST_CASE("separators within parentheses and quotes do not separate") {
  using Parts = std::vector<std::string_view>;
  CHECK(split_outside("a|b(c|d)|\"e|f\"", '|') == Parts{"a", "b(c|d)", "\"e|f\""});
  CHECK(split_outside("", '|') == Parts{""});
  CHECK(split_outside("\"a\\\"|\"|b", '|') == Parts{"\"a\\\"|\"", "b"});
  CHECK(after_parenthesis("x(a(b)\")\")y", 1) == 10);
  for (const char* text : {"a(", "a)", "\"a", "a(\")\"", "(()"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(split_outside(text, ','), Error);
  }
  const std::string deep = std::string(20000, '(') + std::string(20000, ')');
  CHECK_THROWS_WITH_AS(split_outside(deep, ','), doctest::Contains("at most 64 parentheses within each other"), Error);
}

TEST_CASE("a message is one line of UTF-8, whatever came") {
  CHECK(printable("a\nb\t\x1b[31m\x7f") == "a\\nb\\t\\x1b[31m\\x7f");
  CHECK(printable("caf\xe9") == "caf\\xe9");
  CHECK(printable("café ∑ 🙂") == "café ∑ 🙂");
  CHECK(printable("\xed\xa0\x80 \xc0\xaf") == "\\xed\\xa0\\x80 \\xc0\\xaf");  // half a pair, and a form that is too long
  CHECK(std::string(Error("a\nb", "c\x1b").what()) == "[a\\nb] c\\x1b");
  CHECK(in_quotes(std::string(5000, 'x')).size() < 300);
}

TEST_CASE("quotes are closed, and nothing follows them") {
  CHECK(option_value("plain") == "plain");
  CHECK(option_value("\"a,b\"") == "a,b");
  CHECK(option_value("\"\\\"\\\\\"") == "\"\\");
  CHECK_THROWS_WITH_AS(option_value("\"a"), doctest::Contains("close the quotes"), Error);
  CHECK_THROWS_WITH_AS(option_value("\"a\"b"), doctest::Contains("after the closing quote"), Error);
}

TEST_CASE("names that no file can hold are refused") {
  for (const std::string name : {"accuracy", "N=100", "qa 1", "é", "..."})
    CHECK_NOTHROW(expect_name("run", "of a metric", name));
  for (const std::string& name : {std::string(""), std::string("."), std::string(".."), std::string("a/b"),
                                  std::string("a\nb"), std::string("\xe9"), std::string(201, 'x'), std::string("a\0b", 3)}) {
    CAPTURE(name);
    CHECK_THROWS_WITH_AS(expect_name("run", "of a metric", name), doctest::Contains("rename it"), Error);
  }
  CHECK_NOTHROW(expect_path("model", "of a parameter", "decoder/pointer/keys"));
  for (const char* path : {"/a", "a/", "a//b", "a/../b", ""}) {
    CAPTURE(path);
    CHECK_THROWS_AS(expect_path("model", "of a parameter", path), Error);
  }
}

TEST_CASE("a name that is missing in a map says what there is and which line asked") {
  const Named<int> numbers{{"text", 1}, {"target", 2}};
  CHECK(numbers.at("text") == 1);
  CHECK_THROWS_WITH_AS(numbers.at("txt"), doctest::Contains("Did you mean 'text'?"), Error);
  CHECK_THROWS_WITH_AS(numbers.at("txt"), doctest::Contains("text_test.cpp:"), Error);
}

TEST_CASE("sizes whose product leaves the range are refused") {
  constexpr Extent kHuge = Extent{1} << 62U;
  CHECK_THROWS_WITH_AS((Shape{kHuge}), doctest::Contains("at most 2^46 elements"), Error);
  CHECK_THROWS_AS((Shape{kHuge, 4}), Error);
  CHECK_THROWS_AS((Shape{0, kHuge}), Error);
  CHECK_THROWS_AS((Shape{1 << 20, 1 << 20}).with(0, kHuge), Error);
  CHECK_THROWS_AS((Shape{1 << 20, 1 << 20}).inserted(0, 1 << 10), Error);
  CHECK_NOTHROW((Shape{1 << 20, 1 << 20}));
}

TEST_CASE("an exception of others becomes an error that says what was at work") {
  const auto caught = [](const auto& thrown) {
    try {
      throw thrown;
    } catch (...) {
      return std::string(caught_error("run 'main', step 3").what());
    }
  };
  CHECK(caught(Error("a", "b")) == "[a] b");
  CHECK(caught(std::runtime_error("no luck"))
            .find("[run 'main', step 3] no exception but fovea::Error was expected; 'no luck'") == 0);
  CHECK(caught(7).find("[run 'main', step 3]") == 0);
  CHECK(caught(std::bad_alloc()).find("enough memory") != std::string::npos);
}
