#include <doctest/doctest.h>
#include <fstream>

#include "framework/results/json.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;
namespace fs = std::filesystem;

namespace {

void make_runs(const fs::path& folder) {
  for (const std::int64_t seed : {1, 2, 3}) {
    const std::string name = "-seed" + std::to_string(seed);
    const double accuracy = 0.1 * static_cast<double>(seed);
    SampleRun{.run = "soft", .seed = seed, .accuracy = accuracy}.publish_in(folder / ("soft" + name));
    SampleRun{.run = "top_k", .seed = seed, .accuracy = accuracy + 0.25}.publish_in(folder / ("top_k" + name));
  }
}

}  // namespace

TEST_CASE("compare pairs the runs of two groups by seed") {
  const ScratchDirectory scratch;
  make_runs(scratch.path());
  const Answer a = answer({"compare", scratch.path()});
  CHECK(a.code == cli::kOk);
  CHECK(a.err.empty());
  CHECK(a.out ==
        "probe: accuracy on test\n\n"
        "group  n                accuracy          difference  pairs     p\n"
        "soft   3  0.2 [-0.04841, 0.4484]\n"
        "top_k  3   0.45 [0.2016, 0.6984]  +0.25 [0.25, 0.25]      3  0.25\n\n"
        "Brackets: 95 % t interval of the mean over seeds; of two seeds, both values.\n"
        "Difference: this group minus the first, at the seeds that both have.\n"
        "p: two-sided sign-flip test of the paired differences, exact; 3 pairs cannot give less than 0.25.\n");
  const std::string soft = scratch.path() / "soft-seed1";
  const std::string top_k = scratch.path() / "top_k-seed1";
  const Answer other = answer({"compare", top_k, soft, "--slice", "N=5"});  // the first one is what is compared with
  CHECK(contains(other.out, "probe: accuracy on test, slice N=5\n"));
  CHECK(contains(other.out, "soft   1       0.2       -0.25      1  -\n"));
}

TEST_CASE("compare takes the group that is named, or that of the highest mean, as the first") {
  const ScratchDirectory scratch;
  make_runs(scratch.path());
  const std::string place = scratch.path();
  SampleRun{.run = "top_k", .settings = {{"learning_rate", "0.1"}}, .state = "running"}.publish_in(scratch.path() / "x");
  const Answer best = answer({"compare", place, "--against", "best"});
  CHECK(contains(best.out, "Holm") == false);
  CHECK(best.out.find("top_k learning_rate=0.001") < best.out.find("\nsoft "));
  CHECK(contains(best.out, "-0.25 [-0.25, -0.25]"));
  CHECK(contains(best.out, "The first group has the highest mean, so these numbers have chosen it"));
  for (const std::string name : {"probe/top_k learning_rate=0.001", "top_k learning_rate=0.001", "learning_rate=0.001"}) {
    const Answer a = answer({"compare", place, "--against", name});
    CHECK(contains(a.out, "-0.25 [-0.25, -0.25]"));
    CHECK_FALSE(contains(a.out, "chosen"));
  }
  CHECK(contains(answer({"compare", place, "--against", "top_k"}).err, "2 are named 'top_k'; give the whole name"));
  const Answer wrong = answer({"compare", place, "--against", "probe/sotf"});
  CHECK(wrong.code == cli::kFailure);
  CHECK(contains(wrong.err, "Did you mean 'probe/soft'?"));
}

TEST_CASE("compare writes tables for papers, pages and programs") {
  const ScratchDirectory scratch;
  make_runs(scratch.path());
  const std::string place = scratch.path();
  const std::string latex = answer({"compare", place, "--latex"}).out;
  CHECK(contains(latex, "\\begin{tabular}{lrrrrr}\n\\toprule\ngroup & n & accuracy & difference & pairs & p \\\\\n"));
  CHECK(contains(latex, "top\\_k & $3$ & $0.45\\ [0.2016,\\ 0.6984]$ & $+0.25\\ [0.25,\\ 0.25]$ & $3$ & $0.25$ \\\\\n"));
  const std::string markdown = answer({"compare", place, "--markdown"}).out;
  CHECK(contains(markdown, "| top\\_k | 3 | 0.45 [0.2016, 0.6984] | +0.25 [0.25, 0.25] | 3 | 0.25 |\n"));
  const std::string csv = answer({"compare", place, "--csv"}).out;
  CHECK(contains(csv, "experiment,run,settings,split,metric,slice,n,left_out,mean,"));
  CHECK(contains(csv, "\nprobe,top_k,,test,accuracy,,3,0,0.45"));
  const std::string json = answer({"compare", place, "--json"}).out;
  REQUIRE(parse_json(json).has_value());
  CHECK(contains(json, "\"sign_flip_p\": 0.25"));
  CHECK(answer({"compare", place, "--text"}).out == answer({"compare", place}).out);
  CHECK(answer({"compare", place, "--latex", "--csv"}).code == cli::kUsage);
}

TEST_CASE("compare leaves out what cannot be read or is not finished, and says so") {
  const ScratchDirectory scratch;
  make_runs(scratch.path());
  SampleRun{.run = "top_k", .seed = 4, .accuracy = 0, .state = "failed"}.publish_in(scratch.path() / "top_k-seed4");
  fs::create_directories(scratch.path() / "torn");
  std::ofstream(scratch.path() / "torn/results.h5").flush();
  const Answer a = answer({"compare", scratch.path()});
  CHECK(a.code == cli::kOk);
  CHECK(contains(a.out, "+0.25 [0.25, 0.25]      3  0.25\n"));
  CHECK(contains(a.out, "'top_k': 1 run not finished is left out"));
  CHECK(is_one_line(a.err));
  CHECK(contains(a.err, "torn/results.h5  damaged: expected an HDF5 file; it is empty"));
  CHECK(contains(answer({"compare", scratch.path(), "--unfinished"}).out, "top_k  4"));
}

TEST_CASE("compare needs two groups that can be read, and a number that there is") {
  const ScratchDirectory scratch;
  const std::string place = scratch.path();
  const auto refusal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"compare", place});
    const Answer a = answer(words);
    CHECK(a.code == cli::kFailure);
    CHECK(is_one_line(a.err));
    CHECK(a.out.empty());
    return a.err;
  };
  CHECK(contains(refusal({}), "there are none; give the --output"));
  fs::create_directories(scratch.path() / "torn");
  std::ofstream(scratch.path() / "torn/results.h5").flush();
  CHECK(contains(refusal({}), "expected results that can be read, here or in another place; damaged: "));
  SampleRun{}.publish_in(scratch.path() / "main");
  CHECK(contains(refusal({}), "all 1 found are of 'probe/main'"));
  make_runs(scratch.path());
  CHECK(contains(refusal({"--metric", "acuracy"}), "Did you mean 'accuracy'?"));
  CHECK(contains(refusal({"--split", "tset"}), "Did you mean 'test'?"));
  CHECK(contains(refusal({"--slice", "N=6"}), "Did you mean 'N=5'?"));
}

TEST_CASE("compare shows names of anybody's results as text") {
  const ScratchDirectory scratch;
  SampleRun{.run = "</script>\\input{/etc/passwd}"}.publish_in(scratch.path() / "a");
  SampleRun{.run = "@b|\x1b[31m"}.publish_in(scratch.path() / "b");
  const std::string place = scratch.path();
  for (const std::string form : {"--text", "--latex", "--markdown", "--csv", "--json"}) {
    const Answer a = answer({"compare", place, form});
    CHECK(a.code == cli::kOk);
    CHECK_FALSE(contains(a.out, "\x1b"));
    if (form == "--latex")
      CHECK(contains(a.out, "\\textless{}/script\\textgreater{}\\textbackslash{}input\\{/etc/passwd\\}"));
    if (form == "--markdown") CHECK(contains(a.out, "| @b\\|\\\\x1b\\[31m |"));
    if (form == "--csv") CHECK(contains(a.out, "probe,'@b|\\x1b[31m,"));
    if (form == "--json") CHECK(parse_json(a.out).has_value());
  }
}
