#include "framework/sweep/definition.h"

#include <doctest/doctest.h>

#include <fstream>

#include "framework/core/error.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

Definition sample(const std::string& values = "choice(1, 2)", const std::string& search = "grid") {
  Definition definition;
  definition.version = "0.1.0";
  definition.experiment = "sort_by_pointing";
  definition.runs = {"main"};
  definition.dimensions = {"a=" + values};
  definition.fixed = {"steps=6", "site=\"a, b\""};
  definition.search = parse_search(search);
  definition.seeds = 2;
  definition.points = points_of(definition.search, std::vector<Dimension>{*parse_dimension("a=" + values)});
  return definition;
}

std::string refusal(const Definition& there, const Definition& here) {
  try {
    (void)extended(there, here);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a definition is read back as it was written") {
  const Definition definition = sample();
  const Definition back = definition_of(json_of(definition), "here");
  CHECK(json_text(json_of(back)) == json_text(json_of(definition)));
  CHECK(back.points == definition.points);
  CHECK(differences(definition, back).empty());
}

TEST_CASE("the first definition of a folder holds, and another one is refused with the difference") {
  const ScratchDirectory scratch;
  const auto folder = scratch.path() / "sweeps" / "one";
  CHECK(settled(sample(), folder, Extension::kRefused).points.size() == 2);
  Definition newer = sample();
  newer.version = "9.9.9";
  std::swap(newer.fixed[0], newer.fixed[1]);  // their order says nothing
  CHECK(settled(newer, folder, Extension::kRefused).version == "0.1.0");
  Definition other = sample();
  other.fixed[0] = "steps=7";
  try {
    (void)settled(other, folder, Extension::kRefused);
    FAIL_CHECK("it must be refused");
  } catch (const Error& error) {
    const std::string text = error.what();
    CHECK(text.find("steps=6") != std::string::npos);
    CHECK(text.find("steps=7") != std::string::npos);
    CHECK(text.find("--extend") != std::string::npos);
  }
}

TEST_CASE("an extension keeps the numbers of the points that were there") {
  const ScratchDirectory scratch;
  (void)settled(sample("choice(2, 3)"), scratch.path(), Extension::kRefused);
  Definition more = sample("choice(1, 2, 3)");
  more.seeds = 3;
  CHECK_THROWS_AS(settled(more, scratch.path(), Extension::kRefused), Error);
  const Definition all = settled(more, scratch.path(), Extension::kAllowed);
  CHECK(all.points == std::vector<Point>{{{"a", "2"}}, {{"a", "3"}}, {{"a", "1"}}});
  CHECK(all.seeds == 3);
  // From then on it is the definition.
  CHECK(settled(more, scratch.path(), Extension::kRefused).points == all.points);
  CHECK_THROWS_AS(settled(sample("choice(2, 3)"), scratch.path(), Extension::kRefused), Error);
}

TEST_CASE("an extension takes more, and nothing else") {
  CHECK(refusal(sample(), sample("choice(1, 2, 3)")).empty());
  CHECK(refusal(sample("integers(1, 9)", "random(3)"), sample("integers(1, 9)", "random(5)")).empty());
  CHECK_FALSE(refusal(sample("integers(1, 9)", "random(5)"), sample("integers(1, 9)", "random(3)")).empty());
  CHECK_FALSE(refusal(sample("integers(1, 9)", "random(3)"), sample("integers(1, 8)", "random(3)")).empty());
  CHECK_FALSE(refusal(sample("integers(1, 9)", "random(3)"), sample("integers(1, 9)", "random(5, seed=2)")).empty());
  CHECK_FALSE(refusal(sample(), sample("choice(1, 3)")).empty());
  Definition fewer = sample();
  fewer.seeds = 1;
  CHECK_FALSE(refusal(sample(), fewer).empty());
  Definition other = sample();
  other.fixed.clear();
  CHECK_FALSE(refusal(sample(), other).empty());
}

TEST_CASE("a damaged definition is an error with the file") {
  const ScratchDirectory scratch;
  for (const char* text : {"", "{", "[]", "{\"fovea\": 3}", "null"}) {
    CAPTURE(text);
    std::ofstream(scratch.path() / kSweepName) << text;
    try {
      (void)settled(sample(), scratch.path(), Extension::kRefused);
      FAIL_CHECK("it must be refused");
    } catch (const Error& error) {
      CHECK(error.where().find(kSweepName) != std::string::npos);
    }
  }
}

TEST_CASE("the folder of a point is its number and what differs, in safe letters, and not long") {
  CHECK(point_folder(6, {{"pointer", "additive"}}) == "0007-pointer=additive");
  CHECK(point_folder(0, {{"lr", "0.01"}, {"k", "-1"}}) == "0001-lr=0.01,k=-1");
  CHECK(point_folder(9999, {{"site", "dot | dense | top_k(2) | none"}}) == "10000-site=dot_dense_top_k_2_none");
  CHECK(point_folder(1, {{"a", "../../x y"}}) == "0002-a=.._.._x_y");
  CHECK(point_folder(1, {{"a", "\xc3\xa9"}}) == "0002-a=");
  CHECK(point_folder(1, {{"a", std::string(200, 'x')}}).size() == 60);
}
