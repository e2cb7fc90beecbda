// The task `dataset`: arrays of the user's own, as the inputs of a model of the user's own.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tasks/data/dataset_items.h"

namespace fovea {
namespace {

using data::Column;
using data::DatasetRow;
using data::Part;

constexpr const char* kName = "dataset";
constexpr Index kMostLabels = 65536;  // numbers of an array that are written out as texts
const std::vector<std::string> kOutputs{"answers", "answer", "pointers", "prediction", "scores"};

class Dataset final : public data::ListedTask {
 public:
  void fields(Options& options) override { options_.fields(options); }
  void check() const override {
    options_.sources.check(kName);
    loaded();
  }
  Extent count(Split split) const override { return loaded().items.count(split); }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const std::vector<DatasetRow>& items = loaded().items.asked(split, options_.sources, kName);
    for (const Column& column : loaded().parts[0].columns) {
      batch.make(column.name, {column.item.inserted(0, batch.rows()), column.kind});
    }
    for (Extent b = 0; b < batch.rows(); ++b) {
      const DatasetRow& item = items[listed_item(rng, split, batch, b, static_cast<Extent>(items.size()))];
      for (const Column& column : loaded().parts[item.part].columns) {
        const Extent size = column.item.size();
        const Tensor to = batch.at(column.name);
        if (column.kind == Kind::kIndex) {
          std::copy_n(column.indices.data() + item.row * size, size, to.index() + b * size);
        } else {
          std::copy_n(column.reals.data() + item.row * size, size, to.real() + b * size);
        }
      }
    }
  }

  Meanings meanings() const override {
    Meanings meanings;
    for (const Column& column : loaded().parts[0].columns) meanings.tensors.push_back(meaning_of(column, meanings));
    const Column& target = *loaded().parts[0].find(loaded().target);
    for (const std::string& output : options_.output.empty() ? kOutputs : std::vector<std::string>{options_.output}) {
      if (loaded().parts[0].find(output) != nullptr) continue;
      TensorMeaning meaning = meaning_of(target, meanings);
      meaning.name = output;
      if (output == "scores" && target.kind == Kind::kIndex) {
        meaning.what = TensorMeaning::What::kScores;
        meaning.axes.emplace_back("class");
        meaning.padding.reset();
      }
      meanings.tensors.push_back(std::move(meaning));
    }
    return meanings;
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor target = batch.at(loaded().target);
    const std::string name = output_of(outputs);
    if (target.type.kind == Kind::kReal) return judge_numbers(target, require_output(outputs, name, target.type, kName));
    const auto found = outputs.find(name);
    const bool has_scores = found != outputs.end() && found->second.type.kind == Kind::kReal &&
                            found->second.shape().rank() == target.shape().rank() + 1 && found->second.shape().last() > 0 &&
                            found->second.shape().without(-1) == target.shape();
    if (!has_scores) return judge_classes(target, require_output(outputs, name, target.type, kName));
    std::vector<Index> best;
    const Extent classes = found->second.shape().last();
    for (Extent i = 0; i < target.size(); ++i) {
      const Real* row = found->second.real() + i * classes;
      best.push_back(static_cast<Index>(std::max_element(row, row + classes) - row));
    }
    return judge_classes(target, {best.data(), target.type});
  }

  double chance() const override { return loaded().chance; }

 private:
  const data::DatasetItems& loaded() const {
    return shared_.of(kName, options_, [this] { return data::load_dataset(kName, options_); });
  }

  /// What is known of an array; the texts of its numbers are put into `all`.
  TensorMeaning meaning_of(const Column& column, Meanings& all) const {
    using enum TensorMeaning::What;
    TensorMeaning meaning{column.name, column.kind == Kind::kIndex ? kIndex : kNumber};
    for (int axis = 0; axis < column.item.rank(); ++axis) meaning.axes.push_back("axis_" + std::to_string(axis + 1));
    if (column.kind != Kind::kIndex) return meaning;
    Index least = 0;
    Index most = 0;
    for (const Part& part : loaded().parts) {
      const std::vector<Index>& numbers = part.find(column.name)->indices;
      least = std::min(least, *std::min_element(numbers.begin(), numbers.end()));
      most = std::max(most, *std::max_element(numbers.begin(), numbers.end()));
    }
    if (least < -1 || most >= kMostLabels) return meaning;
    meaning.what = column.name == loaded().target ? kClass : kToken;
    meaning.padding = least < 0 ? std::optional<Index>(-1) : std::nullopt;
    meaning.labels = column.name;
    std::vector<std::string>& labels = all.labels[column.name];
    while (static_cast<Index>(labels.size()) <= most) labels.push_back(std::to_string(labels.size()));
    return meaning;
  }

  std::string output_of(const Outputs& outputs) const {
    if (!options_.output.empty()) return options_.output;
    for (const std::string& name : kOutputs) {
      if (outputs.contains(name)) return name;
    }
    return loaded().parts[0].find(loaded().target)->kind == Kind::kIndex ? "answers" : "prediction";
  }

  static Judgement judge_classes(const Tensor& target, const Tensor& given) {
    const EqualRows right = equal_rows(given, target);
    Judgement judgement{{{"accuracy", right.share}}, {}};
    if (target.shape().rank() > 1) judgement.metrics.push_back({"exact", right.whole});
    return judgement;
  }

  Judgement judge_numbers(const Tensor& target, const Tensor& given) const {
    const Extent rows = target.shape()[0];
    const Extent size = rows == 0 ? 1 : target.size() / rows;
    Judgement judgement{{{"r_squared", {}}, {"mean_squared_error", {}}}, {}};
    for (Extent b = 0; b < rows; ++b) {
      double squared = 0;
      for (Extent i = b * size; i < (b + 1) * size; ++i) {
        const double error = static_cast<double>(given.real()[i]) - static_cast<double>(target.real()[i]);
        squared += error * error / static_cast<double>(size);
      }
      judgement.metrics[0].rows.push_back(1 - squared / loaded().variance);
      judgement.metrics[1].rows.push_back(squared);
    }
    return judgement;
  }

  data::DatasetOptions options_;
  data::Shared<data::DatasetItems> shared_;
};

FOVEA_TASK("dataset", Dataset, R"doc(
Data set: arrays of the user's own, as the inputs of a model.

Example   arrays train/items, train/targets, test/items, test/targets, as sort_numbers has them -> a pointer network sorts.
Inputs    each array is a tensor of its name, items first; such as items [B, N, D], targets Index [B, N] for pointer
          networks. Whole numbers and bools are Index, others Real; `real` names arrays of whole numbers that are Real.
Files     HDF5, with groups train, validation and test (also val, valid, dev), or data sets train_items, ...; .npz with names
          train/items or train_items. All splits have the same arrays. Arrays without a split are all shared out, or belong
          to the split whose file they are in, as validation_file and test_file.
Splits    those of the arrays; the training items give a share to a split that has none, by a hash of all but the target.
Judges    target Index: output "answers", "answer", "pointers", "prediction" or "scores", Index of its shape, or Real with an
          axis of classes more, of which the best counts: accuracy, and exact where an item has several. A target below 0 is
          not judged. Chance, of one class an item: the share of test items with the most frequent class of training. Target
          Real: the output "prediction" or another of its shape: r_squared, 1 - squared error over variance in training;
          mean_squared_error.
Errors    files that are no such file or damaged, arrays of different lengths, shapes or kinds, numbers that are not finite
          or beyond 32 bits, targets and names that are not there.
Source    none; the file is the user's.
)doc");

}  // namespace
}  // namespace fovea
