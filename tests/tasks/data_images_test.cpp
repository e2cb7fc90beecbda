#include <filesystem>

#include "tasks/data/pixels.h"
#include "tests/support/task_data.h"
#include "tests/tasks/data_files.h"

namespace fovea {
namespace {

using test::contains;
using test::DataFolder;
using Reals = std::vector<Real>;

/// The bytes of an IDX file of these extents.
std::string idx(std::initializer_list<unsigned> extents, const std::string& values, unsigned type = 8) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(extents.size())};
  for (const unsigned extent : extents)
    bytes += {'\0', '\0', static_cast<char>(extent / 256), static_cast<char>(extent % 256)};
  return bytes + values;
}

const std::string kTwo = idx({2, 1, 2}, std::string("\x00\xFF\x33\x66", 4));
const std::string kLabels = idx({2}, std::string("\x03\x0A", 2));

std::string task_of(const std::string& images, const std::string& labels, const std::string& more = "") {
  return "images(path=" + images + ", labels=" + labels + ", validation=0, test=0" + more + ")";
}

/// A folder of images, with a list of their labels.
std::string folder_of(const DataFolder& folder, const std::string& name, const std::string& list) {
  std::filesystem::create_directories(folder / name);
  folder.write(name + "/a.pgm", std::string("P5 2 1 255\n\x00\xFF", 13));
  folder.write(name + "/b.pgm", "P2\n# by hand\n2 1\n5\n1 2\n");
  folder.write(name + "/large.pgm", "P2 1 3 1 0 1 0\n");
  folder.write(name + "/labels.tsv", list);
  return folder / name;
}

/// Each content is refused as an image by one clear line.
void check_refused(const std::vector<std::pair<std::string, std::string>>& cases,
                   data::Images (*read)(std::string_view, const std::string&)) {
  CHECK(cases.size() >= 10);
  for (const auto& one : cases) {
    std::string message;
    try {
      read(one.first, "FILE");
    } catch (const Error& error) {
      message = error.what();
    }
    CAPTURE(message);
    CAPTURE(one.second);
    CHECK(test::is_clear(message, "FILE"));
    CHECK(contains(message, one.second));
  }
}

}  // namespace

TEST_CASE("images of an IDX file are numbers from 0 to 1 with the labels in their order") {
  const DataFolder folder;
  const auto task = make_task(task_of(folder.write("i", kTwo), folder.write("l", kLabels)));
  CHECK(task->meanings().labels.at("label") == std::vector<std::string>{"3", "10"});
  Batch batch(40);
  fill_batch(*task, Split::kTrain, {}, batch);
  CHECK(batch.at("image").shape() == Shape{40, 1, 2});
  for (Extent row = 0; row < 40; ++row) {
    const bool is_first = batch.at("targets").index()[row] == 0;
    CHECK(batch.at("image").real()[2 * row] == (is_first ? Real(0) : Real(0x33) / 255));
    CHECK(batch.at("image").real()[2 * row + 1] == (is_first ? Real(1) : Real(0x66) / 255));
  }
  CHECK(test::texts_of(*task, Split::kTrain, 40).front() == " @\n-> 3\n");
}

TEST_CASE("a folder has PGM images with a list of labels, and an image is an item") {
  const DataFolder folder;
  const std::string path = folder_of(folder, "pictures", "a.pgm\tcat\nb.pgm\tdog\n");
  const auto task = make_task("images(path=" + path + ", validation=0, test=0)");
  CHECK(test::texts_of(*task, Split::kTrain, 40).front() == " @\n-> cat\n");
  const Batch batch = test::read_item(*task, path + "/b.pgm");
  CHECK(test::reals(batch.at("image")) == Reals{Real(51) / 255, Real(102) / 255});
  Index answer = 1;
  CHECK(task->answer(batch, {{"answers", {&answer, {{1, 1}, Kind::kIndex}}}}, 0) == "dog\n");
  CHECK(contains(test::item_refusal(*task, path + "/large.pgm"), "an image of 2 x 1 pixels was expected; 1 x 3 came"));
  CHECK(contains(test::item_refusal(*task, path + "/no.pgm"), "No such file"));
}

TEST_CASE("malformed IDX files are refused") {
  const std::string values(8, 'x');
  check_refused({{"", "begins with two bytes 0; '' came"},
                 {"x", "begins with two bytes 0; 'x' came"},
                 {std::string("\0\0\x08", 3), "begins with two bytes 0"},
                 {"P5 2 2 255\n1234", "begins with two bytes 0; 'P5 2' came"},
                 {idx({2, 2, 2}, values, 9), "unsigned bytes, type 8, was expected; its type is 9"},
                 {idx({2, 2, 2}, values, 0x0D), "its type is 13"},
                 {idx({8}, values), "images, 3 axes, was expected; it has 1"},
                 {idx({2, 2, 2, 1}, values), "it has 4"},
                 {idx({2, 2, 2}, values).substr(0, 4), "the extents of an IDX file were expected; it ends after 4 bytes"},
                 {idx({2, 2, 2}, values).substr(0, 15), "it ends after 15 bytes"},
                 {idx({0, 2, 2}, ""), "extents above 0 were expected"},
                 {idx({2, 2, 0}, ""), "extents above 0 were expected"},
                 {idx({2, 2, 2}, values.substr(1)), "8 values were expected; 7 bytes came"},
                 {idx({2, 2, 2}, values + "x"), "8 values were expected; 9 bytes came"},
                 {idx({2, 2, 2}, ""), "8 values were expected; 0 bytes came"},
                 {idx({65535, 65535, 65535}, values), "as many values as the extents say were expected; 8 bytes came"},
                 {std::string("\0\0\x08\x03\x80\0\0\0\x80\0\0\0\0\0\0\x04", 16), "0 bytes came"},  // 2^64
                 {std::string("\0\0\x08\x03\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 16), "0 bytes came"}},
                data::idx_images);
}

TEST_CASE("malformed PGM files are refused") {
  check_refused({{"", "P5 or P2, was expected; '' came"},
                 {"P6 1 1 255\n123", "P5 or P2, was expected; 'P6' came"},
                 {"\x89PNG\r\n", "P5 or P2, was expected"},
                 {"P5", "its width was expected, a number in [1, 16777216]; the end came"},
                 {"P5 #", "its width was expected"},
                 {"P5 x 1 255\n1", "its width was expected, a number in [1, 16777216]; 'x' came"},
                 {"P5 0 1 255\n1", "its width was expected, a number in [1, 16777216]; '0' came"},
                 {"P5 1 -1 255\n1", "its height was expected, a number in [1, 16777216]; '-' came"},
                 {"P5 4096 4097 255\n1", "its height was expected, a number in [1, 4096]; '4097' came"},
                 {"P5 99999999999999999999 1 255\n1", "'99999999999999999999' came"},
                 {"P5 1 1 0\n1", "its brightest level was expected, a number in [1, 255]; '0' came"},
                 {"P5 1 1 65535\n12", "its brightest level was expected, a number in [1, 255]; '65535' came"},
                 {"P5 1 1 255", "1 pixels and nothing else were expected; 0 came"},
                 {"P5 2 1 255\n1", "2 pixels and nothing else were expected; 1 came"},
                 {"P5 1 1 255\n12", "1 pixels and nothing else were expected; 1 bytes follow"},
                 {"P5 1 1 9\nA", "pixels of at most 9 were expected; pixel 1 is 65"},
                 {"P2 2 1 9\n1", "the pixel 2 was expected, a number in [0, 9]; the end came"},
                 {"P2 2 1 9\n1 10", "the pixel 2 was expected, a number in [0, 9]; '10' came"},
                 {"P2 2 1 9\n1 b", "the pixel 2 was expected, a number in [0, 9]; 'b' came"},
                 {"P2 2 1 9\n1 2 3", "2 pixels and nothing else were expected; 1 bytes follow"}},
                data::pgm_image);
}

TEST_CASE("gzip is unpacked whole, and what is damaged is refused") {
  // The text "fovea fovea fovea\n" as gzip -n has it.
  const std::string packed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\xcb\x2f\x4b\x4d\x54\x48\x43\x90\x5c\x00\x4f\x91\x81\x07\x12\x00\x00"
      "\x00",
      29);
  CHECK(data::gunzipped(packed, "FILE") == "fovea fovea fovea\n");
  const auto refused = [](const std::string& bytes) {
    try {
      data::gunzipped(bytes, "FILE");
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  for (std::size_t size = 2; size < packed.size(); ++size)
    CHECK(contains(refused(packed.substr(0, size)), "it ends too soon"));
  for (const std::size_t place : {2, 3, 12, 22, 26}) {
    std::string damaged = packed;
    damaged[place] = static_cast<char>(damaged[place] ^ 0x55);
    CHECK(test::is_clear(refused(damaged), "FILE"));
  }
  CHECK(refused(packed + "x") == "[FILE] one whole gzip stream was expected; 1 bytes follow its end; fetch the file again.");
}

TEST_CASE("images and labels that do not fit each other are refused") {
  const DataFolder folder;
  const std::string images = folder.write("i", kTwo);
  CHECK(contains(test::refusal("images(path=" + images + ")"), "a file of labels was expected for '" + images + "'"));
  const std::string three = folder.write("l3", idx({3}, "123"));
  CHECK(test::is_clear(test::refusal(task_of(images, three)), three));
  CHECK(contains(test::refusal(task_of(images, three)), "a label for each of the 2 images of"));
  CHECK(contains(test::refusal(task_of(images, images)), "labels, 1 axis, was expected; it has 3"));
  CHECK(contains(test::refusal(task_of(images, folder.write("l1", idx({2}, "11")))), "at least two labels were expected"));
  const std::string wide = folder.write("w", idx({1, 1, 3}, "123"));
  CHECK(contains(test::refusal(task_of(images, folder.write("l", kLabels),
                                       ", test_file=" + wide + ", test_labels=" + folder.write("lw", idx({1}, "\x03")))),
                 "images of one size, 2 x 1 pixels, were expected; 3 x 1 came"));
  const std::string other = folder.write("lo", idx({2}, std::string("\x03\x04", 2)));
  CHECK(contains(
      test::refusal(task_of(images, folder.write("l", kLabels), ", test_file=" + images + ", test_labels=" + other)),
      "a label of the training images was expected; '4' came"));
}

TEST_CASE("a list of a folder is read strictly, or malformed lines and images are left out") {
  const DataFolder folder;
  const auto refused = [&](const std::string& list) {
    return test::refusal("images(validation=0, test=0, path=" + folder_of(folder, "p", list) + ")");
  };
  const std::string list = folder / "p/labels.tsv";
  CHECK(test::is_clear(refused("a.pgm\n"), list + ":1:6"));
  CHECK(contains(refused("a.pgm\n"), "the name of an image, one tab and its label were expected; 'a.pgm' came"));
  CHECK(test::is_clear(refused("a.pgm\tcat\tx\n"), list + ":1:10"));
  CHECK(test::is_clear(refused("a.pgm\t \n"), list + ":1:8"));
  CHECK(contains(refused("a.pgm\tcat\nno.pgm\tcat\n"), "no.pgm] expected to open the file; No such file"));
  CHECK(contains(refused("a.pgm\tcat\nlarge.pgm\tcat\n"), "images of one size, 2 x 1 pixels, were expected; 1 x 3 came"));
  const std::string path = folder_of(folder, "q", "a.pgm\tcat\nb.pgm\tdog\nno.pgm\tdog\nlarge.pgm\tdog\nx\n");
  CHECK(contains(make_task("images(validation=0, test=0, lenient=true, path=" + path + ")")->note(),
                 "images: 3 malformed lines"));
}

TEST_CASE("released digits are read, and those of Debian's package where it is installed") {
  if (const auto digits = test::released_data("digits")) {
    const std::string name = (*digits / "mnist_t10k_first8000-").string();
    const auto task = make_task(task_of(name + "images-idx3-ubyte", name + "labels-idx1-ubyte"));
    CHECK(task->meanings().labels.at("label").size() == 10);
    Batch batch(16);
    fill_batch(*task, Split::kTrain, {}, batch);
    CHECK(batch.at("image").shape() == Shape{16, 28, 28});
  }
  const std::string fashion = "/usr/share/datasets/fashion-mnist/t10k-";
  if (!std::filesystem::exists(fashion + "images-idx3-ubyte.gz")) {
    MESSAGE("there is no package dataset-fashion-mnist: its files are not read");
    return;
  }
  const auto task = make_task(task_of(fashion + "images-idx3-ubyte.gz", fashion + "labels-idx1-ubyte.gz"));
  CHECK(task->meanings().labels.at("label").size() == 10);
  Batch batch(1);
  fill_batch(*task, Split::kTrain, {}, batch);
  CHECK(batch.at("image").shape() == Shape{1, 28, 28});
}

}  // namespace fovea
