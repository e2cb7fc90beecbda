#include "framework/runs/run_groups.h"

#include <doctest/doctest.h>

#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

FoundRun found(const std::string& run, std::uint64_t seed, const TextPairs& settings,
               const std::string& state = "finished") {
  FoundRun one;
  one.file = run + std::to_string(seed);
  one.reading = FoundRun::Reading::kWhole;
  one.experiment = "probe";
  one.run = run;
  one.seed = seed;
  one.state = state;
  one.summary.config = settings;
  one.summary.config.emplace_back("seed", std::to_string(seed));
  return one;
}

std::vector<std::string> names_of(const RunGroups& groups) {
  std::vector<std::string> names;
  for (const RunGroup& group : groups.groups) names.push_back(group.name());
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("runs are grouped by every setting but the seed, and named by what differs") {
  const RunGroups groups = group_runs(
      {found("main", 2, {{"batch", "8"}, {"rate", "0.1"}}), found("main", 1, {{"batch", "8"}, {"rate", "0.1"}}),
       found("main", 1, {{"batch", "8"}, {"rate", "0.2"}}), found("other", 1, {{"batch", "8"}, {"rate", "0.3"}})});
  CHECK(names_of(groups) == Names{"probe/main rate=0.1", "probe/main rate=0.2", "probe/other"});
  REQUIRE(groups.groups[0].runs.size() == 2);
  CHECK(groups.groups[0].runs[0].seed == 1);
  CHECK(groups.groups[0].repeats.empty());
}

TEST_CASE("settings that follow from others are named only where nothing else tells groups apart") {
  const auto of = [](const std::string& k, const std::string& site) {
    return found("main", 1, {{"task", "toy"}, {"k", k}, {"site read", site}});
  };
  CHECK(names_of(group_runs({of("1", "top_k(1)"), of("2", "top_k(2)")})) == Names{"probe/main k=1", "probe/main k=2"});
  CHECK(names_of(group_runs({of("1", "softmax"), of("1", "argmax")})) ==
        Names{"probe/main site read=softmax", "probe/main site read=argmax"});
  // k alone leaves two of the three alike.
  CHECK(names_of(group_runs({of("1", "a"), of("1", "b"), of("2", "c")})) ==
        Names{"probe/main k=1 site read=a", "probe/main k=1 site read=b", "probe/main k=2 site read=c"});
}

TEST_CASE("a setting that only some groups have, another precision and other files make other groups") {
  FoundRun other_file = found("main", 1, {{"batch", "8"}});
  other_file.summary.provenance = {{"input a.txt", "1234"}, {"place of input a.txt", "/data/a.txt"}};
  FoundRun moved_file = other_file;
  moved_file.seed = 2;
  moved_file.summary.provenance[1].second = "/other/a.txt";
  FoundRun other_precision = found("main", 1, {{"batch", "8"}});
  other_precision.summary.provenance = {{"precision", "float64"}};
  const RunGroups groups = group_runs({found("main", 1, {{"batch", "8"}}), found("main", 1, {{"batch", "8"}, {"new", "1"}}),
                                       other_file, moved_file, other_precision});
  CHECK(groups.groups.size() == 4);
  CHECK(groups.groups[1].differences() == "new=1");
  CHECK(groups.groups[2].runs.size() == 2);  // the same file in another place
  CHECK(contains(groups.groups[2].differences(), "input a.txt=1234"));
  CHECK(contains(groups.groups[3].differences(), "precision=float64"));
}

TEST_CASE("of several files of a seed the finished one counts") {
  FoundRun stopped = found("main", 1, {{"batch", "8"}}, "stopped");
  FoundRun finished = found("main", 1, {{"batch", "8"}});
  finished.file = "finished";
  FoundRun again = finished;
  again.file = "again";
  const RunGroups groups = group_runs({stopped, finished, again});
  REQUIRE(groups.groups.size() == 1);
  REQUIRE(groups.groups[0].runs.size() == 1);
  CHECK(groups.groups[0].runs[0].file == "finished");
  CHECK(groups.groups[0].repeats.size() == 2);
}

TEST_CASE("what could not be read is kept beside the groups") {
  FoundRun damaged;
  damaged.problem = "expected an HDF5 file";
  const RunGroups groups = group_runs({damaged, found("main", 1, {})});
  CHECK(groups.groups.size() == 1);
  CHECK(groups.unread.size() == 1);
  CHECK(group_runs({}).is_empty());
  CHECK_FALSE(group_runs({damaged}).is_empty());
}
