#include <doctest/doctest.h>

#include "framework/core/error.h"
#include "framework/report/item_reads.h"
#include "framework/report/report_views.h"
#include "framework/report/story_text.h"
#include "framework/runs/listing.h"
#include "tests/report/sample_stories.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

/// A published record, removed at the end.
class PublishedRun {
 public:
  explicit PublishedRun(const RunRecord& record) { publish(record, scratch_.path()); }
  std::filesystem::path file() const { return scratch_.path() / kResultsName; }
  RunGroups groups() const { return runs_in(std::vector<std::string>{scratch_.path().string()}); }

 private:
  ScratchDirectory scratch_;
};

const std::string& text_at(const Json& json) { return json.as<std::string>(); }

/// The names of items of a kind, as the filter of the page finds them.
std::vector<std::int64_t> items_of(const Json& view, bool answered, bool read) {
  std::vector<std::int64_t> items;
  for (const Json& item : part(view, "runs", 0, "items").as<Json::Array>()) {
    if (part(item, "answered") == Json(answered) && part(item, "read") == Json(read)) {
      items.push_back(part(item, "item").as<std::int64_t>());
    }
  }
  return items;
}

}  // namespace

TEST_CASE("a read of another statement than the supporting one is told from a right one, answer by answer") {
  const PublishedRun run(story_record());
  const Json view = reads_view(run.groups());
  CHECK(items_of(view, true, true) == std::vector<std::int64_t>{0});
  CHECK(items_of(view, true, false) == std::vector<std::int64_t>{1});
  CHECK(items_of(view, false, true) == std::vector<std::int64_t>{2});
  CHECK(items_of(view, false, false) == std::vector<std::int64_t>{3});
}

TEST_CASE("an item is told in words: its question, statements without paddings, weights, the right one and both answers") {
  const PublishedRun run(story_record());
  const Json view = reads_view(run.groups());
  const Json& item = part(view, "runs", 0, "items", 2);
  CHECK(size_of(part(item, "inputs")) == 1);  // neither masks nor marks of support
  CHECK(text_at(part(item, "inputs", 0, "name")) == "question");
  CHECK(text_at(part(item, "inputs", 0, "lines", 0)) == "where john");
  REQUIRE(size_of(part(item, "parts")) == 1);  // both hops read the same
  CHECK(part(item, "parts", 0, "texts") == Json(Json::Array{"mary went garden", "john hall"}));
  REQUIRE(size_of(part(item, "reads")) == 2);
  CHECK(part(item, "reads", 0, "weights") == Json(Json::Array{0.25, 0.75}));
  CHECK(part(item, "reads", 0, "best") == Json(1));
  CHECK(part(item, "reads", 0, "right") == Json(Json::Array{1}));
  CHECK(text_at(part(item, "wanted")) == "hall");
  CHECK(text_at(part(item, "given")) == "garden");
}

TEST_CASE("several supports count as read where each was looked at most by some read") {
  RunRecord record = story_record();
  record.predictions[0].arrays[4] = index_array("support", {4, 3}, {1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0, 0});
  record.selection[1].kept[1] = 0;  // hop_1 of item 1: now hop_0 reads 1, hop_1 reads 0
  const PublishedRun run(record);
  const RunReads reads(run.file());
  CHECK(reads.is_read_right(0) == false);
  CHECK(reads.is_read_right(1) == true);
}

TEST_CASE("right items of rows come before supports; with several heads one has to look there, and -1 says nothing") {
  RunRecord record = story_record();
  const std::vector<std::int32_t> both{0, 1};
  // Two heads with two queries each: the right item of the first query is 1, that of the second one is not known.
  record.selection = {site_of("heads", {{0, 0, both, {0.1, 0.9}, 1},
                                        {0, 1, both, {0.9, 0.1}, -1},
                                        {0, 2, both, {0.9, 0.1}, 1},
                                        {0, 3, both, {0.9, 0.1}, -1},
                                        {1, 0, both, {0.9, 0.1}, 1},
                                        {1, 2, both, {0.8, 0.2}, 1}})};
  record.selection[0].heads = 2;
  record.predictions[0].arrays.erase(record.predictions[0].arrays.begin() + 4);  // no supports
  const PublishedRun run(record);
  const RunReads reads(run.file());
  CHECK(reads.sites()[0].queries == 2);
  CHECK(reads.is_read_right(0) == true);
  CHECK(reads.is_read_right(1) == false);
  CHECK(reads.is_read_right(2) == std::nullopt);
  const Json view = reads_view(run.groups());
  CHECK(part(view, "runs", 0, "items", 0, "reads", 2, "head") == Json(1));
  CHECK(part(view, "runs", 0, "items", 0, "reads", 2, "query") == Json(0));
  CHECK(size_of(part(view, "runs", 0, "items", 0, "reads", 1, "right")) == 0);
}

TEST_CASE("a file of schema 1 has neither labels nor axes of sites, and is told by numbers") {
  RunRecord record = story_record();
  for (SelectionSite& site : record.selection) site.key_axis = site.query_axis = "";
  record.predictions[0].labels.clear();
  for (Array& array : record.predictions[0].arrays) {
    array.attributes.clear();
    array.counts.clear();
  }
  const PublishedRun run(record);
  const std::string text = story_text(run.file(), 0);
  CHECK(contains(text, "6 1"));  // the question
  CHECK(contains(text, "answered: 4"));
}

TEST_CASE("a mask says how many statements a story has where no number is a padding") {
  RunRecord record = story_record();
  record.predictions[0].arrays[0].counts.clear();
  const PublishedRun run(record);
  CHECK(!contains(story_text(run.file(), 0), "\n   2 "));
}

TEST_CASE("texts of a file are data: control characters are escaped, and markup stays as it is") {
  const PublishedRun run(story_record("</script><b>\x1b[31m"));
  const std::string text = json_line(reads_view(run.groups()));
  CHECK(contains(text, "</script><b>"));  // escaped where it is put into a page
  CHECK(!contains(text, "\x1b"));
  CHECK(!contains(story_text(run.file(), 0), "\x1b"));
}

TEST_CASE("a kept item that is not there has no text; runs without sites or predictions have no view") {
  RunRecord record = story_record();
  record.selection[1].kept[0] = 1'000'000;
  const PublishedRun odd(record);
  CHECK(contains(json_line(reads_view(odd.groups())), "1000000"));
  CHECK_NOTHROW(story_text(odd.file(), 0));
  record = story_record();
  record.predictions.clear();
  const PublishedRun bare(record);
  CHECK(reads_view(bare.groups()) == Json());
  record = story_record();
  record.selection.clear();
  const PublishedRun blind(record);
  CHECK(reads_view(blind.groups()) == Json());
  CHECK_THROWS_WITH_AS(story_text(blind.file(), 0), doctest::Contains("there is none"), Error);
}

TEST_CASE("a story has a star where each hop looked most") {
  const PublishedRun run(story_record());
  const std::string text = story_text(run.file(), 1);
  CHECK(contains(text, "item 1 of the test sample: answered right, read a wrong item"));
  CHECK(contains(text, "   0    .     .    mary went garden   <- right\n"));
  CHECK(contains(text, "   1    *     *    john hall\n"));
  CHECK(contains(text, "  question: where mary\n"));
  CHECK_THROWS_WITH_AS(story_text(run.file(), 4), doctest::Contains("from 0 to 3"), Error);
}

TEST_CASE("a story of many reads has a line for each, without the folder that all sites share") {
  RunRecord record = story_record();
  std::vector<SampleChoice> choices;
  for (std::int64_t query = 0; query < 9; ++query) choices.push_back({0, query, {0, 1}, {0.75, 0.25}, query == 8 ? 1 : -1});
  record.selection = {site_of("decoder/attention", choices)};
  record.selection[0].key_axis = "predictions/test/story:1";
  const PublishedRun run(record);
  const std::string text = story_text(run.file(), 0);
  CHECK(contains(text, "\n  story: mary went garden john hall\n"));
  CHECK(contains(text, "\n  attention 7 * mary went garden (item 0), weight 0.75\n"));
  CHECK(contains(text, "\n  attention 8 * mary went garden (item 0), weight 0.75, right is john hall (item 1)\n"));
}

TEST_CASE("fovea reads counts the items by answer and read, and prints those asked for") {
  const PublishedRun run(story_record());
  const std::string file = run.file().string();
  const Answer found = answer({"reads", file, "--only", "right-from-wrong"});
  CHECK(found.code == 0);
  CHECK(contains(found.out, "item 1 of the test sample"));
  CHECK(!contains(found.out, "item 0 of the test sample"));
  CHECK(contains(answer({"reads", file, "--only", "wrong-from-right"}).out, "item 2 of the test sample"));
  CHECK(contains(answer({"reads", file, "--most", "1"}).out, "3 more of this kind"));
  CHECK(contains(answer({"reads", file, "--item", "3"}).out, "item 3 of the test sample"));
  const Answer wrong = answer({"reads", file, "--only", "right-from-wrnog"});
  CHECK(wrong.code == 2);
  CHECK(contains(wrong.err, "Did you mean 'right-from-wrong'?"));
}

TEST_CASE("views show one seed of each group, at most eight groups, and say so") {
  const ScratchDirectory scratch;
  for (int group = 0; group < 9; ++group) {
    RunRecord record = story_record();
    record.config.emplace_back("rate", std::to_string(group));
    const std::filesystem::path folder = scratch.path() / std::to_string(group);
    std::filesystem::create_directories(folder);
    publish(record, folder);
  }
  const Json view = reads_view(runs_in(std::vector<std::string>{scratch.path().string()}));
  CHECK(size_of(part(view, "runs")) == 8);
  CHECK(contains(text_at(part(view, "note", 0)), "first 8 of 9 groups"));
}

TEST_CASE("the name of a site is data as well") {
  RunRecord record = story_record();
  for (SelectionSite& site : record.selection) site.path = "\x1b[2J" + site.path;
  const PublishedRun run(record);
  CHECK(!contains(story_text(run.file(), 0), "\x1b"));
  CHECK(!contains(json_line(reads_view(run.groups())), "\x1b"));
}
