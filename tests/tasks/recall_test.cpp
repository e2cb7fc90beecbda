#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "framework/core/error.h"
#include "framework/train/training.h"
#include "tests/support/task_data.h"

namespace fovea {
namespace {

Batch filled(const std::string& task, Split split, std::uint64_t seed, Extent rows = 8) {
  Batch batch(rows);
  fill_batch(*make_task(task), split, {seed, stream_of("test"), 3}, batch);
  return batch;
}

std::vector<Index> row_of(const Batch& batch, const std::string& name, Extent row) {
  const Tensor tensor = batch.at(name);
  const Extent width = tensor.shape()[1];
  return {tensor.index() + row * width, tensor.index() + (row + 1) * width};
}

std::vector<Index> all_of(const Batch& batch, const std::string& name) {
  const Tensor tensor = batch.at(name);
  return {tensor.index(), tensor.index() + tensor.size()};
}

/// The pairs, keys and values, at the front of a row.
std::map<Index, Index> pairs_of(const std::vector<Index>& row, std::size_t pairs) {
  std::map<Index, Index> made;
  for (std::size_t i = 0; i < pairs; ++i) made[row[2 * i]] = row[2 * i + 1];
  return made;
}

std::string fault_of(const std::string& task) {
  try {
    make_task(task);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

struct Released {
  std::vector<Index> tokens, labels;
};

std::vector<Released> read_released(const std::filesystem::path& path) {
  std::vector<Released> made;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream tokens(line.substr(0, line.find('\t')));
    std::istringstream labels(line.substr(line.find('\t') + 1));
    Released one;
    for (Index number = 0; tokens >> number;) one.tokens.push_back(number);
    for (Index number = 0; labels >> number;) one.labels.push_back(number);
    made.push_back(one);
  }
  return made;
}

/// For every question, (place - 2 K) / 2: the number of its slot; by the number of its key, where that is asked for.
struct Slots {
  std::vector<double> of_all;
  std::vector<double> of_first_key;
};

Slots released_slots(const std::vector<Released>& rows, std::size_t pairs) {
  Slots slots;
  for (const Released& row : rows) {
    for (std::size_t t = 0; t < row.labels.size(); ++t) {
      if (row.labels[t] == -100) continue;
      const double slot = static_cast<double>(t - 2 * pairs) / 2;
      slots.of_all.push_back(slot);
      if (row.tokens[t] == row.tokens[0]) slots.of_first_key.push_back(slot);
    }
  }
  return slots;
}

Slots made_slots(const Batch& batch, Extent pairs) {
  Slots slots;
  for (Extent b = 0; b < batch.rows(); ++b) {
    const std::vector<Index> places = row_of(batch, "places", b);
    for (const Index place : places) slots.of_all.push_back(static_cast<double>(place - 2 * pairs) / 2);
    slots.of_first_key.push_back(static_cast<double>(places[0] - 2 * pairs) / 2);
  }
  return slots;
}

/// The largest distance between two distributions of slots: that of Kolmogorov and Smirnov.
double distance(std::vector<double> a, std::vector<double> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double largest = 0;
  for (const double at : a) {
    const auto share = [at](const std::vector<double>& of) {
      return static_cast<double>(std::upper_bound(of.begin(), of.end(), at) - of.begin()) / static_cast<double>(of.size());
    };
    largest = std::max(largest, std::abs(share(a) - share(b)));
  }
  return largest;
}

}  // namespace

TEST_CASE("mqar shows distinct pairs at the front and asks for every key once, at even places after them") {
  const Batch batch = filled("mqar(sizes=64x8, vocabulary=40)", Split::kTrain, 1);
  for (Extent b = 0; b < batch.rows(); ++b) {
    const std::vector<Index> row = row_of(batch, "tokens", b);
    const std::map<Index, Index> pairs = pairs_of(row, 8);
    CHECK(pairs.size() == 8);
    std::set<Index> values;
    for (const auto& [key, value] : pairs) {
      CHECK((key >= 1 && key < 20 && value >= 20 && value < 40));
      values.insert(value);
    }
    CHECK(values.size() == 8);
    const std::vector<Index> places = row_of(batch, "places", b);
    CHECK(std::set<Index>(places.begin(), places.end()).size() == 8);
    for (std::size_t q = 0; q < 8; ++q) {
      CHECK((places[q] >= 16 && places[q] % 2 == 0));
      CHECK(row_of(batch, "targets", b)[q] == pairs.at(row[places[q]]));
    }
    CHECK(std::count(row.begin(), row.end(), 0) == 64 - 24);
  }
}

TEST_CASE("mqar draws one of its sizes for each batch of training, and tests with the last") {
  std::set<Extent> lengths;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    lengths.insert(filled("mqar(sizes=16x2+32x4)", Split::kTrain, seed, 1).at("tokens").shape()[1]);
    CHECK(filled("mqar(sizes=16x2+32x4)", Split::kTest, seed, 1).at("tokens").shape()[1] == 32);
  }
  CHECK(lengths == std::set<Extent>{16, 32});
}

TEST_CASE("the last slots of mqar are needed where there are as many as keys") {
  const Batch batch = filled("mqar(sizes=1024x256)", Split::kTrain, 1, 2);
  std::vector<Index> places = row_of(batch, "places", 1);
  std::sort(places.begin(), places.end());
  for (std::size_t i = 0; i < places.size(); ++i) CHECK(places[i] == static_cast<Index>(512 + 2 * i));
}

TEST_CASE("noise fills the places of mqar that hold no key") {
  const Batch batch = filled("mqar(sizes=64x4, filler=noise)", Split::kTrain, 1);
  const std::vector<Index> tokens = all_of(batch, "tokens");
  CHECK(std::count(tokens.begin(), tokens.end(), 0) <= 2);
}

TEST_CASE("a value of several tokens in mqar is wanted token by token, after a key of several tokens") {
  const Batch batch = filled("mqar(sizes=40x4, vocabulary=32, key_tokens=2, value_tokens=3)", Split::kTrain, 1);
  for (Extent b = 0; b < batch.rows(); ++b) {
    const std::vector<Index> row = row_of(batch, "tokens", b);
    const std::vector<Index> places = row_of(batch, "places", b);
    const std::vector<Index> targets = row_of(batch, "targets", b);
    for (std::size_t pair = 0; pair < 4; ++pair) {
      const Index* told = row.data() + 5 * pair;
      const Index* asked = row.data() + places[3 * pair] - 1;  // the place of the second token of the key
      CHECK(std::equal(told, told + 4, asked));
      for (std::size_t j = 0; j < 3; ++j) {
        CHECK(places[3 * pair + j] == places[3 * pair] + static_cast<Index>(j));
        CHECK(targets[3 * pair + j] == told[2 + j]);
      }
    }
  }
}

TEST_CASE("slots of mqar are as far as those of the released samples") {
  const auto folder = test::released_data("mqar");
  if (!folder) return;
  struct Case {
    const char* file;
    const char* task;
    Extent pairs;
  };
  for (const Case& one : {Case{"mqar_v128_l64_k4_zeros_train.tsv", "mqar(sizes=64x4, vocabulary=128)", 4},
                          Case{"mqar_v128_l64_k8_zeros_train.tsv", "mqar(sizes=64x8, vocabulary=128)", 8},
                          Case{"mqar_v256_l128_k16_zeros_train.tsv", "mqar(sizes=128x16, vocabulary=256)", 16}}) {
    CAPTURE(one.file);
    const std::vector<Released> rows = read_released(*folder / one.file);
    REQUIRE(rows.size() == 2000);
    const Slots released = released_slots(rows, static_cast<std::size_t>(one.pairs));
    const Slots made = made_slots(filled(one.task, Split::kTrain, 1, 2000), one.pairs);
    REQUIRE(released.of_all.size() == made.of_all.size());
    // The first key takes the first slot that is drawn, a near one; two samples of 2000 differ by 0.052 once in a hundred.
    CHECK(distance(released.of_first_key, made.of_first_key) < 0.052);
    CHECK(distance(released.of_all, made.of_all) < 0.03);
  }
}

TEST_CASE("selective_copy asks for its tokens in order, at the marks") {
  const Batch batch = filled("selective_copy(length=30, data=5, vocabulary=9)", Split::kTrain, 1);
  for (Extent b = 0; b < batch.rows(); ++b) {
    const std::vector<Index> row = row_of(batch, "tokens", b);
    std::vector<Index> data;
    std::copy_if(row.begin(), row.begin() + 30, std::back_inserter(data), [](Index token) { return token != 0; });
    CHECK(row_of(batch, "targets", b) == data);
    CHECK(row_of(batch, "places", b) == std::vector<Index>{30, 31, 32, 33, 34});
    CHECK(std::vector<Index>(row.begin() + 30, row.end()) == std::vector<Index>(5, 8));
  }
}

TEST_CASE("selective_copy puts its tokens into every place equally often") {
  const Batch batch = filled("selective_copy(length=10, data=3)", Split::kTrain, 1, 5000);
  std::vector<int> counts(10, 0);
  for (Extent b = 0; b < batch.rows(); ++b) {
    const std::vector<Index> row = row_of(batch, "tokens", b);
    for (std::size_t t = 0; t < 10; ++t) counts[t] += row[t] != 0 ? 1 : 0;
  }
  for (const int count : counts) CHECK(std::abs(count - 1500) < 130);  // four deviations
}

TEST_CASE("induction_heads asks for what followed the special token") {
  const Batch batch = filled("induction_heads(length=12)", Split::kTrain, 1, 200);
  std::set<Index> firsts;
  for (Extent b = 0; b < batch.rows(); ++b) {
    const std::vector<Index> row = row_of(batch, "tokens", b);
    CHECK(std::count(row.begin(), row.end(), 0) == 2);
    const auto first = std::find(row.begin(), row.end(), 0);
    firsts.insert(static_cast<Index>(first - row.begin()));
    CHECK(row_of(batch, "targets", b) == std::vector<Index>{*(first + 1)});
    CHECK(row.back() == 0);
  }
  CHECK(firsts.size() == 10);
}

TEST_CASE("reorder wants its numbers sorted, reversed or as they came, each after the one before it") {
  for (const char* order : {"sort", "reverse", "copy"}) {
    CAPTURE(order);
    const Batch batch =
        filled("reorder(numbers=20, min_length=7, max_length=7, order=" + std::string(order) + ")", Split::kTrain, 1);
    for (Extent b = 0; b < batch.rows(); ++b) {
      const std::vector<Index> row = row_of(batch, "tokens", b);
      std::vector<Index> told(row.begin(), row.begin() + 7);
      CHECK(std::set<Index>(told.begin(), told.end()).size() == 7);
      if (std::string(order) == "sort") std::sort(told.begin(), told.end());
      if (std::string(order) == "reverse") std::reverse(told.begin(), told.end());
      CHECK(row_of(batch, "targets", b) == told);
      CHECK(row[7] == 21);
      CHECK(std::equal(told.begin(), told.end() - 1, row.begin() + 8));
      CHECK(row_of(batch, "places", b) == std::vector<Index>{7, 8, 9, 10, 11, 12, 13});
    }
  }
}

TEST_CASE("one wrong token fails its own row only") {
  for (const char* name : {"mqar", "selective_copy(length=30)", "reorder(min_length=4)",
                           "listops(min_length=3,max_length=20)", "induction_heads", "needle(length=80)"}) {
    CAPTURE(name);
    const Batch batch = filled(name, Split::kValidation, 2);
    const Tensor targets = batch.at("targets");
    std::vector<Index> answers = all_of(batch, "targets");
    answers[0] += 1;
    const double share = 1 - 1 / static_cast<double>(targets.shape()[1]);
    const Judgement judgement = make_task(name)->judge(batch, {{"answers", {answers.data(), targets.type}}});
    CHECK(judgement.metrics.back().rows[0] == doctest::Approx(judgement.metrics[0].name == "exact" ? share : 0.0));
    CHECK(judgement.metrics[0].rows[0] == doctest::Approx(judgement.metrics[0].name == "exact" ? 0.0 : share));
    CHECK(judgement.metrics[0].rows[1] == 1);
  }
}

TEST_CASE("tasks of tokens refuse options that no sequence meets") {
  CHECK(fault_of("mqar(sizes=15x4)").find("a length with room for every key twice, >= 16") != std::string::npos);
  CHECK(fault_of("mqar(sizes=64)").find("sizes as in '64x4+512x64' were expected") != std::string::npos);
  CHECK(fault_of("mqar(sizes=64x8, vocabulary=16)").find("fewer pairs than keys, 7,") != std::string::npos);
  CHECK(fault_of("selective_copy(length=3)").find("set data=3 or less") != std::string::npos);
  CHECK(fault_of("reorder(numbers=4)").find("set numbers=20 or distinct=false") != std::string::npos);
  CHECK(fault_of("listops(min_length=9,max_length=10)").find("min_length + 2") != std::string::npos);
}

}  // namespace fovea
