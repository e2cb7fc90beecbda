#include <doctest/doctest.h>
#include <algorithm>
#include <fstream>

#include "framework/results/json.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;
namespace fs = std::filesystem;

namespace {

/// Two groups of seeds, of which one has a run that is not finished, and a damaged file.
void make_runs(const fs::path& folder) {
  for (const std::int64_t seed : {1, 2, 3}) {
    const std::string name = "-seed" + std::to_string(seed);
    SampleRun{.seed = seed, .accuracy = 0.1 * static_cast<double>(seed)}.publish_in(folder / ("slow" + name));
    SampleRun{.seed = seed, .settings = {{"learning_rate", "0.1"}}, .state = seed == 3 ? "stopped" : "finished"}.publish_in(
        folder / ("fast" + name));
  }
  fs::create_directories(folder / "torn");
  std::ofstream(folder / "torn/results.h5") << "\x89HDF\r\n\x1a\nand nothing else";
}

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("ls has a line for each group of seeds; a damaged file is one, and hides no other") {
  const ScratchDirectory scratch;
  make_runs(scratch.path());
  const Answer a = answer({"ls", scratch.path()});
  CHECK(a.code == cli::kOk);
  CHECK(a.err.empty());
  INFO(a.out);
  // mean 0.2, deviation 0.1, t(0.975, 2) = 4.303: 0.2484
  CHECK(contains(a.out, "probe/main  3  0.2 [-0.04841, 0.4484]  test accuracy  finished"));
  CHECK(contains(a.out, "learning_rate=0.001\n"));
  CHECK(contains(a.out, "probe/main  2  0.5, 0.5"));
  CHECK(contains(a.out, "2 finished, 1 stopped"));
  CHECK(contains(a.out, "torn/results.h5  damaged: expected"));
  CHECK(contains(a.out, "Left out of the means: 1 run that is not finished"));
  CHECK(lines_of(a.out) == 5);
  const Answer with = answer({"ls", scratch.path(), "--unfinished"});
  CHECK(contains(with.out, "probe/main  3  0.5 [0.5, 0.5]"));
  CHECK_FALSE(contains(with.out, "Left out"));
}

TEST_CASE("ls --all has a line for each run, also one that is not counted") {
  const ScratchDirectory scratch;
  make_runs(scratch.path());
  SampleRun{.seed = 3, .accuracy = 0.3}.publish_in(scratch.path() / "slow");
  const Answer groups = answer({"ls", scratch.path()});
  CHECK(contains(groups.out, "probe/main  3  0.2 ["));
  CHECK(contains(groups.out, "Not counted: 1 file of settings and a seed that are there already"));
  const Answer a = answer({"ls", scratch.path(), "--all"});
  CHECK(a.code == cli::kOk);
  CHECK(lines_of(a.out) == 1 + 7 + 1);
  CHECK(contains(a.out, "slow-seed2/results.h5"));
  CHECK(contains(a.out, "not counted: the seed is there already"));
  CHECK(contains(a.out, "damaged: expected"));
}

TEST_CASE("ls counts no run twice, whatever a glob finds") {
  const ScratchDirectory scratch;
  make_runs(scratch.path());
  fs::create_directory_symlink(scratch.path() / "slow-seed1", scratch.path() / "latest");
  std::vector<std::string> words = {"ls"};
  for (const auto& entry : fs::recursive_directory_iterator(scratch.path())) words.push_back(entry.path());
  const Answer a = answer(words);
  CHECK(a.code == cli::kOk);
  CHECK(contains(a.out, "probe/main  3  0.2 ["));
  CHECK_FALSE(contains(a.out, "Not counted"));
}

TEST_CASE("ls of nothing is one line and exit code 1; of two forms at once exit code 2") {
  const ScratchDirectory scratch;
  for (const std::string& place : {scratch.path().string(), (scratch.path() / "none").string()}) {
    const Answer a = answer({"ls", place});
    CHECK(a.code == cli::kFailure);
    CHECK(is_one_line(a.err));
    CHECK(contains(a.err, place));
    CHECK(a.out.empty());
  }
  CHECK(answer({"ls", scratch.path(), "--csv", "--json"}).code == cli::kUsage);
}

TEST_CASE("ls for programs: every row of a table has as many cells, JSON is JSON") {
  const ScratchDirectory scratch;
  make_runs(scratch.path());
  for (const std::string all : {"", "--all"}) {
    std::vector<std::string> words = {"ls", scratch.path(), "--csv"};
    if (!all.empty()) words.push_back(all);
    const Answer a = answer(words);
    std::istringstream lines(a.out);
    std::string head;
    std::getline(lines, head);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      if (!contains(line, "\""))
        CHECK(std::count(line.begin(), line.end(), ',') == std::count(head.begin(), head.end(), ','));
    }
    CHECK(contains(a.out, "damaged: expected"));
    CHECK(contains(a.out, "learning_rate=0.001"));
  }
  const Answer json = answer({"ls", scratch.path(), "--json"});
  REQUIRE(parse_json(json.out).has_value());
  CHECK(contains(json.out, "\"learning_rate\": \"0.001\""));
  CHECK(contains(json.out, "\"unread\": [\n"));
}

TEST_CASE("ls shows texts of anybody's results as text") {
  const ScratchDirectory scratch;
  SampleRun hostile{.run = "a\x1b]0;title\x07", .settings = {{"=cmd|' /C calc'!A0", "\xff\n\"<script>,"}}};
  hostile.publish_in(scratch.path() / "bad\nname");
  hostile.settings[0].second = std::string(50'000, 'x');
  hostile.publish_in(scratch.path() / "long");
  for (const std::string form : {"--all", "--csv", "--json", "--unfinished"}) {
    const Answer a = answer({"ls", scratch.path(), form});
    CHECK(a.code == cli::kOk);
    CHECK_FALSE(contains(a.out, "\x1b"));
    CHECK_FALSE(contains(a.out, "\x07"));
    CHECK_FALSE(contains(a.out, "\xff"));
    if (form == "--json") {
      CHECK(parse_json(a.out).has_value());
    } else {
      CHECK(lines_of(a.out) >= 2);
    }
    if (form == "--csv") CHECK(contains(a.out, ",\"'=cmd|' /C calc'!A0="));
    if (form == "--unfinished") CHECK(a.out.size() < 2000);
  }
}
