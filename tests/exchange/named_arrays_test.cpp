#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

#include "framework/core/error.h"
#include "framework/exchange/named_arrays.h"
#include "framework/exchange/npz.h"
#include "framework/exchange/run_weights.h"
#include "framework/exchange/safetensors.h"
#include "framework/files/atomic_file.h"
#include "framework/files/input.h"
#include "framework/results/run_file.h"
#include "tests/exchange/made_files.h"
#include "tests/exchange/odd_arrays.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using namespace fovea::testing;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& bytes) { overwrite(path, std::as_bytes(std::span(bytes))); }

std::vector<std::string> names_in(const fs::path& path) {
  std::vector<std::string> names;
  for (const NamedArray& array : read_named_arrays(path)) names.push_back(array.name);
  return names;
}

/// A record whose parameters are these arrays.
RunRecord record_of(const std::vector<NamedArray>& arrays) {
  RunRecord record = sample_record();
  record.parameters.clear();
  for (const NamedArray& array : arrays) {
    Array& parameter = record.parameters.emplace_back();
    parameter.name = array.name;
    parameter.extents = array.shape;
    for (std::size_t axis = 0; axis < array.shape.size(); ++axis) parameter.axes.push_back("axis" + std::to_string(axis));
    if (array.dtype == "float64") {
      parameter.values = array.values;
    } else {
      parameter.values = std::vector<float>(array.values.begin(), array.values.end());
    }
  }
  return record;
}

}  // namespace

TEST_CASE("the parameters of a run come back with the same bits, from its directory and from its file") {
  for (const char* dtype : {"float32", "float64"}) {
    const ScratchDirectory scratch;
    const std::vector<NamedArray> arrays = odd_arrays(dtype);
    publish(record_of(arrays), scratch.path());
    for (const fs::path& path : {scratch.path(), scratch.path() / kResultsName}) {
      const std::vector<NamedArray> back = read_named_arrays(path);
      REQUIRE(back.size() == arrays.size());
      for (std::size_t i = 0; i < arrays.size(); ++i) CHECK(same(back[i], arrays[i]));
    }
  }
}

TEST_CASE("the axes of parameters are not taken for parameters") {
  const ScratchDirectory scratch;
  publish(sample_record(), scratch.path());
  CHECK(names_in(scratch.path()) ==
        std::vector<std::string>{"decoder/pointer/keys", "decoder/pointer/bias", "encoder/weight"});
}

TEST_CASE("each format is read by its ending, and the file becomes an input of the run") {
  const ScratchDirectory scratch;
  const std::vector<NamedArray> arrays{{"encoder/w", {2}, "float32", {1, 2}}};
  write(scratch.path() / "w.safetensors", safetensors_bytes(arrays, {}));
  write(scratch.path() / "w.npz", npz_bytes(arrays, {}));
  write(scratch.path() / "encoder.w.npy", made_npy("<f4", "(2,)", bytes_of<float>({1, 2}), false));
  publish(record_of(arrays), scratch.path());
  for (const char* name : {"w.safetensors", "w.npz", "encoder.w.npy", "results.h5"}) {
    CAPTURE(name);
    const InputLog log;
    CHECK(names_in(scratch.path() / name) == std::vector<std::string>{"encoder/w"});
    REQUIRE(log.files().size() == 1);
    CHECK(log.files()[0].hash == hash_of_file(scratch.path() / name));
    CHECK(log.files()[0].name == (scratch.path() / name).string());
  }
}

TEST_CASE("what cannot be read is refused with one line that has the path") {
  const ScratchDirectory scratch;
  const auto error_of = [&](const char* name, const std::string& bytes) {
    const fs::path path = scratch.path() / name;
    if (!bytes.empty()) write(path, bytes);
    try {
      read_named_arrays(path);
      return std::string();
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find(path.string()) != std::string::npos);
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
      return std::string(error.what());
    }
  };
  const auto refuses = [&](const char* name, const std::string& bytes, const char* part) {
    const std::string error = error_of(name, bytes);
    CAPTURE(error);
    CHECK(error.find(part) != std::string::npos);
  };
  refuses("missing.npz", "", "No such file");
  refuses("weights.pt", "x", "'.pt' came");
  refuses("weights", "x", "'' came");
  refuses("w.safetensors", "{}", "8 bytes or more");
  refuses("w.npy", "x", "an array of NumPy");
  refuses("w.npz", "x", "a whole .npz archive");
  refuses("w.h5", "x", "an HDF5 file");
  refuses("none.safetensors", made_safetensors("{}", ""), "there are none in it");
  refuses("none.npz", made_zip({}), "there are none in it");
  const std::string both = R"({"a.b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a/b":{"dtype":"U8","shape":[0],)"
                           R"("data_offsets":[0,0]}})";
  refuses("two.safetensors", made_safetensors(both, ""), "there are two 'a/b'");
  fs::create_directory(scratch.path() / "run");
  refuses("run", "", "there is no results.h5 in it");
}

TEST_CASE("a results file that is damaged is refused") {
  const ScratchDirectory scratch;
  publish(sample_record(), scratch.path());
  const fs::path path = scratch.path() / kResultsName;
  std::ofstream(path, std::ios::app) << "x";
  CHECK_THROWS_WITH_AS(read_named_arrays(path), doctest::Contains("the file is damaged or was changed"), Error);
  fs::remove(path.string() + ".xxh128");
  CHECK(names_in(path).size() == 3);  // without its hash it is read as far as it can be
}

TEST_CASE("the weights of a run say what they are") {
  const ScratchDirectory scratch;
  RunRecord record = sample_record();
  record.parameter_step = 120;
  record.annealed = {{"sample/temperature", 0.25}};
  publish(record, scratch.path());
  const RunWeights weights = read_run_weights(scratch.path() / kResultsName);
  const TextPairs expected{{"experiment", "sort_by_pointing"},
                           {"run", "N=5"},
                           {"seed", "7"},
                           {"state", "finished"},
                           {"step", "120"},
                           {"annealed sample/temperature", "0.25"},
                           {"results_xxh3_128", hash_of_file(scratch.path() / kResultsName)}};
  CHECK(weights.about == expected);
}

TEST_CASE("the weights of a run of an older schema have the last step of training") {
  const fs::path golden = fs::path(FOVEA_SOURCE_DIR) / "tests/results/golden/schema_1.h5";
  const RunWeights weights = read_run_weights(golden);
  CHECK(weights.arrays.size() == 4);
  CHECK(std::find(weights.about.begin(), weights.about.end(), std::pair<std::string, std::string>("step", "6")) !=
        weights.about.end());
}
