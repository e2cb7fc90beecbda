#include <doctest/doctest.h>

#include <algorithm>

#include "framework/cli/last_look.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;
namespace fs = std::filesystem;

namespace {

cli::DoneRun done(const fs::path& directory) { return {"qa2", 1, directory, {}}; }

}  // namespace

TEST_CASE("a run ends with one item and what each read looked at, in a text that fits") {
  const ScratchDirectory scratch;
  REQUIRE(answer({"run", "babi_memn2n", "tasks=2", "questions=100", "steps=2", "width=6", "slots=12", "--quiet", "--output",
                  scratch.path()})
              .code == cli::kOk);
  const cli::DoneRun run = done(scratch.path() / "babi_memn2n/qa2");
  const std::string story = cli::story_of({run}, 100);
  CHECK(story.starts_with("qa2, item "));
  CHECK(contains(story, "*"));
  CHECK(contains(story, "<- right"));
  const auto lines = std::count(story.begin(), story.end(), '\n');
  CHECK(lines >= 12);
  CHECK(lines <= 25);
  CHECK(cli::story_of({run}, 10).empty());
}

TEST_CASE("a run without a story, and one whose results are not there, end without one") {
  const ScratchDirectory scratch;
  SampleRun{}.publish_in(scratch.path());
  CHECK(cli::story_of({done(scratch.path()), done(scratch.path() / "none")}, 100).empty());
}

TEST_CASE("a report that cannot be written fails no run, and says in one line why") {
  const ScratchDirectory scratch;
  SampleRun{}.publish_in(scratch.path());
  fs::create_directory(scratch.path() / "report.html");
  const std::string text = cli::report_of(scratch.path(), {done(scratch.path())});
  CHECK(text.starts_with("report    none was written: "));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}
