#include <cmath>

#include "tests/support/task_data.h"
#include "tests/tasks/data_files.h"

namespace fovea {
namespace {

using test::contains;
using test::DataFolder;
using Ints = std::vector<Index>;
using Reals = std::vector<Real>;

std::string task_of(const std::string& path, const std::string& more = "") {
  return "points_file(path=" + path + ", validation=0, test=0" + more + ")";
}

const std::string kSquare = "0 0 1 1 1 0 0 1 output 1 3 2 4 1\n";

/// The metrics of an item that a user has written, for these pointers.
std::vector<double> judged(const Task& task, const std::string& line, Ints pointers) {
  const Batch batch = test::read_item(task, line);
  std::vector<double> metrics;
  for (const auto& metric : task.judge(batch, {{"pointers", {pointers.data(), batch.at("targets").type}}}).metrics) {
    metrics.push_back(metric.rows[0]);
  }
  return metrics;
}

}  // namespace

TEST_CASE("points are items, and their order counts from 0, without the way back") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.txt", kSquare)));
  Batch batch(1);
  fill_batch(*task, Split::kTrain, {}, batch);
  CHECK(batch.at("items").shape() == Shape{1, 4, 2});
  CHECK(test::reals(batch.at("items")) == Reals{0, 0, 1, 1, 1, 0, 0, 1});
  CHECK(test::indices(batch.at("targets")) == Ints{0, 2, 1, 3});
  CHECK(task->text(batch, 0) == "0 0 1 1 1 0 0 1 output 1 3 2 4\n");
}

TEST_CASE("with an end, orders may leave points out and sets differ in size") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.txt", "0 0 1 0 1 1 output 3 1 3\n5 6 output 1\n"), ", end=true"));
  const Batch longer = test::read_item(*task, "0 0 1 0 1 1 output 3 1");
  CHECK(longer.at("items").shape() == Shape{1, 4, 3});
  CHECK(test::reals(longer.at("items")) == Reals{0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1});
  CHECK(test::indices(longer.at("targets")) == Ints{2, 0, 3, -1});
  const Batch shorter = test::read_item(*task, "5 6 output 1");
  CHECK(test::reals(shorter.at("items")) == Reals{5, 6, 0, 0, 0, -1, 0, 0, -1, 0, 0, 1});
  CHECK(test::indices(shorter.at("targets")) == Ints{0, 3, -1, -1});
  CHECK(task->text(shorter, 0) == "5 6 output 1\n");
}

TEST_CASE("a tour is judged by its length, in either direction and from any point") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.txt", kSquare), ", judge=tour"));
  CHECK(judged(*task, kSquare.substr(0, kSquare.size() - 1), {0, 2, 1, 3}) == std::vector<double>{1, 1, 1});
  CHECK(judged(*task, "0 0 1 1 1 0 0 1 output 1 3 2 4", {1, 2, 0, 3}) == std::vector<double>{1, 0, 0.5});
  const double crossed = judged(*task, "0 0 1 1 1 0 0 1 output 1 3 2 4", {0, 1, 2, 3})[0];
  CHECK(crossed == doctest::Approx(4 / (2 + 2 * std::sqrt(2.0))));
  CHECK(judged(*task, "0 0 1 1 1 0 0 1 output 1 3 2 4", {0, 0, 2, 3})[0] == 0);
  CHECK(judged(*task, "0 0 1 1 1 0 0 1 output 1 3 2 4", {0, 4, 2, 3})[0] == 0);
}

TEST_CASE("a cycle may begin anywhere, but not turn around, and its end stays at the end") {
  const DataFolder folder;
  const auto plain = make_task(task_of(folder.write("a.txt", kSquare), ", judge=cycle"));
  CHECK(judged(*plain, "0 0 1 1 1 0 0 1 output 1 3 2 4", {1, 3, 0, 2}) == std::vector<double>{1, 1});
  CHECK(judged(*plain, "0 0 1 1 1 0 0 1 output 1 3 2 4", {3, 1, 2, 0})[0] == 0);
  const auto ended = make_task(task_of(folder.write("b.txt", "0 0 1 0 1 1 output 1 3\n"), ", judge=cycle, end=true"));
  CHECK(judged(*ended, "0 0 1 0 1 1 output 1 3", {2, 0, 3, 1}) == std::vector<double>{1, 1});
  CHECK(judged(*ended, "0 0 1 0 1 1 output 1 3", {0, 3, 2, 1})[0] == 0);
}

TEST_CASE("malformed files of points are refused with their place") {
  const std::string good = "0 0 1 1 1 0 output 1 2 3\n";
  test::check_malformed(
      task_of("PATH", ", longest=4"),
      {{"", "", "a file with content was expected"},
       {"\xEF\xBB\xBF" + good, ":1:1", "a byte order mark came"},
       {good + "\n", ":2:1", "the line is empty"},
       {good + "0 0 1 1 1 0\n", ":2:12", "the word output and an order were expected after the points; the line ends"},
       {good + "0 0 1 1 1 0 output\n", ":2:19", "the number of a point was expected after the word output"},
       {good + "output 1\n", ":2:1", "2 numbers for each point were expected; 0 numbers came in all"},
       {good + "0 0 1 1 1 output 1 2 3\n", ":2:11", "2 numbers for each point were expected; 5 numbers came in all"},
       {good + "0 0 x 1 1 0 output 1 2 3\n", ":2:5", "a number of a point or the word output was expected; 'x' came"},
       {good + "0 0 1,5 1 1 0 output 1 2 3\n", ":2:5", "'1,5' came; write a finite number with a decimal point"},
       {good + "0 0 nan 1 1 0 output 1 2 3\n", ":2:5", "'nan' came"},
       {good + "0 0 -inf 1 1 0 output 1 2 3\n", ":2:5", "'-inf' came"},
       {good + "0 0 1e999 1 1 0 output 1 2 3\n", ":2:5", "'1e999' came"},
       {good + "0 0 0x1 1 1 0 output 1 2 3\n", ":2:5", "'0x1' came"},
       {good + "0 0 1 1 1 0 output 1 2 4\n", ":2:24",
        "the number of a point was expected, a whole number in [1, 3]; '4' came"},
       {good + "0 0 1 1 1 0 output 0 1 2\n", ":2:20", "a whole number in [1, 3]; '0' came"},
       {good + "0 0 1 1 1 0 output 1 2 3.0\n", ":2:24", "'3.0' came"},
       {good + "0 0 1 1 1 0 output 1 2 -3\n", ":2:24", "'-3' came"},
       {good + "0 0 1 1 1 0 output 1 2 output\n", ":2:24", "'output' came"},
       {good + "0 0 1 1 1 0 output 1 2 2 3\n", ":2:24", "a point that has not come yet was expected; '2' came again"},
       {good + "0 0 1 1 1 0 output 1 2 1 3\n", ":2:24", "'1' came again"},
       {good + "0 0 1 1 1 0 output 1 2\n", ":2:13",
        "an order of all 3 points was expected; 2 came; complete it, or set end=true"},
       {good + "0 0 1 1 output 1 2\n", ":2:1", "as many points as in the first line were expected, 3; 2 came"},
       {"0 0 1 1 1 0 2 2 3 3 output 1 2 3 4 5\n", ":1:1", "at most 4 points were expected; 5 came; set longest=5."},
       {good + "0 0 1 1 1 0 output 1 2 3\r\n", ":2:25", "a carriage return came"}});
}

TEST_CASE("a lenient reader of points leaves malformed lines out, and points are read as items") {
  const DataFolder folder;
  const std::string path = folder.write("a.txt", kSquare + "1 2 3\n");
  const auto task = make_task(task_of(path, ", lenient=true"));
  CHECK(contains(task->note(), "points_file: 1 malformed line was skipped, the first for [" + path + ":2:6]"));
  CHECK(test::read_item(*task, "1 2 3 4 5 6").at("items").shape() == Shape{1, 3, 2});
  CHECK(
      test::item_refusal(*task, "1 2 3") ==
      "at column 6, 2 numbers for each point were expected; 3 numbers came in all; complete the points, or set dimensions.");
  std::vector<Index> order{2, 0, 1};
  CHECK(task->answer(test::read_item(*task, "1 2 3 4 5 6"), {{"pointers", {order.data(), {{1, 3}, Kind::kIndex}}}}, 0) ==
        "3 1 2\n");
  CHECK(contains(test::refusal(task_of(path, ", end=true, judge=tour, lenient=true")), "set judge=order or end=false"));
}

TEST_CASE("released files of tours and hulls are read whole") {
  const auto folder = test::released_data("ptrnet");
  if (!folder) return;
  const auto tours = make_task(task_of((*folder / "tsp_10_test_exact.first8000.txt").string(), ", judge=tour"));
  const auto hulls = make_task(task_of((*folder / "convex_hull_5_test.first8000.txt").string(), ", end=true"));
  Batch batch(64);
  fill_batch(*tours, Split::kTrain, {}, batch);
  CHECK(batch.at("items").shape() == Shape{64, 10, 2});
  for (Extent row = 0; row < 64; ++row) CHECK(batch.at("targets").index()[row * 10] == 0);
  fill_batch(*hulls, Split::kTrain, {}, batch);
  CHECK(batch.at("items").shape() == Shape{64, 6, 3});
}

}  // namespace fovea
