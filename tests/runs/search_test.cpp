#include "framework/runs/search.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <fstream>

#include "framework/core/error.h"
#include "framework/results/run_lock.h"
#include "framework/runs/found_run.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;
namespace fs = std::filesystem;

namespace {

void touch(const fs::path& file) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "x";
}

std::vector<std::string> found_in(const fs::path& root, const std::vector<std::string>& places) {
  std::vector<std::string> full;
  for (const std::string& place : places) full.push_back(root / place);
  std::vector<std::string> names;
  for (const fs::path& file : find_results(full)) names.push_back(file.lexically_relative(root).string());
  return names;
}

}  // namespace

TEST_CASE("results are found below a folder of any level, in the order of their paths") {
  const ScratchDirectory scratch;
  touch(scratch.path() / "runs/b/main/results.h5");
  touch(scratch.path() / "runs/a/main-seed2/results.h5");
  touch(scratch.path() / "runs/a/main-seed1/results.h5");
  touch(scratch.path() / "runs/a/note.txt");
  using Names = std::vector<std::string>;
  const Names of_a = {"runs/a/main-seed1/results.h5", "runs/a/main-seed2/results.h5"};
  CHECK(found_in(scratch.path(), {"runs/a"}) == of_a);
  CHECK(found_in(scratch.path(), {"runs/a/main-seed1"}) == Names{of_a[0]});
  CHECK(found_in(scratch.path(), {"runs/a/main-seed1/results.h5"}) == Names{of_a[0]});
  CHECK(found_in(scratch.path(), {"."}).size() == 3);
  CHECK(found_in(scratch.path(), {"runs/b", "runs"}).front() == "runs/b/main/results.h5");  // in the order given
  CHECK_THROWS_WITH_AS(found_in(scratch.path(), {"runs/c"}), doctest::Contains("it does not exist; give"), Error);
}

TEST_CASE("a file is found once, also through links, in a circle of links and in a glob that holds it twice") {
  const ScratchDirectory scratch;
  touch(scratch.path() / "runs/a/results.h5");
  fs::create_directory_symlink(scratch.path() / "runs/a", scratch.path() / "runs/latest");
  fs::create_directory_symlink(scratch.path() / "runs", scratch.path() / "runs/a/up");
  fs::create_directories(scratch.path() / "runs/copy");
  fs::create_symlink(scratch.path() / "runs/a/results.h5", scratch.path() / "runs/copy/results.h5");
  CHECK(found_in(scratch.path(), {"runs"}) == std::vector<std::string>{"runs/a/results.h5"});
  CHECK(found_in(scratch.path(), {"runs/latest", "runs/a", "runs/a/results.h5", "./runs"}).size() == 1);
  // What a glob over a run finds besides, as runs/a/* does.
  for (const char* beside : {"journal", "checkpoint", "log.txt", "lock", "results.h5.xxh128"})
    touch(scratch.path() / "g" / beside);
  CHECK(found_in(scratch.path(), {"g/journal", "g/checkpoint", "g/log.txt", "g/lock", "g/results.h5.xxh128"}).empty());
}

TEST_CASE("what cannot be read is an answer of one sentence") {
  const ScratchDirectory scratch;
  touch(scratch.path() / "text/results.h5");
  fs::create_directories(scratch.path() / "lost");
  fs::create_symlink(scratch.path() / "nowhere", scratch.path() / "lost/results.h5");
  fs::create_directories(scratch.path() / "pipe");
  REQUIRE(::mkfifo((scratch.path() / "pipe/results.h5").c_str(), 0600) == 0);
  const std::vector<std::string> places = {scratch.path()};
  const std::vector<fs::path> files = find_results(places);
  REQUIRE(files.size() == 3);
  for (const fs::path& file : files) {
    const FoundRun run = read_run(file);
    CAPTURE(run.problem);
    CHECK(run.reading == FoundRun::Reading::kDamaged);
    CHECK(contains(run.problem, "expected"));
    CHECK(problem_text(run).starts_with("damaged: "));
  }
}

TEST_CASE("a run that has not published yet is found by its journal") {
  const ScratchDirectory scratch;
  touch(scratch.path() / "begun/checkpoint");
  Journal::open(scratch.path() / "begun/journal").append(train_row(30, 0.1));
  touch(scratch.path() / "other/journal");  // of another program
  const std::vector<std::string> places = {scratch.path()};
  const std::vector<fs::path> files = find_results(places);
  REQUIRE(files.size() == 1);
  const FoundRun run = read_run(files[0]);
  CHECK(run.reading == FoundRun::Reading::kUnpublished);
  CHECK(problem_text(run) == "nothing is published yet; interrupted at step 30");
}

TEST_CASE("a run that no process works on is not running") {
  const ScratchDirectory scratch;
  for (const char* state : {"running", "stopped", "failed", "finished"}) {
    SampleRun{.state = state}.publish_in(scratch.path() / state);
    const std::string expected = std::string(state) == "running" ? "interrupted" : state;
    CHECK(read_run(scratch.path() / state / kResultsName).state == expected);
    const RunLock lock(scratch.path() / state);
    CHECK(read_run(scratch.path() / state / kResultsName).state == (expected == "finished" ? "finished" : "running"));
  }
}
