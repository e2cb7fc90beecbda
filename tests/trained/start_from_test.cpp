#include "framework/train/start_from.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/train/trainer.h"
#include "framework/train/training.h"
#include "tests/support/line_run.h"

using namespace fovea;
using test::contains;
using test::line_run;
using test::Scratch;

namespace {

std::vector<NamedArray> arrays_of(ParameterStore& store) {
  std::vector<NamedArray> arrays;
  for (const ParameterStore::Entry& entry : store.entries()) {
    NamedArray array{entry.path, {}, "float64", {}};
    for (int axis = 0; axis < entry.shape.rank(); ++axis) array.shape.push_back(entry.shape[axis]);
    const Tensor values = store.view(entry.path);
    array.values.assign(values.real(), values.real() + values.size());
    for (double& value : array.values) value += 1;
    arrays.push_back(std::move(array));
  }
  return arrays;
}

std::string problem_of(ParameterStore& store, const std::vector<NamedArray>& arrays, const StartRules& rules = {}) {
  try {
    load_parameters(store, arrays, rules, "weights");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::vector<Real> values_of(ParameterStore& store) { return {store.values().begin(), store.values().end()}; }

}  // namespace

TEST_CASE("parameters come from arrays of their paths, all or none") {
  Training training(line_run("").run);
  ParameterStore& store = training.parameters();
  const std::vector<Real> before = values_of(store);
  std::vector<NamedArray> arrays = arrays_of(store);

  std::vector<NamedArray> fewer(arrays.begin() + 1, arrays.end());
  CHECK(contains(problem_of(store, fewer), "1 missing: " + arrays.front().name));
  std::vector<NamedArray> more = arrays;
  more.push_back({"head/extra", {2}, "float32", {1, 2}});
  CHECK(contains(problem_of(store, more), "1 left over: head/extra [2]"));
  std::vector<NamedArray> odd = arrays;
  odd.front().shape.push_back(1);
  CHECK(contains(problem_of(store, odd), "1 of another shape: " + arrays.front().name));
  CHECK(values_of(store) == before);

  CHECK(problem_of(store, arrays).empty());
  for (const ParameterStore::Entry& entry : store.entries()) {
    CHECK(store.view(entry.path).real()[0] == before[entry.offset] + 1);
  }
}

TEST_CASE("a part may be taken, under other names") {
  Training training(line_run("").run);
  ParameterStore& store = training.parameters();
  const std::vector<Real> before = values_of(store);
  std::vector<NamedArray> arrays = arrays_of(store);
  for (NamedArray& array : arrays) array.name = "old/" + array.name;

  CHECK(contains(problem_of(store, arrays, {PathPatterns("in*"), {}}), "missing: in"));
  CHECK(problem_of(store, arrays, {PathPatterns("in*"), parse_renames("old/=")}).empty());
  CHECK(store.view("in").real()[0] == before[store.at("in").offset] + 1);
  CHECK(store.view("out").real()[0] == before[store.at("out").offset]);
  CHECK(contains(problem_of(store, arrays, {PathPatterns("inn*"), parse_renames("old/=")}), "inn*"));
  CHECK(contains(problem_of(store, arrays, {{}, parse_renames("old/in_bias=in old/in=in old/=")}), "both become"));
  CHECK(contains(problem_of(store, arrays, {{}, parse_renames("old/= odd/=in")}), "'odd/' begins none"));
}

TEST_CASE("renames are pairs") {
  CHECK(parse_renames("a/=b/  c=").size() == 2);
  CHECK(parse_renames("a/=b/  c=")[1] == std::pair<std::string, std::string>("c", ""));
  CHECK_THROWS_WITH_AS(parse_renames("a/"), doctest::Contains("OLD=NEW was expected"), Error);
  CHECK_THROWS_WITH_AS(parse_renames("=b"), doctest::Contains("OLD=NEW was expected"), Error);
}

TEST_CASE("a run that starts from another begins with its parameters, and knows it by its hash") {
  const Scratch scratch;
  RunRequest first = line_run(scratch / "first");
  train_run(first, {});
  RunRequest second = line_run(scratch / "second");
  second.run.train.from = (scratch / "first").string();
  second.run.train.steps = 0;
  train_run(second, {});
  const auto a = read_named_arrays(scratch / "first/results.h5");
  const auto b = read_named_arrays(scratch / "second/results.h5");
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].values == b[i].values);

  // Where the parent has become another one, the run is another one.
  first.run.train.seed = 5;
  first.existing = RunRequest::Existing::kRestart;
  train_run(first, {});
  CHECK(contains(test::failure_of(second), "from "));
  CHECK(contains(test::failure_of(second), "inputs"));
}

TEST_CASE("a parameter of a model may begin with an array of a file") {
  const Scratch scratch;
  RunRequest first = line_run(scratch / "first");
  first.run.train.steps = 0;
  train_run(first, {});
  const std::filesystem::path file = scratch / "first/results.h5";
  RunSpec second = first.run;
  second.model = [file](Builder& b, const InputTypes& inputs) {
    const Value in = b.parameter("weight", {8, 4}, init_from(file, "in", {8, 4}));
    const Value out = linear(b.input("x", inputs.at("x")), in);
    b.output("cost", sum_all_but_first(square(out)));
  };
  Training training(second);
  Training parent(first.run);
  const Tensor weight = training.parameters().view("weight");
  const Tensor in = parent.parameters().view("in");
  CHECK(std::equal(weight.real(), weight.real() + weight.size(), in.real()));
  CHECK_THROWS_WITH_AS(init_from(file, "inn", {8, 4}), doctest::Contains("Did you mean 'in'?"), Error);
  CHECK_THROWS_WITH_AS(init_from(file, "in", {4, 8}), doctest::Contains("was expected to be [4, 8]"), Error);
}

TEST_CASE("the seed of a run may be part of the path that it starts from") {
  const Scratch scratch;
  TrainSettings settings;
  settings.seed = 7;
  settings.from = (scratch / "main-seed{seed}").string();
  CHECK_THROWS_WITH_AS(start_file(settings), doctest::Contains("main-seed7"), Error);
  std::filesystem::create_directories(scratch / "main-seed7");
  CHECK(start_file(settings) == scratch / "main-seed7/results.h5");
  settings.from.clear();
  settings.from_only = "a";
  Training training(line_run("").run);
  CHECK_THROWS_WITH_AS(start_from(training.parameters(), settings), doctest::Contains("`from` is empty"), Error);
}
