#include "tests/support/data_task_cases.h"

#include <cstring>
#include <fstream>
#include <functional>
#include <vector>

namespace fovea::test {
namespace {

constexpr int kItems = 400;  // so that each split has more than are drawn
constexpr int kTests = 7;

/// An output that is a tensor of the batch.
TaskCase::Right copy_of(const std::string& output, const std::string& tensor) {
  return [=](const Batch& batch, Answers& answers) {
    const Tensor from = batch.at(tensor);
    std::memcpy(answers.make(output, from.type).data, from.data, from.bytes());
  };
}

/// Files of items, and texts of a task that reads them.
class Files {
 public:
  explicit Files(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::string write(const std::string& name, const std::string& content) const {
    std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  /// A line for each number of [first, last).
  std::string lines(const std::string& name, int first, int last, const std::function<std::string(int)>& line,
                    const std::string& header = "") const {
    std::string content = header;
    for (int i = first; i < last; ++i) content += line(i) + "\n";
    return write(name, content);
  }

  /// `line` gives other lines for other numbers.
  TaskCase of_lines(const std::string& task, const std::function<std::string(int)>& line, const std::string& options = "",
                    const std::string& header = "") const {
    const std::string all = lines(task, 100, 100 + kItems, line, header);
    const std::string some = lines(task + "_test", 100 + kItems, 100 + kItems + kTests, line, header);
    TaskCase made;
    made.texts = {task + "(path=" + all + ", validation=0.3, test=0.3" + options + ")"};
    made.apart = made.texts[0];
    made.is_list = true;
    made.listed = task + "(path=" + all + ", test_file=" + some + options + ")";
    made.items = kTests;
    return made;
  }

 private:
  std::filesystem::path folder_;
};

/// "0.x 0.y", other numbers for another one.
std::string point(int number) { return "0." + std::to_string(number) + " 0." + std::to_string(number * 7 % 1000); }

/// Grey images of 2 x 3 pixels as IDX, with their labels.
std::pair<std::string, std::string> images(int first, int last) {
  const auto count = static_cast<char>((last - first) / 256);
  const auto rest = static_cast<char>((last - first) % 256);
  std::string pixels{0, 0, 8, 3, 0, 0, count, rest, 0, 0, 0, 2, 0, 0, 0, 3};
  std::string labels{0, 0, 8, 1, 0, 0, count, rest};
  for (int i = first; i < last; ++i) {
    for (const int value : {i % 256, i / 256, i % 7, 255, 0, i % 3}) pixels += static_cast<char>(value);
    labels += static_cast<char>(i % 3);
  }
  return {pixels, labels};
}

template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// items [count, 3, 1] of float32 and targets [count, 3] of int64, as a .safetensors file.
std::string arrays(int first, int last) {
  std::vector<float> items;
  std::vector<std::int64_t> targets;
  for (int i = first; i < last; ++i) {
    for (int k = 0; k < 3; ++k) {
      items.push_back(static_cast<float>(i * (k + 1)));
      targets.push_back((i + k) % 3);
    }
  }
  const std::string rows = std::to_string(last - first);
  const std::string middle = std::to_string(items.size() * sizeof(float));
  const std::string end = std::to_string(items.size() * sizeof(float) + targets.size() * sizeof(std::int64_t));
  std::string header = R"({"items":{"dtype":"F32","shape":[)" + rows + R"(,3,1],"data_offsets":[0,)" + middle +
                       R"(]},"targets":{"dtype":"I64","shape":[)" + rows + R"(,3],"data_offsets":[)" + middle + "," + end +
                       "]}}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return bytes_of(std::vector<std::uint64_t>{header.size()}) + header + bytes_of(items) + bytes_of(targets);
}

TaskCase of_images(const Files& files) {
  const auto [pixels, labels] = images(0, kItems);
  const auto [some, of_some] = images(kItems, kItems + kTests);
  const std::string all = files.write("pixels", pixels) + ", labels=" + files.write("numbers", labels);
  const std::string test = files.write("pixels_test", some) + ", test_labels=" + files.write("numbers_test", of_some);
  TaskCase made{.texts = {"images(path=" + all + ", validation=0.3, test=0.3)"}, .right = copy_of("answers", "targets")};
  made.apart = made.texts[0];
  made.is_list = true;
  made.listed = "images(path=" + all + ", test_file=" + test + ")";
  made.items = kTests;
  return made;
}

TaskCase of_arrays(const Files& files) {
  const std::string all = files.write("all.safetensors", arrays(0, kItems));
  const std::string some = files.write("some.safetensors", arrays(kItems, kItems + kTests));
  TaskCase made{.texts = {"dataset(path=" + all + ", validation=0.3, test=0.3)"}, .right = copy_of("pointers", "targets")};
  made.apart = made.texts[0];
  made.is_list = true;
  made.listed = "dataset(path=" + all + ", test_file=" + some + ")";
  made.items = kTests;
  return made;
}

}  // namespace

void add_own_data(std::map<std::string, TaskCase>& cases, const std::filesystem::path& folder) {
  const Files files(folder);
  const auto digits = [](int i) { return std::to_string(i); };
  TaskCase& pairs = cases["pairs_file"] = files.of_lines(
      "pairs_file", [&](int i) { return digits(i) + "\t" + digits(i % 10) + digits(i % 7); }, ", units=characters");
  pairs.texts.push_back("pairs_file(validation=0.3, test=0.3, path=" + files.lines("words", 0, kItems, [&](int i) {
    return "a b c " + digits(i) + "\tx " + digits(i % 3);
  }) + ")");
  pairs.right = copy_of("answers", "targets");

  TaskCase& texts = cases["labelled_text"] = files.of_lines(
      "labelled_text", [&](int i) { return digits(i) + "\tlabel " + digits(i % 3); }, ", units=characters");
  texts.right = copy_of("answers", "targets");

  TaskCase& points = cases["points_file"] =
      files.of_lines("points_file", [](int i) { return point(i) + " " + point(i + 1) + " 1 0 output 3 1 2 3"; });
  points.texts.push_back("points_file(end=true, validation=0.3, test=0.3, path=" +
                         files.lines("hulls", 100, 100 + kItems,
                                     [](int i) { return point(i) + (i % 3 == 0 ? " 1 1 output 2" : " output 1"); }) +
                         ")");
  points.right = copy_of("pointers", "targets");

  TaskCase& table = cases["table_file"] = files.of_lines(
      "table_file", [&](int i) { return digits(i) + "," + digits(i * i) + ",kind " + digits(i % 3); }, "", "a,b,kind\n");
  table.right = copy_of("answer", "target");

  cases["images"] = of_images(files);
  cases["dataset"] = of_arrays(files);
}

}  // namespace fovea::test
