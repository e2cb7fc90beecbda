#include <cmath>

#include "tests/tasks/data_files.h"

namespace fovea {
namespace {

using test::contains;
using test::DataFolder;
using Reals = std::vector<Real>;

std::string task_of(const std::string& path, const std::string& more = "") {
  return "table_file(path=" + path + ", validation=0, test=0" + more + ")";
}

const std::string kTiny = "length,width,kind\n1,10,ash\n3,10,oak\n";

}  // namespace

TEST_CASE("numbers are deviations from their mean in training, and a constant column is 0") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.csv", kTiny)));
  CHECK(test::reals(test::read_item(*task, "1,10").at("items")) == Reals{-1, 0});
  CHECK(test::reals(test::read_item(*task, "5,11,ash").at("items")) == Reals{3, 1});
  const auto plain = make_task(task_of(folder.write("a.csv", kTiny), ", scale=none"));
  CHECK(test::reals(test::read_item(*plain, "5,11").at("items")) == Reals{5, 11});
  CHECK(task->meanings().labels.at("class") == std::vector<std::string>{"ash", "oak"});
  CHECK(test::texts_of(*task, Split::kTrain, 40).front() == "length 1, width 10 -> ash\n");
}

TEST_CASE("columns are chosen by name, cells may be quoted, and separators are found") {
  const DataFolder folder;
  const std::string path = folder.write("a.csv", "id;\"a;b\";kind;c\nx;1;\"big \"\"one\"\"\";2\ny;3;small;4\n");
  const auto task = make_task(task_of(path, ", target=kind, ignore=id, scale=none"));
  CHECK(test::texts_of(*task, Split::kTrain, 40).front() == "a;b 1, c 2 -> big \"one\"\n");
  CHECK(contains(task->item_format(), "numbers for a;b, c, separated by semicolons"));
  const auto bare = make_task(task_of(folder.write("b.csv", "1\t2\t0\n3\t4\t1\n"), ", header=false, scale=none"));
  CHECK(test::texts_of(*bare, Split::kTrain, 40).front() == "1 1, 2 2 -> 0\n");
}

TEST_CASE("real targets are judged by the variance of training, and in the units of the file") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.csv", "x,y,z\n0,10,1\n1,14,1\n2,18,1\n"), ", kind=real, target=y"));
  Batch batch = test::read_item(*task, "1,1");  // y = 14, the mean: 0
  batch.at("target").real()[0] = 0;
  const auto judged = [&](double given) {
    Real value = static_cast<Real>((given - 14) / std::sqrt(32.0 / 3));
    const Outputs outputs{{"prediction", {&value, {{1, 1}, Kind::kReal}}}};
    CHECK(task->answer(batch, outputs, 0) == (given == 14 ? "14\n" : "16\n"));
    return task->judge(batch, outputs).metrics;
  };
  CHECK(judged(14)[0].rows[0] == 1);
  CHECK(judged(16)[0].rows[0] == doctest::Approx(1 - 4 / (32.0 / 3)));
  CHECK(judged(16)[1].rows[0] == doctest::Approx(4));
  CHECK(judged(16)[2].rows[0] == doctest::Approx(2));
  const auto plain = make_task(task_of(folder.write("b.csv", "x,y\n0,10\n1,14\n2,18\n"), ", kind=real, scale=none"));
  batch.at("target").real()[0] = 14;
  Real value = 16;
  CHECK(plain->judge(batch, {{"prediction", {&value, {{1, 1}, Kind::kReal}}}}).metrics[0].rows[0] ==
        doctest::Approx(1 - 4 / (32.0 / 3)));
}

TEST_CASE("malformed tables are refused with their place") {
  const std::string good = "a,b,kind\n1,2,x\n3,4,y\n";
  test::check_malformed(task_of("PATH"),
                        {{"", "", "a file with content was expected"},
                         {"\xEF\xBB\xBF" + good, ":1:1", "a byte order mark came"},
                         {"1,2,3\n" + good, ":1", "names of columns were expected; '1' came, and nothing but numbers"},
                         {"a,,kind\n1,2,x\n", ":1", "a name for each column was expected; that of column 2 is empty"},
                         {"a,a,kind\n1,2,x\n", ":1", "columns of different names were expected; 'a' came twice"},
                         {"kind\nx\ny\n", ":1", "a column beside those of target and ignore was expected"},
                         {"a,\"b,kind\n1,2,x\n", ":1", "a closing quote was expected in the same line"},
                         {good + "\n", ":4:1", "the line is empty"},
                         {good + "5,6\n", ":4:4", "3 cells were expected, as in the first line; 2 came"},
                         {good + "5,6,x,7\n", ":4:8", "3 cells were expected, as in the first line; 4 came"},
                         {good + "5;6;x\n", ":4:6", "1 came; complete the row, or check the option separator."},
                         {good + "5,,x\n", ":4:3", "a number in column 'b' was expected; nothing came"},
                         {good + "5,six,x\n", ":4:3", "a number in column 'b' was expected; 'six' came"},
                         {good + "5,6.0.0,x\n", ":4:3", "'6.0.0' came"},
                         {good + "nan,6,x\n", ":4:1", "a number in column 'a' was expected; 'nan' came"},
                         {good + "5,inf,x\n", ":4:3", "'inf' came"},
                         {good + "5,1e400,x\n", ":4:3", "'1e400' came"},
                         {good + "5,6,\n", ":4:5", "a class was expected in column 'kind'; nothing came"},
                         {good + "5,6,\"x\n", ":4:5", "a closing quote was expected in the same line"},
                         {good + "5,6,\"x\"y\n", ":4:8", "the end of a cell was expected after its quotes; 'y' came"},
                         {good + "5,6,x\"y\"\n", ":4:6", "quotes around a whole cell were expected"},
                         {good + "5,6,x\r\n", ":4:6", "a carriage return came"},
                         {good + "5,6,\xE9\n", ":4:5", "valid UTF-8 was expected"}});
}

TEST_CASE("options that a table does not fit are refused") {
  const DataFolder folder;
  const std::string path = folder.write("a.csv", kTiny);
  CHECK(
      contains(test::refusal(task_of(path, ", target=kin")), "no 'kin'; known: length, width, kind. Did you mean 'kind'?"));
  CHECK(contains(test::refusal(task_of(path, ", ignore=widht")), "no 'widht'; known: length, width, kind."));
  CHECK(contains(test::refusal(task_of(path, ", ignore=kind")), "the column 'kind' is to be ignored"));
  CHECK(contains(test::refusal(task_of(path, ", target=kind+width")), "one column of classes was expected"));
  CHECK(contains(test::refusal(task_of(path, ", target=width, ignore=kind")),
                 "2 to 1000 classes were expected in column 'width'"));
  CHECK(contains(test::refusal(task_of(path, ", kind=real")), "a number in column 'kind' was expected; 'ash' came"));
  const std::string other = folder.write("b.csv", "width,length,kind\n1,2,ash\n");
  const std::string message = test::refusal("table_file(path=" + path + ", validation=0, test_file=" + other + ")");
  CHECK(test::is_clear(message, other + ":1"));
  CHECK(contains(message, "the columns of '" + path + "' were expected; 'width,length,kind' came"));
}

TEST_CASE("a lenient reader of tables leaves rows out, but not the header") {
  const DataFolder folder;
  const std::string path = folder.write("a.csv", kTiny + "x,y,z\n");
  CHECK(contains(make_task(task_of(path, ", lenient=true"))->note(),
                 "1 malformed line was skipped, the first for [" + path + ":4:1]"));
  const std::string headless = folder.write("b.csv", "\xFF,b,kind\n1,2,x\n3,4,y\n");
  CHECK(test::is_clear(test::refusal(task_of(headless, ", lenient=true")), headless + ":1"));
  const std::string test = folder.write("c.csv", "length,width,kind\n1,10,elm\n3,10,oak\n");
  const std::string task = "table_file(path=" + folder.write("d.csv", kTiny) + ", validation=0, test_file=" + test;
  CHECK(contains(test::refusal(task + ")"), test + ":2] a class of the training rows was expected; 'elm' came"));
  CHECK(contains(make_task(task + ", lenient=true)")->note(), "1 malformed line was skipped"));
}

TEST_CASE("rows of a user are refused with the column") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("a.csv", kTiny)));
  CHECK(
      test::item_refusal(*task, "1,x") ==
      "at column 3, a number in column 'width' was expected; 'x' came; write a finite number with a decimal point, such as "
      "0.25 or -3e2.");
  CHECK(contains(test::item_refusal(*task, "1"), "2 features or all 3 columns were expected; 1 cells came"));
}

}  // namespace fovea
