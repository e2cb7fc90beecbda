#include <doctest/doctest.h>
#include <fmt/format.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "framework/cli/cli.h"
#include "framework/cli/process.h"
#include "framework/report/figure_kinds.h"
#include "tests/report/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

Answer answer(std::vector<std::string> words) {
  words.insert(words.begin(), "figure");
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run_command(words, out, err);
  return {code, out.str(), err.str()};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string content_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool has_gnuplot() {
  static const bool found = cli::run_filter({"gnuplot", "--version"}, "").found;
  if (!found) MESSAGE("gnuplot is not installed: skipped");
  return found;
}

/// Results of two groups, published once for all tests.
const std::string& results() {
  static const ScratchDirectory scratch;
  static const std::string folder = [] {
    publish_groups(scratch.path());
    return scratch.path().string();
  }();
  return folder;
}

/// Results, and a place for files.
struct Runs {
  ScratchDirectory place;
  std::string folder = results();
  std::string at(const std::string& name) const { return (place.path() / name).string(); }
};

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("figure prints CSV, or writes the form that the name ends in, with the same numbers") {
  const Runs runs;
  const Answer printed = answer({"curve", runs.folder});
  CHECK(printed.code == cli::kOk);
  CHECK(printed.out.starts_with("panel,series,x,category,y,low,high,value\n"));
  CHECK(contains(printed.out, ",site=softmax (n = 3),200,,0.5,"));
  const Answer csv = answer({"curve", runs.folder, "-o", runs.at("a.csv")});
  CHECK(csv.code == cli::kOk);
  CHECK(content_of(runs.at("a.csv")) == printed.out);
  CHECK(contains(csv.out, "a.csv: sort_by_pointing/N=5: accuracy over training\n"));
  CHECK(contains(csv.out, "pointwise"));
  CHECK(answer({"curve", runs.folder, "-o", runs.at("a.vg.json")}).code == cli::kOk);
  CHECK(contains(content_of(runs.at("a.vg.json")), "vega/v5.json"));
  CHECK(answer({"curve", runs.folder, "-o", runs.at("a.gp")}).code == cli::kOk);
  CHECK(contains(content_of(runs.at("a.gp")), "'a.dat' index 1"));
  CHECK(files_in(runs.place.path()) == 4);
}

TEST_CASE("gnuplot draws every kind as SVG, PDF and LaTeX, with script and numbers beside it") {
  if (!has_gnuplot()) return;
  const Runs runs;
  for (const std::string kind : {"curve", "table", "forest", "slices", "selection", "load", "map", "path", "pareto"}) {
    CAPTURE(kind);
    std::vector<std::string> words{kind, runs.folder, "-o", runs.at(kind + ".svg")};
    if (kind == "selection") words.insert(words.end(), {"--site", "layer_1/router"});
    const Answer drawn = answer(words);
    CAPTURE(drawn.err);
    CHECK(drawn.code == cli::kOk);
    CHECK(contains(content_of(runs.at(kind + ".svg")), "</svg>"));
    CHECK(contains(drawn.out, fmt::format("(beside it {0}.dat, {0}.gp)", kind)));
  }
  CHECK(answer({"curve", runs.folder, "-o", runs.at("paper.pdf")}).code == cli::kOk);
  CHECK(content_of(runs.at("paper.pdf")).starts_with("%PDF"));
  CHECK(answer({"slices", runs.folder, "-o", runs.at("paper.tex")}).code == cli::kOk);
  CHECK(content_of(runs.at("paper.tex")).starts_with("% sort_by_pointing/N=5: accuracy by groups of items\n"));
  CHECK(contains(content_of(runs.at("paper.tex")), "\\includegraphics"));
  CHECK(contains(content_of(runs.at("paper.tex")), "top\\_k(2)"));
}

TEST_CASE("a table is text as LaTeX, Markdown and CSV, and a picture in the other forms") {
  const Runs runs;
  const Answer printed = answer({"table", runs.folder});
  CHECK(printed.out.starts_with("group,n,split,metric,slice,mean,deviation,low,high\n"));
  CHECK(contains(printed.out, "\nsite=softmax,3,test,accuracy,,0.75,"));
  const Answer latex = answer({"table", runs.folder, "-o", runs.at("t.tex")});
  CHECK(latex.out.starts_with(runs.at("t.tex") + ": sort_by_pointing/N=5: test\nn: runs with different seeds."));
  CHECK(contains(content_of(runs.at("t.tex")), "\\begin{tabular}{lrr}\n\\toprule\ngroup & n & accuracy"));
  CHECK(answer({"table", runs.folder, "-o", runs.at("t.md")}).code == cli::kOk);
  CHECK(contains(content_of(runs.at("t.md")), "| group | n | accuracy |\n|---|---:|---:|\n"));
  CHECK(answer({"table", runs.folder, "-o", runs.at("t.csv")}).code == cli::kOk);
  CHECK(content_of(runs.at("t.csv")) == printed.out);
  CHECK(answer({"table", runs.folder, "-o", runs.at("t.vg.json")}).code == cli::kOk);
  CHECK(contains(content_of(runs.at("t.vg.json")), "vega/v5.json"));
  CHECK(files_in(runs.place.path()) == 4);
  const Answer wrong = answer({"curve", runs.folder, "-o", runs.at("c.md")});
  CHECK(wrong.code == cli::kUsage);
  CHECK(contains(wrong.err, "of a table alone; the kind is 'curve'"));
}

TEST_CASE("the help has an example of each kind") {
  const std::string help = answer({"--help"}).out;
  for (const FigureKind& kind : figure_kinds()) {
    CAPTURE(kind.name);
    CHECK(contains(help, std::string("  fovea figure ") + kind.name + " "));
  }
}

TEST_CASE("names in a results file neither run in gnuplot nor break its picture") {
  if (!has_gnuplot()) return;
  const ScratchDirectory scratch;
  const ScratchDirectory place;
  const std::string ran = (place.path() / "ran").string();
  const std::string hostile =
      "<b>&amp; a'`touch " + ran + "`'.system('touch " + ran + "').' \"`touch " + ran + "`\" 100%s %n \\";
  RunRecord record = figure_record(1, 0, hostile);
  record.run = hostile;
  record.evaluation[0].slices = {hostile, "%d%s%%"};
  record.evaluation[0].columns[0].name = "it's `touch ran` %s";
  record.evaluation[0].by_slice[0].name = record.evaluation[0].columns[0].name;
  publish(record, scratch.path());
  for (const std::string file : {"x.svg", "x.pdf", "x.tex"}) {
    for (const std::string kind : {"curve", "slices", "pareto"}) {
      const Answer drawn = answer({kind, scratch.path().string(), "-o", (place.path() / file).string()});
      CAPTURE(drawn.err);
      CHECK(drawn.code == cli::kOk);
    }
  }
  CHECK_FALSE(std::filesystem::exists(ran));
  const std::string svg = content_of(place.path() / "x.svg");
  CHECK(contains(svg, "&lt;b>&amp;amp;"));
  CHECK_FALSE(contains(svg, "<b>"));
}

TEST_CASE("a damaged file beside the others is counted, not an obstacle") {
  const Runs runs;
  const std::string damaged = runs.at("results.h5");
  overwrite(damaged, std::as_bytes(std::span("no HDF5")));
  const Answer drawn = answer({"curve", runs.folder, damaged, "-o", runs.at("a.csv")});
  CHECK(drawn.code == cli::kOk);
  CHECK(contains(drawn.out, "Not read: 1 file"));
  const Answer alone = answer({"curve", damaged});
  CHECK(alone.code == cli::kFailure);
  CHECK(contains(alone.err, "damaged"));
}

TEST_CASE("figure says what is wrong with its command line before it reads a file") {
  const Runs runs;
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{}, "kind is required"},
      {{"curve", "-o", "a.jpeg"}, "ends in .svg"},
      {{"curve", "-o", ".svg"}, "ends in .svg"},
      {{"curve", "-o", "a b.tex"}, "a name of letters"},
      {{"curve", "-o", "x'y.svg"}, "a name of letters"},
      {{"map", "--head", "-1"}, "--head"},
  };
  for (const auto& [words, part] : cases) {
    const Answer wrong = answer(words);
    CAPTURE(wrong.err);
    CHECK(wrong.code == cli::kUsage);
    CHECK(contains(wrong.err, part));
    CHECK(std::count(wrong.err.begin(), wrong.err.end(), '\n') == 1);
  }
  CHECK(contains(answer({"curv", runs.folder}).err, "Did you mean 'curve'?"));
  CHECK(contains(answer({"curve", runs.folder, "-o", runs.folder + "/top_k(2)1/results.csv"}).out, "results.csv"));
  CHECK(contains(answer({"curve", runs.folder, "-o", runs.at("none/a.csv")}).err, "none"));
  CHECK(contains(answer({"--help"}).out, "fovea figure curve -o loss.svg"));
}
