#include "framework/cli/arguments.h"

#include <doctest/doctest.h>

#include <sstream>

#include "framework/cli/command.h"

using namespace fovea;

namespace {

struct Arguments {
  std::string name;
  std::vector<std::string> rest;
  std::string file = "none";
  std::vector<std::string> parts;
  Extent count = 3;
  bool is_loud = false;
  bool is_inner = false;

  void fields(cli::ArgumentList& list) {
    list.word("name", name, "what it is about");
    list.words("rest", rest, "anything more");
    list.option("-o", file, "file to write");
    list.repeated("--part", parts, "may be repeated");
    list.option("--count", count, "items, >= 1", {1, 10});
    list.flag("--loud", is_loud, "say more");
    list.hidden_flag("--inner", is_inner, "for another program");
  }
};

constexpr cli::Command kProbe = {"probe", "try the list", "  fovea probe x\n", nullptr};

// Empty where the words are parsed, else the error.
std::string error_of(const std::vector<std::string>& words) {
  Arguments arguments;
  cli::ArgumentList list;
  arguments.fields(list);
  std::ostringstream out;
  try {
    cli::parse(kProbe, list, words, out);
  } catch (const cli::UsageError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every form of argument arrives where the list says; arguments that are not given keep their values") {
  Arguments arguments;
  cli::ArgumentList list;
  arguments.fields(list);
  std::ostringstream out;
  const std::vector<std::string> words = {"--part", "a=1", "first", "x=2", "--loud", "y=3", "--part", "b", "--count=10"};
  REQUIRE(cli::parse(kProbe, list, words, out));
  CHECK(arguments.name == "first");  // not a second value of --part
  CHECK(arguments.rest == std::vector<std::string>{"x=2", "y=3"});
  CHECK(arguments.file == "none");
  CHECK(arguments.parts == std::vector<std::string>{"a=1", "b"});
  CHECK(arguments.count == 10);
  CHECK(arguments.is_loud);
  CHECK_FALSE(arguments.is_inner);
  CHECK(out.str().empty());
}

TEST_CASE("help shows every argument except the hidden ones, in the order of the list") {
  Arguments arguments;
  cli::ArgumentList list;
  arguments.fields(list);
  std::ostringstream out;
  CHECK_FALSE(cli::parse(kProbe, list, std::vector<std::string>{"--help"}, out));
  std::size_t last = 0;
  for (const std::string part : {"try the list", "fovea probe", "what it is about", "anything more", "file to write",
                                 "may be repeated", "[1 - 10]", "items, >= 1", "say more", "Examples:\n  fovea probe x\n"}) {
    CAPTURE(part);
    const std::size_t found = out.str().find(part, last);
    CHECK(found != std::string::npos);
    last = std::min(found, out.str().size());
  }
  CHECK_FALSE(contains(out.str(), "--inner"));
}

TEST_CASE("a wrong command line is an error at the command, with the nearest option") {
  CHECK(error_of({"x", "--inner"}).empty());
  CHECK(contains(error_of({"x", "--cuont=3"}), "[fovea probe] no '--cuont'"));
  CHECK(contains(error_of({"x", "--cuont=3"}), "Did you mean '--count'?"));
  CHECK(contains(error_of({"x", "--count", "11"}), "--count"));
  CHECK(contains(error_of({"x", "--count", "0"}), "--count"));
  CHECK(contains(error_of({"x", "--count", "many"}), "--count"));
  CHECK(contains(error_of({"x", "--count"}), "--count"));
  CHECK(contains(error_of({"x", "-o"}), "-o"));
  CHECK(contains(error_of({}), "name is required"));
  CHECK(contains(error_of({"x", "-p"}), "no '-p'"));
}
