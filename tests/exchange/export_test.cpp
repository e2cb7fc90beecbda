#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "framework/exchange/named_arrays.h"
#include "framework/exchange/run_weights.h"
#include "framework/exchange/safetensors_header.h"
#include "framework/files/atomic_file.h"
#include "framework/results/run_file.h"
#include "tests/exchange/made_files.h"
#include "tests/results/sample_record.h"
#include "tests/runs/sample_runs.h"

using namespace fovea;
using namespace fovea::testing;
namespace fs = std::filesystem;

namespace {

/// A directory with a run in "run".
struct PublishedRun {
  ScratchDirectory scratch;
  fs::path run = scratch.path() / "run";

  explicit PublishedRun(const RunRecord& record = sample_record()) {
    fs::create_directory(run);
    publish(record, run);
  }
  fs::path file(const char* name) const { return scratch.path() / name; }
};

std::vector<std::string> names_in(const fs::path& path) {
  std::vector<std::string> names;
  for (const NamedArray& array : read_named_arrays(path)) names.push_back(array.name);
  return names;
}

}  // namespace

TEST_CASE("export writes the parameters of a run with the same bits, in both formats") {
  const PublishedRun made;
  const std::vector<NamedArray> arrays = read_run_weights(made.run / kResultsName).arrays;
  for (const char* name : {"w.safetensors", "w.npz"}) {
    CAPTURE(name);
    const Answer export_run = answer({"export", made.run, "-o", made.file(name)});
    REQUIRE(export_run.code == cli::kOk);
    CHECK(contains(export_run.out, std::string(name) + ": 3 parameters, 48 numbers in " + kPrecision + ", "));
    CHECK(contains(export_run.out, "of sort_by_pointing/N=5, seed 7, finished, as they were at step "));
    const std::vector<NamedArray> back = read_named_arrays(made.file(name));
    REQUIRE(back.size() == arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i) CHECK(same(back[i], arrays[i]));
  }
}

TEST_CASE("an exported file says which run it is of, and a second export is the same file") {
  const PublishedRun made;
  REQUIRE(answer({"export", made.run / kResultsName, "-o", made.file("w.safetensors")}).code == cli::kOk);
  REQUIRE(answer({"export", made.run, "-o", made.file("again.safetensors")}).code == cli::kOk);
  const std::vector<std::byte> bytes = read_file(made.file("w.safetensors"));
  CHECK(bytes == read_file(made.file("again.safetensors")));
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof(length));
  const SafetensorsHeader header =
      parse_safetensors_header({reinterpret_cast<const char*>(bytes.data()) + sizeof(length), length});
  const TextPairs expected{{"producer", "Fovea"}, {"experiment", "sort_by_pointing"}, {"run", "N=5"}, {"seed", "7"}};
  CHECK(TextPairs(header.metadata.begin(), header.metadata.begin() + 4) == expected);
  CHECK(header.metadata.back() ==
        std::pair<std::string, std::string>("results_xxh3_128", hash_of_file(made.run / kResultsName)));
}

TEST_CASE("export --only writes the parameters that fit") {
  const PublishedRun made;
  const Answer part = answer({"export", made.run, "-o", made.file("w.npz"), "--only", "encoder/* */bias"});
  CHECK(part.code == cli::kOk);
  CHECK(contains(part.out, ": 2 parameters, 36 numbers"));
  CHECK(names_in(made.file("w.npz")) == std::vector<std::string>{"decoder/pointer/bias", "encoder/weight"});
  const Answer none = answer({"export", made.run, "-o", made.file("x.npz"), "--only", "encoder/* encodr/*"});
  CHECK(none.code == cli::kUsage);
  CHECK(contains(none.err, "'encodr/*' fits none; the run has decoder/pointer/keys, decoder/pointer/bias, encoder/weight."));
  CHECK(!fs::exists(made.file("x.npz")));
}

TEST_CASE("export says what it needs, and writes nothing then") {
  const PublishedRun made;
  const auto refuses = [&](const std::vector<std::string>& words, int code, const char* part) {
    const Answer refused = answer(words);
    CAPTURE(refused.err);
    CHECK(refused.code == code);
    CHECK(contains(refused.err, part));
    CHECK(std::count(refused.err.begin(), refused.err.end(), '\n') == 1);
  };
  refuses({"export", made.run}, cli::kUsage, "none came; give one that ends in .safetensors or .npz");
  refuses({"export", made.run, "-o", made.file("w.pt")}, cli::kUsage, "'.pt' came");
  refuses({"export", made.run, "-o", made.file("nowhere/w.npz")}, cli::kFailure, "create the file");
  refuses({"export", made.scratch.path(), "-o", made.file("w.npz")}, cli::kFailure, "there is no results.h5 in it");
  fs::create_directory(made.file("d.npz"));
  refuses({"export", made.run, "-o", made.file("d.npz")}, cli::kFailure, "it is a directory");
  const std::vector<std::byte> before = read_file(made.run / kResultsName);
  refuses({"export", made.run, "-o", made.run / kResultsName}, cli::kUsage, "'.h5' came");
  CHECK(read_file(made.run / kResultsName) == before);
  fs::copy_file(made.run / kResultsName, made.file("kept.npz"));
  fs::copy_file(made.run / "results.h5.xxh128", made.file("kept.npz.xxh128"));
  refuses({"export", made.run, "-o", made.file("kept.npz")}, cli::kFailure, "this one belongs to a run");
  std::ofstream(made.run / kResultsName, std::ios::app) << "x";
  refuses({"export", made.run, "-o", made.file("w.npz")}, cli::kFailure, "the file is damaged or was changed");
  CHECK(!fs::exists(made.file("w.npz")));
}

TEST_CASE("export refuses a run without parameters") {
  RunRecord record = sample_record();
  record.parameters.clear();
  const PublishedRun made(record);
  CHECK(contains(answer({"export", made.run, "-o", made.file("w.npz")}).err, "the run has none; nothing is written"));
}
