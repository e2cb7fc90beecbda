#include "framework/runs/group_comparison.h"

#include <doctest/doctest.h>
#include <limits>

#include "framework/core/error.h"
#include "framework/runs/comparison_numbers.h"
#include "framework/runs/comparison_table.h"
#include "framework/runs/listing.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr auto kLeftOut = GroupFigure::Unfinished::kLeftOut;
constexpr auto kCounted = GroupFigure::Unfinished::kCounted;

/// A run as it was read, of which only the number on the test split matters.
FoundRun read(const std::string& run, std::uint64_t seed, double accuracy, const std::string& state = "finished") {
  FoundRun one;
  one.reading = FoundRun::Reading::kWhole;
  one.experiment = "probe";
  one.run = run;
  one.seed = seed;
  one.state = state;
  one.summary.evaluation = {{"validation", {1}, {{"accuracy", "1", "", {0.25}}}, {}, {}, {}},
                            {"test", {1, 2}, {{"accuracy", "1", "", {0, accuracy}}}, {"short", "long"}, {}, {}}};
  one.summary.evaluation[1].by_slice = {{"accuracy", "1", "", {0, 0, accuracy, accuracy / 2}}};
  return one;
}

const MetricChoice kTest = {"test", "accuracy", ""};

bool has(const TextTable& table, const std::string& part) {
  for (const std::string& sentence : table.sentences) {
    if (contains(sentence, part)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("the main number is the last of the first metric of the test split, then of validation") {
  RunSummary summary = read("a", 1, 0.5).summary;
  CHECK(main_metric(summary) == kTest);
  CHECK(last_value(summary, kTest) == 0.5);
  CHECK(last_value(summary, {"test", "accuracy", "short"}) == 0.5);
  CHECK(last_value(summary, {"test", "accuracy", "long"}) == 0.25);
  CHECK_FALSE(last_value(summary, {"test", "accuracy", "longer"}));
  CHECK_FALSE(last_value(summary, {"test", "loss", ""}));
  summary.evaluation.pop_back();
  CHECK(main_metric(summary).split == "validation");
  summary.evaluation.insert(summary.evaluation.begin(), {"N=9", {1}, {{"exact", "1", "", {1}}}, {}, {}, {}});
  CHECK(main_metric(summary).split == "validation");
  summary.evaluation.pop_back();
  CHECK(main_metric(summary).split == "N=9");
  CHECK(main_metric({}) == MetricChoice{});
  CHECK_FALSE(last_value({}, {}));
}

TEST_CASE("a wrong split, metric or slice is answered with the nearest") {
  const std::vector<RunGroup> groups = group_runs({read("a", 1, 0.5)}).groups;
  CHECK(resolved_metric({"", "", "long"}, groups) == MetricChoice{"test", "accuracy", "long"});
  CHECK_THROWS_WITH_AS(resolved_metric({"tset", "", ""}, groups), doctest::Contains("Did you mean 'test'?"), Error);
  CHECK_THROWS_WITH_AS(resolved_metric({"", "acuracy", ""}, groups), doctest::Contains("Did you mean 'accuracy'?"), Error);
  CHECK_THROWS_WITH_AS(resolved_metric({"", "", "lang"}, groups), doctest::Contains("Did you mean 'long'?"), Error);
  CHECK_THROWS_WITH_AS(resolved_metric({}, {}), doctest::Contains("none of them has one yet"), Error);
}

TEST_CASE("one number has no interval, two are both given, three have a mean and an interval") {
  CHECK(values_text(std::vector<double>{}) == "-");
  CHECK(values_text(std::vector<double>{0.5}) == "0.5");
  CHECK(values_text(std::vector<double>{0.5, 0.75}) == "0.5, 0.75");
  // mean 2, deviation 1, t(0.975, 2) = 4.303, over the root of 3: 2.484
  CHECK(values_text(std::vector<double>{1, 2, 3}) == "2 [-0.4841, 4.484]");
  CHECK(values_text(std::vector<double>{1, 2, kNan}) == "not finite");
}

TEST_CASE("runs that are not finished are averaged only when they are asked for, and never silently") {
  const RunGroup group = group_runs({read("a", 1, 1), read("a", 2, 0, "running"), read("a", 3, 0, "failed")}).groups[0];
  const GroupFigure finished = figure_of(group, kTest, kLeftOut);
  CHECK(finished.summary.n == 1);
  CHECK(finished.left_out == 2);
  CHECK_FALSE(finished.is_so_far);
  const GroupFigure all = figure_of(group, kTest, kCounted);
  CHECK(all.summary.n == 3);
  CHECK(all.left_out == 0);
  const RunGroup running = group_runs({read("a", 1, 1, "running"), read("a", 2, 0, "stopped")}).groups[0];
  CHECK(figure_of(running, kTest, kLeftOut).is_so_far);
  CHECK(figure_of(running, kTest, kLeftOut).summary.n == 2);
}

TEST_CASE("groups are compared at the seeds that both have, with what so few pairs can show") {
  // b - a: 0.1, 0.2, 0.3 at seeds 1 to 3; seed 9 has no partner.
  const RunGroups found = group_runs({read("a", 1, 0.5), read("a", 2, 0.5), read("a", 3, 0.5), read("b", 3, 0.8),
                                      read("b", 2, 0.7), read("b", 1, 0.6), read("b", 9, 0)});
  const GroupComparison comparison = compare_groups(found.groups, kTest, kLeftOut);
  REQUIRE(comparison.groups.size() == 2);
  const ComparedGroup& b = comparison.groups[1];
  CHECK(b.pairs.seeds == std::vector<std::uint64_t>{1, 2, 3});
  CHECK(*b.difference.difference.mean == doctest::Approx(0.2));
  REQUIRE(b.difference.sign_flip);
  CHECK(b.difference.sign_flip->p == 0.25);
  CHECK(b.difference.sign_flip->smallest_p == 0.25);
  CHECK(b.holm_p == 0.25);
  const TextTable table = comparison_table(found, comparison);
  CHECK(table.rows[1] ==
        std::vector<std::string>{"b", "4", "0.525 [-0.04688, 1.097]", "+0.2 [-0.04841, 0.4484]", "3", "0.25"});
  CHECK(has(table, "3 pairs cannot give less than 0.25"));
  CHECK(has(table, "'b': 3 of 4 seeds are those of the first group"));
}

TEST_CASE("all comparisons of a table are corrected together") {
  std::vector<FoundRun> runs;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    const double noise = 0.01 * static_cast<double>(seed);
    for (const auto& [name, step] : {std::pair("a", 0.0), std::pair("b", 1.0), std::pair("c", -1.0)}) {
      runs.push_back(read(name, seed, step == 0 ? 0 : step + noise));
    }
  }
  const RunGroups found = group_runs(runs);
  const GroupComparison comparison = compare_groups(found.groups, kTest, kLeftOut);
  CHECK(comparison.tests == 2);
  for (const std::size_t i : {1, 2}) {
    CHECK(comparison.groups[i].difference.sign_flip->p == 0.03125);  // 2 of 2^6
    CHECK(comparison.groups[i].holm_p == 0.0625);
  }
  CHECK(has(comparison_table(found, comparison), "corrected for the 2 comparisons"));
}

TEST_CASE("without common seeds means stand side by side; one pair, NaN and runs so far are not tested") {
  const auto second = [](const std::vector<FoundRun>& runs) {
    const RunGroups found = group_runs(runs);
    const GroupComparison comparison = compare_groups(found.groups, kTest, kLeftOut);
    const auto& flip = comparison.groups[1].difference.sign_flip;
    return std::pair(comparison_table(found, comparison), flip ? flip->p : -1);
  };
  const auto [apart, apart_p] = second({read("a", 1, 0.5), read("b", 2, 0.75)});
  CHECK(apart.rows[1] == std::vector<std::string>{"b", "1", "0.75", "-", "0", "-"});
  CHECK(has(apart, "'b' shares no seed with the first group"));
  const auto [single, single_p] = second({read("a", 1, 0.5), read("b", 1, 0.75)});
  CHECK(single.rows[1] == std::vector<std::string>{"b", "1", "0.75", "+0.25", "1", "-"});
  CHECK(has(single, "One pair allows neither"));
  CHECK(single_p == -1);
  const auto [two, two_p] = second({read("a", 1, 0.5), read("b", 1, 0.75), read("a", 2, 0.5), read("b", 2, 0.5)});
  CHECK(two.rows[1] == std::vector<std::string>{"b", "2", "0.75, 0.5", "+0.25, +0", "2", "1"});
  const auto [nan, nan_p] =
      second({read("a", 1, 0), read("b", 1, kNan), read("a", 2, 0), read("b", 2, 1), read("a", 3, 0), read("b", 3, 1)});
  CHECK(nan.rows[1] == std::vector<std::string>{"b", "3", "not finite", "not finite", "3", "-"});
  CHECK(nan_p == -1);
  const auto [so_far, so_far_p] = second({read("a", 1, 0.5), read("b", 1, 0.75, "running")});
  CHECK(so_far.rows[1][3] == "-");
  CHECK(has(so_far, "'b' has no finished run"));
}

TEST_CASE("equal values differ by exactly nothing") {
  const RunGroups found =
      group_runs({read("a", 1, 1), read("a", 2, 1), read("a", 3, 1), read("b", 1, 1), read("b", 2, 1), read("b", 3, 1)});
  const GroupComparison comparison = compare_groups(found.groups, kTest, kLeftOut);
  CHECK(comparison.groups[1].difference.sign_flip->p == 1);
  CHECK(comparison_table(found, comparison).rows[1][3] == "+0 [0, 0]");
}

TEST_CASE("single runs of one seed are compared item by item") {
  const ScratchDirectory scratch;
  // Right in a only: items 0 and 1; in b only: item 6.
  const std::vector<std::int32_t> a = {1, 1, 1, 1, 0, 0, 0, 0};
  const std::vector<std::int32_t> b = {0, 0, 1, 1, 0, 0, 1, 0};
  SampleRun{.run = "a", .correct = a}.publish_in(scratch.path() / "a");
  SampleRun{.run = "b", .correct = b}.publish_in(scratch.path() / "b");
  SampleRun{.run = "c", .seed = 2, .correct = b}.publish_in(scratch.path() / "c");  // other items
  SampleRun{.run = "d", .settings = {{"evaluation_batch", "7"}}, .correct = b}.publish_in(scratch.path() / "d");  // likewise
  SampleRun{.run = "e"}.publish_in(scratch.path() / "e");  // does not say
  const std::vector<std::string> places = {scratch.path()};
  const RunGroups found = runs_in(places);
  const GroupComparison comparison = compare_groups(found.groups, kTest, kLeftOut);
  REQUIRE(comparison.groups.size() == 5);
  REQUIRE(comparison.groups[1].items);
  CHECK(comparison.groups[1].items->items == 8);
  CHECK(comparison.groups[1].items->counts == Discordant{2, 1});
  CHECK(comparison.groups[1].items->p == 1);  // 2 P(X <= 1) of 3 tosses
  for (const std::size_t i : {0, 2, 3, 4}) CHECK_FALSE(comparison.groups[i].items);
  CHECK(has(comparison_table(found, comparison), "The same 8 items: 1 are right in 'b' only, 2 in 'a' only; p = 1 by"));
  CHECK_FALSE(compare_groups(found.groups, {"test", "accuracy", "N=5"}, kLeftOut).groups[1].items);
}

TEST_CASE("numbers for programs have all digits, and nothing where there is none") {
  const RunGroups found = group_runs({read("a", 1, 0.1), read("b", 1, 0.3)});
  const GroupComparison comparison = compare_groups(found.groups, kTest, kLeftOut);
  const TextTable table = comparison_numbers(found, comparison);
  const auto cell = [&](std::size_t row, const std::string& name) {
    for (std::size_t i = 0; i < table.head.size(); ++i) {
      if (table.head[i] == name) return table.rows[row][i];
    }
    return std::string("no such column");
  };
  CHECK(cell(1, "mean") == "0.3");
  CHECK(cell(1, "difference_mean") == "0.19999999999999998");
  CHECK(cell(0, "difference_mean") == "");
  CHECK(cell(1, "sign_flip_p") == "");
  CHECK(cell(1, "pairs") == "1");
  const std::string json = json_text(comparison_json(found, comparison));
  CHECK(parse_json(json).has_value());
  CHECK(contains(json, "\"difference\": null"));
  CHECK(contains(json, "\"mean\": 0.19999999999999998"));
}
