#include <doctest/doctest.h>
#include <cmath>
#include <cstdlib>

#include "framework/cli/text_curve.h"
#include "framework/cli/watch_screen.h"
#include "framework/core/text.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::cli;
using namespace fovea::testing;

namespace {

std::size_t columns_of(const std::string& text) {
  std::size_t columns = 0;
  for (std::size_t place = 0; place < text.size(); ++columns) {
    const std::size_t length = utf8_length(text, place);
    REQUIRE(length > 0);
    place += length;
  }
  return columns;
}

std::vector<CurvePoint> falling(int count) {
  std::vector<CurvePoint> points;
  points.reserve(count);
  for (int i = 0; i < count; ++i) points.push_back({static_cast<double>(i), 1.0 - static_cast<double>(i) / count});
  return points;
}

}  // namespace

TEST_CASE("a curve of two numbers goes from the upper left to the lower right") {
  const std::vector<CurvePoint> points = {{0, 1}, {10, 0}};
  const std::vector<std::string> lines = curve_lines(points, {20, 3, CurveForm::Characters::kAscii});
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "  1 |****");
  CHECK(lines[1] == "    |    *******");
  CHECK(lines[2] == "  0 |           ****");
}

TEST_CASE("the dots of braille are those of Unicode") {
  const std::vector<CurvePoint> points = {{0, 1}, {10, 0}};
  const std::vector<std::string> lines = curve_lines(points, {20, 2, CurveForm::Characters::kBraille});
  REQUIRE(lines.size() == 2);
  CHECK(contains(lines[0], "\u2502\u2809"));  // dots 1 and 4
  CHECK(lines[1].ends_with("\u28c0"));        // dots 7 and 8
}

TEST_CASE("a curve keeps to its width and height, whatever comes") {
  std::vector<CurvePoint> spike(5000, CurvePoint{0, 1});
  for (std::size_t i = 0; i < spike.size(); ++i) spike[i].x = static_cast<double>(i);
  spike[1234].y = 7;
  const std::vector<std::vector<CurvePoint>> curves = {
      falling(3),       falling(1000),   spike, {{0, 1e-300}, {1, 1e300}}, {{0, -1e308}, {1, 1e308}},
      {{5, 2}, {5, 2}}, {{0, 3}, {1, 3}}};
  for (const auto& points : curves) {
    for (const CurveForm::Characters characters : {CurveForm::Characters::kAscii, CurveForm::Characters::kBraille}) {
      for (const std::size_t width : {24, 79, 200}) {
        const std::vector<std::string> lines = curve_lines(points, {width, 6, characters});
        CHECK(lines.size() == 6);
        for (const std::string& line : lines) CHECK(columns_of(line) <= width);
      }
    }
  }
  const std::vector<std::string> lines = curve_lines(spike, {79, 6, CurveForm::Characters::kAscii});
  CHECK(lines[0].find('*') != std::string::npos);  // one step of 5,000 is seen
}

TEST_CASE("without two finite numbers there is no curve") {
  const double nan = std::nan("");
  CHECK(curve_lines({}, {}).empty());
  CHECK(curve_lines(std::vector<CurvePoint>{{0, 1}, {1, nan}, {nan, 1}, {2, HUGE_VAL}}, {}).empty());
  CHECK(curve_lines(falling(9), {10, 6, CurveForm::Characters::kAscii}).empty());  // no room beside the numbers
}

TEST_CASE("a run that trains is told with its progress, its figures and a curve, in 79 columns") {
  WatchScreen screen({"runs/probe/main", "probe", "main", "3", 1000});
  for (std::int64_t step = 10; step <= 250; step += 10) screen.add(train_row(step, 0.1 * static_cast<double>(step)));
  screen.add(evaluation_row(250, 0.5));
  const std::vector<std::string> lines = screen.lines({79, 6, CurveForm::Characters::kAscii});
  CHECK(lines[0] == "probe/main  seed 3");
  CHECK(lines[1] == "step 250 of 1,000  25 %  0:01 worked  1:15 left");
  CHECK(lines[2].starts_with("train  loss 0.2857"));
  CHECK(lines[3] == "test  accuracy 0.5");
  CHECK(lines[4] == "loss, steps 10 to 250");
  CHECK(lines.size() == 11);
  for (const std::string& line : lines) CHECK(columns_of(line) <= 79);
}

TEST_CASE("a run that is over is told in three lines") {
  WatchScreen screen({"runs/probe/main", "probe", "main", "3", 250});
  CHECK(contains(screen.closing_lines(79)[0], "interrupted"));
  CHECK(screen.closing_lines(79)[2] == "No process works on this run; the command that started it resumes it.");
  screen.add(train_row(250, 25));
  screen.add(evaluation_row(250, 0.5));
  screen.add({JournalRow::Kind::kState, 250, 26, "finished", {}});
  const std::vector<std::string> lines = screen.closing_lines(79);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "probe/main  seed 3: finished at step 250 of 250, 0:26 worked");
  CHECK(lines[1] == "test  accuracy 0.5");
  CHECK(lines[2] == "fovea show runs/probe/main");
  screen.add({JournalRow::Kind::kState, 250, 26, "stopped", {}});
  CHECK(contains(screen.closing_lines(79)[0], "stopped at step 250"));
}

TEST_CASE("texts of a journal cannot move the cursor of a terminal, and long ones are cut") {
  WatchScreen screen({"runs/\x1b[2J", "", "", "", 0});
  screen.add({JournalRow::Kind::kMessage, 1, 1, "\x1b[31mred\r\n" + std::string(500, 'x'), {}});
  screen.add({JournalRow::Kind::kTrain, 1, 1, "", {{"\x1b[H", 1, ""}}});
  for (const std::string& line : screen.lines({79, 6, CurveForm::Characters::kBraille})) {
    CHECK(line.find('\x1b') == std::string::npos);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(columns_of(line) <= 79);
  }
  CHECK(cut_to("\u00e4\u00e4\u00e4", 2) == "\u00e4\u00e4");
}

TEST_CASE("a run is known by its results, and one without any by nothing") {
  const ScratchDirectory scratch;
  SampleRun{.settings = {{"steps", "1000"}}}.publish_in(scratch.path());
  const WatchedRun run = watched_run(scratch.path());
  CHECK(run.experiment == "probe");
  CHECK(run.seed == "1");
  CHECK(run.steps == 1000);
  CHECK(watched_run(scratch.path() / "none").experiment.empty());
}
