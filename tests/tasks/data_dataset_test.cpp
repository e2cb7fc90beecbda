#include <hdf5.h>
#include <cmath>
#include <numeric>

#include "framework/files/atomic_file.h"
#include "tests/tasks/data_files.h"

namespace fovea {
namespace {

using test::contains;
using test::DataFolder;

const std::string kSorting = std::string(FOVEA_SOURCE_DIR) + "/tests/data/sorting";

/// An array of a file, made of these values.
struct Written {
  std::string path;
  std::vector<hsize_t> shape;
  hid_t type;
  std::vector<double> values = {};  // empty: 0, 1, 2, ...
};

Written reals(const std::string& path, std::vector<hsize_t> shape, std::vector<double> values = {}) {
  return {path, std::move(shape), H5T_NATIVE_FLOAT, std::move(values)};
}
Written wholes(const std::string& path, std::vector<hsize_t> shape, std::vector<double> values = {}) {
  return {path, std::move(shape), H5T_NATIVE_INT64, std::move(values)};
}

/// Writes an HDF5 file, its groups with it.
std::string write_hdf5(const std::string& path, std::vector<Written> arrays) {
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  for (Written& one : arrays) {
    const hsize_t count = std::accumulate(one.shape.begin(), one.shape.end(), hsize_t{1}, std::multiplies<>());
    if (one.values.empty()) {
      one.values.resize(count);
      std::iota(one.values.begin(), one.values.end(), 0);
    }
    const hid_t space = H5Screate_simple(static_cast<int>(one.shape.size()), one.shape.data(), nullptr);
    const hid_t set = H5Dcreate2(file, one.path.c_str(), one.type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    if (count > 0 && H5Tget_class(one.type) != H5T_BITFIELD)
      H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, one.values.data());
    H5Dclose(set);
    H5Sclose(space);
  }
  H5Pclose(links);
  H5Fclose(file);
  return path;
}

std::string task_of(const std::string& path, const std::string& more = "") {
  return "dataset(path=" + path + ", validation=0, test=0" + more + ")";
}

Batch first_batch(const Task& task, Split split, Extent rows) {
  Batch batch(rows);
  fill_batch(task, split, {}, batch);
  return batch;
}

}  // namespace

TEST_CASE("files of h5py and NumPy have the tensors of a pointer network in three splits") {
  for (const char* ending : {".h5", ".npz"}) {
    const std::string path = kSorting + ending;
    CAPTURE(path);
    const auto task = make_task("dataset(path=" + path + ")");
    for (const auto& [split, rows] : {std::pair{Split::kTrain, 40}, {Split::kValidation, 10}, {Split::kTest, 12}}) {
      const Batch batch = first_batch(*task, split, rows);
      CHECK(batch.at("items").type == Type{{rows, 4, 1}, Kind::kReal});
      CHECK(batch.at("targets").type == Type{{rows, 4}, Kind::kIndex});
      for (Extent row = 0; row < rows; ++row) {
        const Real* items = batch.at("items").real() + 4 * row;
        const Index* targets = batch.at("targets").index() + 4 * row;
        for (int i = 0; i < 3; ++i) CHECK(items[targets[i]] < items[targets[i + 1]]);
      }
    }
    CHECK(task->meanings().labels.at("targets") == std::vector<std::string>{"0", "1", "2", "3"});
  }
}

TEST_CASE("types of whole numbers are Index, unless they are asked for as real ones") {
  const DataFolder folder;
  const std::string path = write_hdf5(folder / "a.h5", {{"x", {2, 3}, H5T_NATIVE_UINT8},
                                                        {"z", {2}, H5T_NATIVE_DOUBLE, {0.5, -1}},
                                                        {"target", {2}, H5T_NATIVE_INT16, {-1, 7}}});
  const Batch batch = first_batch(*make_task(task_of(path)), Split::kTrain, 1);
  CHECK(batch.at("x").type == Type{{1, 3}, Kind::kIndex});
  CHECK(batch.at("z").type == Type{{1}, Kind::kReal});
  CHECK(batch.at("target").type == Type{{1}, Kind::kIndex});
  CHECK(first_batch(*make_task(task_of(path, ", real=x")), Split::kTrain, 1).at("x").type == Type{{1, 3}, Kind::kReal});
}

TEST_CASE("classes are judged against numbers or scores, and a target below 0 is not") {
  const DataFolder folder;
  const std::string path = write_hdf5(folder / "a.h5", {reals("x", {2, 1}), wholes("y", {2, 2}, {1, -1, 1, -1})});
  const auto task = make_task(task_of(path));
  const Batch batch = first_batch(*task, Split::kTrain, 2);
  std::vector<Index> answers{1, 5, 0, 5};
  const auto judged = [&](const std::string& name, const Tensor& tensor) {
    return task->judge(batch, {{name, tensor}}).metrics;
  };
  CHECK(judged("answers", {answers.data(), {{2, 2}, Kind::kIndex}})[0].rows == std::vector<double>{1, 0});
  std::vector<Real> scores{0, 9, 9, 0, 9, 0, 9, 0};
  CHECK(judged("scores", {scores.data(), {{2, 2, 2}, Kind::kReal}})[1].rows == std::vector<double>{1, 0});
  std::vector<Real> long_scores(12, 0);
  CHECK_THROWS_WITH_AS(judged("scores", {long_scores.data(), {{2, 3, 2}, Kind::kReal}}), doctest::Contains("'scores'"),
                       Error);
  const auto named = make_task(task_of(path, ", output=mine"));
  CHECK_THROWS_WITH_AS(named->judge(batch, {}), doctest::Contains("an output 'mine', Index [2, 2], is needed"), Error);
  CHECK_THROWS_WITH_AS(judged("scores", {scores.data(), {{2, 4}, Kind::kReal}}), doctest::Contains("'scores'"), Error);
}

TEST_CASE("real targets are judged by their variance in training") {
  const DataFolder folder;
  const std::string path = write_hdf5(folder / "a.h5", {reals("x", {2, 1}), reals("target", {2, 1}, {1, 5})});
  const auto task = make_task(task_of(path));
  const Batch batch = first_batch(*task, Split::kTrain, 1);
  Real given = batch.at("target").real()[0] + 1;
  const auto metrics = task->judge(batch, {{"prediction", {&given, {{1, 1}, Kind::kReal}}}}).metrics;
  CHECK(metrics[0].rows[0] == 0.75);  // the variance is 4
  CHECK(metrics[1].rows[0] == 1);
}

TEST_CASE("a split that has no arrays gets a share, and files may be given for splits") {
  const DataFolder folder;
  const std::string all = write_hdf5(folder / "a.h5", {reals("x", {500, 2}), wholes("y", {500})});
  const auto shared = make_task("dataset(path=" + all + ", validation=0.2, test=0.1)");
  const auto count = [](const Task& task, Split split) {
    std::vector<std::string> texts = test::texts_of(task, split, 500);
    return std::unique(texts.begin(), texts.end()) - texts.begin();
  };
  CHECK(std::abs(count(*shared, Split::kTest) - 50) < 20);
  CHECK(std::abs(count(*shared, Split::kValidation) - 100) < 30);
  const std::string other = write_hdf5(folder / "b.h5", {reals("x", {3, 2}), wholes("y", {3})});
  const auto given = make_task("dataset(path=" + all + ", validation=0, test_file=" + other + ")");
  CHECK(count(*given, Split::kTest) == 3);
  const std::string splits =
      write_hdf5(folder / "c.h5", {reals("train/x", {3, 2}), wholes("train/y", {3}), reals("dev_x", {2, 2}),
                                   wholes("dev_y", {2}), reals("test/x", {1, 2}), wholes("test/y", {1})});
  CHECK(count(*make_task("dataset(path=" + splits + ")"), Split::kValidation) == 2);
  CHECK(contains(test::refusal("dataset(path=" + splits + ", test_file=" + other + ")"), "items of a split from one file"));
}

TEST_CASE("arrays that do not fit are refused with their names") {
  const DataFolder folder;
  struct Case {
    std::vector<Written> arrays;
    std::string array;  // that the place names; empty: the file alone
    std::string says;
  };
  const double nan = std::nan("");
  const std::vector<Case> cases{
      {{wholes("train/y", {2}), reals("train/x", {3, 1})}, "y", "as many items as in 'x' were expected, 3; 2 came"},
      {{reals("train/x", {2}), wholes("train/y", {2}), reals("other", {2})}, "other", "an array of a split was expected"},
      {{reals("train/deep/x", {2}), wholes("train/y", {2})}, "deep/x", "it is deeper; move it up"},
      {{reals("deep/x", {2}), wholes("y", {2})}, "deep/x", "directly in the file"},
      {{reals("train/x", {2}), wholes("train/y", {2}), reals("train_x", {2})},
       "x",
       "one array of this name was expected in a split; two came"},
      {{reals("x", {}), wholes("y", {2})}, "x", "1 to 5 axes were expected, items first; 0 came"},
      {{reals("x", {1, 1, 1, 1, 1, 2}), wholes("y", {1})}, "x", "1 to 5 axes were expected, items first; 6 came"},
      {{reals("x", {0}), wholes("y", {0})}, "x", "items were expected; it is empty"},
      {{reals("x", {2, 0}), wholes("y", {2})}, "x", "items were expected; it is empty"},
      {{reals("x", {2, 2}, {0, 1, nan, 3}), wholes("y", {2})}, "x", "finite numbers were expected; item 1 has NaN"},
      {{{"x", {2}, H5T_NATIVE_DOUBLE, {HUGE_VAL, 1}}, wholes("y", {2})}, "x", "item 0 has inf"},
      {{reals("x", {2}), wholes("y", {2}, {0, 3e9})}, "y", "whole numbers of 32 bits were expected; item 1 has 3000000000"},
      {{reals("test/x", {2}), wholes("test/y", {2})}, "", "arrays train/... were expected beside those of other splits"},
      {{reals("x", {2}), reals("z", {2})},
       "",
       "an array targets, target, labels, label or y was expected; the arrays are x, z"},
      {{reals("train/x", {2}), wholes("train/y", {2}), wholes("test/y", {2})},
       "",
       "an array 'x' was expected for the test items"},
      {{reals("train/x", {2}), wholes("train/y", {2}), wholes("test/y", {2}), reals("test/x", {2, 2})},
       "x",
       "real numbers [] for each item were expected"},
      {{reals("train/x", {2}), wholes("train/y", {2}), wholes("test/y", {2}), wholes("test/x", {2})},
       "x",
       "whole numbers [] for each item came"},
      {{reals("train/x", {2}), wholes("train/y", {2}), wholes("val/y", {2}), reals("val/x", {2}), reals("val/z", {2})},
       "z",
       "no array but those of training was expected for the validation items"},
      {{{"x", {2}, H5T_NATIVE_HBOOL}, wholes("y", {2}), {"z", {2}, H5T_NATIVE_B8}}, "", "write arrays of numbers or texts"},
      {{}, "", "arrays of numbers were expected; there are none"}};
  CHECK(cases.size() >= 20);
  int number = 0;
  for (const Case& one : cases) {
    const std::string path = write_hdf5(folder / (std::to_string(++number) + ".h5"), one.arrays);
    const std::string message = test::refusal(task_of(path));
    CAPTURE(message);
    CAPTURE(one.says);
    CHECK(test::is_clear(message, path + (one.array.empty() ? "" : ", '" + one.array + "'")));
    CHECK(contains(message, one.says));
  }
}

TEST_CASE("names of options that no array has are refused") {
  const DataFolder folder;
  const std::string path = write_hdf5(folder / "a.h5", {reals("items", {2}), wholes("y", {2})});
  CHECK(contains(test::refusal(task_of(path, ", target=itms")), "no 'itms'; known: items, y. Did you mean 'items'?"));
  CHECK(contains(test::refusal(task_of(path, ", real=z")), "arrays that the option real names were expected; no 'z'"));
  CHECK(contains(test::refusal(task_of(folder / "no.h5")), "No such file"));
  CHECK(contains(test::refusal(task_of(folder.write("a.txt", "not an archive"))), folder / "a.txt"));
}

TEST_CASE("files that are cut or damaged are refused with one line, or read as they are") {
  const DataFolder folder;
  for (const char* ending : {".h5", ".npz"}) {
    const std::vector<std::byte> good = read_file(kSorting + ending);
    const std::string bytes(reinterpret_cast<const char*>(good.data()), good.size());
    Rng rng({.seed = 5});
    int refused = 0;
    for (int i = 0; i < 30; ++i) {
      std::string damaged = bytes;
      if (i < 10) damaged.resize(static_cast<std::size_t>(rng.below(static_cast<Extent>(bytes.size()))));
      for (int k = 0; i >= 10 && k < 8; ++k)
        damaged[rng.below(static_cast<Extent>(bytes.size()))] = static_cast<char>(rng.bits());
      const std::string path = folder.write("d" + std::to_string(i) + ending, damaged);
      const std::string message = test::refusal("dataset(path=" + path + ")");
      CAPTURE(message);
      CHECK(message.find('\n') == std::string::npos);
      CHECK((message.empty() || contains(message, path)));
      refused += message.empty() ? 0 : 1;
    }
    CHECK(refused >= 10);  // at least what is cut
  }
}

}  // namespace fovea
