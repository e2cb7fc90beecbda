#include "tasks/data/dataset_items.h"

#include <cmath>
#include <utility>

#include "framework/core/text.h"
#include "tasks/data/lines.h"

namespace fovea::data {
namespace {

const std::vector<std::string> kTargets{"targets", "target", "labels", "label", "y"};

class Loader {
 public:
  Loader(std::string task, const DatasetOptions& options) : task_(std::move(task)), options_(options) {
    for (const Field& name : fields_of(options.real, '+')) {
      if (!name.text.empty()) real_.emplace_back(trimmed(name.text));
    }
  }

  DatasetItems load() {
    Sources sources = options_.sources;
    add_first(read_parts(sources.path, real_), sources);
    for (const Sources::File& file : options_.sources.files()) {
      if (file.is_shared) continue;
      Parts parts = read_parts(file.path, real_);
      const auto found = parts.of_split.find(file.split);
      if (!parts.whole && found == parts.of_split.end()) {
        throw Error(file.path,
                    "arrays of the split that this file is for were expected; those of others came; name them "
                    "without a split.");
      }
      add(std::move(parts.whole ? *parts.whole : found->second), {file.path, file.split});
    }
    sources.check_counts(task_, loaded_.items.counts());
    check_names();
    measure();
    return std::move(loaded_);
  }

 private:
  void add_first(Parts parts, Sources& sources) {
    if (parts.whole) return share(std::move(*parts.whole), sources);
    const auto train = parts.of_split.find(Split::kTrain);
    if (train == parts.of_split.end()) {
      throw Error(sources.path, "arrays train/... were expected beside those of other splits; there are none; add them.");
    }
    // A split that has arrays of its own takes no share.
    for (const Split split : {Split::kValidation, Split::kTest}) {
      std::string& file = split == Split::kValidation ? sources.validation_file : sources.test_file;
      if (!parts.of_split.contains(split)) continue;
      if (!file.empty()) {
        throw Error(file, "items of a split from one file were expected; " + in_quotes(sources.path) +
                              " has arrays of it too; leave one of them out.");
      }
      file = sources.path;
    }
    share(std::move(train->second), sources);
    for (auto& [split, part] : parts.of_split) {
      if (split != Split::kTrain) add(std::move(part), {sources.path, split});
    }
  }

  /// The training items, of which other splits may get a share.
  void share(Part given, const Sources& sources) {
    loaded_.parts.push_back(std::move(given));
    const Part& part = loaded_.parts[0];
    loaded_.target = target_of(part);
    for (Extent row = 0; row < part.rows; ++row) {
      std::string item;
      for (const Column& column : part.columns) {
        if (column.name != loaded_.target) column.append_row(item, row);
      }
      loaded_.items.of(sources.split_of(sources.files()[0], item)).push_back({0, row});
    }
  }

  void add(Part part, const Sources::File& file) {
    check_same(part, loaded_.parts[0], file.path, file.split);
    for (Extent row = 0; row < part.rows; ++row) loaded_.items.of(file.split).push_back({loaded_.parts.size(), row});
    loaded_.parts.push_back(std::move(part));
  }

  std::string target_of(const Part& part) const {
    std::vector<std::string> names;
    for (const Column& column : part.columns) names.push_back(column.name);
    if (!options_.target.empty()) {
      if (part.find(options_.target) != nullptr) return options_.target;
      throw Error(options_.sources.path,
                  "the array of the option target was expected; " + unknown_name(options_.target, names));
    }
    for (const std::string& name : kTargets) {
      if (part.find(name) != nullptr) return name;
    }
    throw Error(options_.sources.path, "an array targets, target, labels, label or y was expected; the arrays are " +
                                           listed(names) + "; set target=NAME.");
  }

  static std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + printable(name);
    return text;
  }

  void check_names() const {
    for (const std::string& name : real_) {
      if (loaded_.parts[0].find(name) != nullptr) continue;
      std::vector<std::string> names;
      for (const Column& column : loaded_.parts[0].columns) names.push_back(column.name);
      throw Error(options_.sources.path, "arrays that the option real names were expected; " + unknown_name(name, names));
    }
  }

  void measure() {
    const Column& target = *loaded_.parts[0].find(loaded_.target);
    if (target.kind == Kind::kReal) {
      loaded_.variance = variance_of(target);
    } else if (target.item.rank() == 0) {
      loaded_.chance = most_frequent_share(classes_of(Split::kTrain), classes_of(Split::kTest));
    }
  }

  std::vector<Index> classes_of(Split split) const {
    std::vector<Index> classes;
    for (const DatasetRow& item : loaded_.items.of(split)) {
      classes.push_back(loaded_.parts[item.part].find(loaded_.target)->indices[static_cast<std::size_t>(item.row)]);
    }
    return classes;
  }

  /// The mean over the numbers of an item of their variances among the training items; 1 where all are constant.
  double variance_of(const Column& target) const {
    const Extent size = target.item.size();
    const std::vector<DatasetRow>& train = loaded_.items.of(Split::kTrain);
    const auto count = static_cast<double>(train.size());
    double sum = 0;
    for (Extent i = 0; i < size; ++i) {
      double mean = 0;
      double squares = 0;
      const auto value = [&](const DatasetRow& item) { return static_cast<double>(target.reals[item.row * size + i]); };
      for (const DatasetRow& item : train) mean += value(item) / count;
      for (const DatasetRow& item : train) squares += std::pow(value(item) - mean, 2) / count;
      sum += squares / static_cast<double>(size);
    }
    return sum > 0 ? sum : 1;
  }

  std::string task_;
  const DatasetOptions& options_;
  std::vector<std::string> real_;
  DatasetItems loaded_;
};

}  // namespace

void DatasetOptions::fields(Options& options) {
  sources.fields(options, "of an HDF5 or .npz file with arrays train/NAME, test/NAME, ...");
  options.add("target", target, "array that outputs are judged by; empty: targets, target, labels, label or y");
  options.add("output", output, "output that is judged; empty: answers, answer, pointers, prediction or scores");
  options.add("real", real, "names of arrays of whole numbers that are read as real ones, joined by +");
}

DatasetItems load_dataset(const std::string& task, const DatasetOptions& options) { return Loader(task, options).load(); }

}  // namespace fovea::data
