#include "tasks/data/sources.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "framework/files/atomic_file.h"

namespace fovea::data {
namespace {

/// A number in [0, 1) that an item and a seed always have.
double place_of(std::string_view item, Extent seed) {
  constexpr std::size_t kDigits = 13;  // hexadecimal: 52 bits, as a double holds them
  constexpr double kAll = 4503599627370496.0;
  const std::string text = std::to_string(seed) + "\n" + std::string(item);
  const std::string hash = hash_of(std::as_bytes(std::span(text)));
  std::uint64_t number = 0;
  std::from_chars(hash.data(), hash.data() + kDigits, number, 16);
  return static_cast<double>(number) / kAll;
}

const char* name_of(Split split) {
  return split == Split::kTrain ? "training" : split == Split::kValidation ? "validation" : "test";
}

}  // namespace

void Sources::fields(Options& options, const std::string& what) {
  options.add("path", path, what);
  options.add("validation_file", validation_file, "of validation items; empty: a share of those of path");
  options.add("test_file", test_file, "of test items; empty: a share of those of path");
  options.add("validation", validation, "share of path for validation where it has no file, in [0, 0.9]",
              {.low = 0, .high = 0.9});
  options.add("test", test, "share of path for the test where it has no file, in [0, 0.9]", {.low = 0, .high = 0.9});
  options.add("split_seed", split_seed, "another number shares the items of path out anew, >= 0", {.low = 0});
}

void Sources::check(const std::string& task) const {
  if (path.empty()) throw Error(task, "the path of a file was expected; none came; set path=FILE.");
  const double shared = (validation_file.empty() ? validation : 0) + (test_file.empty() ? test : 0);
  if (shared < 1) return;
  throw Error(task, "items to train on were expected; validation and test take " + number_text(shared) +
                        " of the file; set smaller shares.");
}

std::vector<Sources::File> Sources::files() const {
  std::vector<File> files{{path, Split::kTrain, true}};
  if (!validation_file.empty()) files.push_back({validation_file, Split::kValidation});
  if (!test_file.empty()) files.push_back({test_file, Split::kTest});
  return files;
}

Split Sources::split_of(const File& file, std::string_view item) const {
  if (!file.is_shared) return file.split;
  const double of_test = test_file.empty() ? test : 0;
  const double of_validation = validation_file.empty() ? validation : 0;
  if (of_test + of_validation == 0) return Split::kTrain;
  // From both ends, so that the share of one moves no item of the other.
  const double place = place_of(item, split_seed);
  return place < of_test ? Split::kTest : place >= 1 - of_validation ? Split::kValidation : Split::kTrain;
}

void Sources::check_counts(const std::string& task, const std::array<Extent, 3>& counts) const {
  const Extent all = counts[0] + counts[1] + counts[2];
  for (const Split split : {Split::kTrain, Split::kValidation, Split::kTest}) {
    const bool is_validation = split == Split::kValidation;
    const bool is_wanted = split == Split::kTrain || (is_validation ? validation : test) > 0 ||
                           !(is_validation ? validation_file : test_file).empty();
    if (!is_wanted || counts[static_cast<std::size_t>(split)] > 0) continue;
    throw Error(task, std::string(name_of(split)) + " items were expected; of " + std::to_string(all) +
                          " items in the files none is one; give more items, another share or another split_seed.");
  }
}

Error Sources::nothing_in(Split split, const std::string& task) const {
  const std::string option = split == Split::kValidation ? "validation" : "test";
  return Error(task, std::string(name_of(split)) + " items were expected; there are none; set " + option +
                         " above 0, give " + option + "_file, or set " + option + "_rows=0.");
}

double most_frequent_share(const std::vector<Index>& train, const std::vector<Index>& test) {
  if (train.empty() || test.empty()) return -1;
  std::map<Index, Extent> counts;
  for (const Index one : train) ++counts[one];
  const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
  const Index most = std::max_element(counts.begin(), counts.end(), by_count)->first;
  return static_cast<double>(std::count(test.begin(), test.end(), most)) / static_cast<double>(test.size());
}

}  // namespace fovea::data
