#include <doctest/doctest.h>

#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;
namespace fs = std::filesystem;

namespace {

Answer train(const fs::path& output, const std::vector<std::string>& more) {
  std::vector<std::string> words = {"run",         "sort_by_pointing",  "hidden=8",
                                    "test_rows=8", "validation_rows=8", "evaluate_every=0",
                                    "--quiet",     "--output",          output};
  words.insert(words.end(), more.begin(), more.end());
  return answer(words);
}

}  // namespace

TEST_CASE("many seeds use what was trained with one of them before") {
  const ScratchDirectory scratch;
  const fs::path folder = scratch.path() / "sort_by_pointing";
  REQUIRE(train(scratch.path(), {"steps=2"}).code == cli::kOk);
  const Answer two = train(scratch.path(), {"steps=2", "--seeds", "2"});
  CHECK(two.code == cli::kOk);
  CHECK(contains(two.out, (folder / "main").string() + ": finished before"));
  CHECK_FALSE(fs::exists(folder / "main-seed1"));
  CHECK(fs::exists(folder / "main-seed2/results.h5"));
  CHECK(contains(answer({"ls", scratch.path()}).out, "sort_by_pointing/main  2  "));
  // Another configuration is another run, and stays where it is.
  CHECK(train(scratch.path(), {"steps=3", "--seeds", "1"}).code == cli::kOk);
  CHECK(fs::exists(folder / "main-seed1/results.h5"));
  // --restart trains all of them again.
  fs::remove_all(folder / "main-seed1");
  const Answer again = train(scratch.path(), {"steps=2", "--seeds", "1", "--restart"});
  CHECK_FALSE(contains(again.out, "finished before"));
  CHECK(fs::exists(folder / "main-seed1/results.h5"));
}
