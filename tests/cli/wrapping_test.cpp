#include <doctest/doctest.h>

#include <cstdlib>
#include <sstream>

#include "framework/cli/wrapping.h"

using namespace fovea;

TEST_CASE("a text is wrapped at words, later lines are indented, a long word has a line of its own") {
  CHECK(cli::wrapped("one two three", 7, 0) == "one two\nthree");
  CHECK(cli::wrapped("one two three", 8, 2) == "one two\n  three");
  CHECK(cli::wrapped("  keeps  blanks within", 16, 4) == "  keeps  blanks\n    within");
  CHECK(cli::wrapped("a incomprehensibilities b", 5, 0) == "a\nincomprehensibilities\nb");
  CHECK(cli::wrapped("one two three", cli::kAnyWidth, 0) == "one two three");
  CHECK(cli::wrapped("", 5, 2).empty());
  CHECK(cli::wrapped("\xc3\xa9\xc3\xa9\xc3\xa9 ab", 6, 0) == "\xc3\xa9\xc3\xa9\xc3\xa9 ab");  // three letters and two
}

TEST_CASE("the last column of a table is wrapped below itself") {
  const std::vector<std::vector<std::string>> rows = {{"a", "one two three four five"}, {"bcd", "six"}};
  CHECK(cli::wrapped_table(rows, 25) ==
        "a    one two three four\n"
        "     five\n"
        "bcd  six\n");
  CHECK(cli::wrapped_table(rows, cli::kAnyWidth) == "a    one two three four five\nbcd  six\n");
  CHECK(cli::wrapped_table({}, 10).empty());
}

TEST_CASE("a table that is too wide comes in parts, each with its keys") {
  const std::vector<std::vector<std::string>> rows = {{"run", "loss", "gain"}, {"main", "0.25", "1"}};
  CHECK(cli::table_in_parts(rows, {false, true, true}, 1, 16) == "run   loss  gain\nmain  0.25     1\n");
  CHECK(cli::table_in_parts(rows, {false, true, true}, 1, 15) ==
        "run   loss\n"
        "main  0.25\n"
        "\n"
        "run   gain\n"
        "main     1\n");
  CHECK(cli::table_in_parts({{"run"}, {"main"}}, {}, 1, 2) == "run\nmain\n");
}

TEST_CASE("a docstring is wrapped anew where a line was full; formulas and commands stay as they are") {
  const std::string full =
      "Solves    a line that was broken because the source had no more room for its last word, which is why it goes on "
      "further\n"
      "          below, in the same sentence.\n"
      "          y = a x,\n"
      "          z = b y.\n"
      "Command   fovea run something that_is=long and_that=would be_wrapped=if it_were=not a_command\n";
  REQUIRE(full.find('\n') == 119);  // with "below," it would have more than 125 columns
  CHECK(cli::wrapped_doc(full, 60) ==
        "Solves    a line that was broken because the source had no\n"
        "          more room for its last word, which is why it goes\n"
        "          on further below, in the same sentence.\n"
        "          y = a x,\n"
        "          z = b y.\n"
        "Command   fovea run something that_is=long and_that=would be_wrapped=if it_were=not a_command\n");
  CHECK(cli::wrapped_doc(full, 125) == full);
  CHECK(cli::wrapped_doc("", 40).empty());
  CHECK(cli::first_line("\nOne line.\n\nMore") == "One line.");
}

TEST_CASE("the width of what is no terminal is what COLUMNS says, else any") {
  std::ostringstream out;
  ::unsetenv("COLUMNS");
  CHECK(cli::width_for(out) == cli::kAnyWidth);
  ::setenv("COLUMNS", "66", 1);
  CHECK(cli::width_for(out) == 66);
  ::setenv("COLUMNS", "wide", 1);
  CHECK(cli::width_for(out) == cli::kAnyWidth);
  ::unsetenv("COLUMNS");
}
