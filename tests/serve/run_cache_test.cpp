#include "framework/serve/run_cache.h"

#include <doctest/doctest.h>
#include <cstdlib>
#include <fstream>

#include "framework/results/brief.h"
#include "framework/runs/group_figure.h"
#include "framework/runs/search.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

struct Folder {
  std::vector<std::filesystem::path> files() const {
    const std::vector<std::string> places = {scratch.path().string()};
    return find_results(places);
  }
  void publish(const std::string& name, std::int64_t seed, double accuracy) const {
    SampleRun{.run = "main", .seed = seed, .accuracy = accuracy}.publish_in(scratch.path() / name);
  }

  ScratchDirectory scratch;
  ScratchDirectory kept;
  std::filesystem::path cache = kept.path() / "fovea" / "runs-x";
};

}  // namespace

TEST_CASE("a file is read once, and again where it was changed") {
  const Folder folder;
  for (int i = 0; i < 10; ++i) folder.publish("run" + std::to_string(i), i, 0.1 * i);
  RunCache cache({});
  CHECK(cache.runs(folder.files()).size() == 10);
  CHECK(cache.readings() == 10);
  cache.runs(folder.files());
  CHECK(cache.readings() == 0);
  folder.publish("run3", 3, 0.99);
  folder.publish("run10", 10, 0.5);
  std::filesystem::remove(folder.scratch.path() / "run4" / "results.h5");
  const std::vector<FoundRun> runs = cache.runs(folder.files());
  CHECK(cache.readings() == 2);
  CHECK(runs.size() == 10);
  for (const FoundRun& run : runs) {
    if (run.seed == 3) CHECK(run.summary.evaluation.at(0).columns.at(0).values.back() == 0.99);
  }
}

TEST_CASE("what was read is the same as fovea ls reads, as far as a list needs it") {
  const Folder folder;
  folder.publish("run", 7, 0.25);
  const FoundRun whole = read_run(folder.files()[0]);
  const FoundRun brief = RunCache({}).runs(folder.files())[0];
  CHECK(brief.experiment == whole.experiment);
  CHECK(brief.run == whole.run);
  CHECK(brief.seed == whole.seed);
  CHECK(brief.state == whole.state);
  CHECK(brief.step == whole.step);
  CHECK(brief.summary.config == whole.summary.config);
  CHECK(brief.summary.provenance == whole.summary.provenance);
  CHECK(last_value(brief.summary, main_metric(brief.summary)) == last_value(whole.summary, main_metric(whole.summary)));
}

TEST_CASE("what was read is kept for the next start, and a cache that is damaged or gone is made again") {
  const Folder folder;
  folder.publish("run", 1, 0.25);
  std::ofstream(folder.scratch.path() / "results.h5") << "damaged";
  RunCache(folder.cache).runs(folder.files());
  REQUIRE(std::filesystem::exists(folder.cache));
  RunCache next(folder.cache);
  const std::vector<FoundRun> runs = next.runs(folder.files());
  CHECK(next.readings() == 0);
  CHECK(contains(problem_text(runs[0]), "damaged: expected an HDF5 file"));
  CHECK(runs[1].seed == 1);
  const auto size = std::filesystem::file_size(folder.cache);
  for (const std::uintmax_t cut : {std::uintmax_t{0}, std::uintmax_t{20}, size - 1}) {
    std::filesystem::resize_file(folder.cache, cut);
    RunCache again(folder.cache);
    CHECK(again.runs(folder.files()).size() == 2);
    CHECK(again.readings() == 2);
    CHECK(std::filesystem::file_size(folder.cache) == size);
  }
  std::filesystem::remove_all(folder.kept.path() / "fovea");
  std::ofstream(folder.kept.path() / "fovea") << "a file where the folder should be";
  RunCache nowhere(folder.cache);
  CHECK(nowhere.runs(folder.files()).size() == 2);
}

TEST_CASE("a summary comes back from its JSON, and other JSON is none") {
  RunSummary summary;
  summary.attributes = {{"experiment", "a \"b\""}, {"state", "finished"}};
  summary.config = {{"seed", "1"}};
  summary.train.step = {10};
  summary.evaluation = {{"test", {10}, {{"accuracy", "1", "", {0.1}}, {"loss", "1", "", {std::nan("")}}}, {}, {}, {}}};
  const auto back = brief_of(*parse_json(json_line(brief_json(summary))));
  REQUIRE(back);
  CHECK(back->attributes == summary.attributes);
  CHECK(back->evaluation[0].columns[0].values[0] == 0.1);
  CHECK(std::isnan(back->evaluation[0].columns[1].values[0]));
  for (const char* const other : {"null", "[]", "{}", "[1,2,3,4,5]", "[[],[],[],[],[[]]]", "[[[1]],[],[],[],[]]"}) {
    CHECK_FALSE(brief_of(*parse_json(other)));
  }
}

TEST_CASE("the list is kept where the user has such files") {
  const ScratchDirectory scratch;
  const std::vector<std::string> places = {"runs"};
  const char* const before = std::getenv("XDG_CACHE_HOME");
  const std::string old = before == nullptr ? "" : before;
  ::setenv("XDG_CACHE_HOME", scratch.path().c_str(), 1);
  CHECK(cache_file(places).parent_path() == scratch.path() / "fovea");
  CHECK(cache_file(places) != cache_file(std::vector<std::string>{"other"}));
  ::setenv("XDG_CACHE_HOME", "not/absolute", 1);  // such a value is to be passed over
  CHECK(cache_file(places).is_absolute() == (std::getenv("HOME") != nullptr));
  if (before == nullptr) {
    ::unsetenv("XDG_CACHE_HOME");
  } else {
    ::setenv("XDG_CACHE_HOME", old.c_str(), 1);
  }
}
