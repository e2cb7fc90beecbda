// The task `table_file`: a column of a table from its other columns, from a file of the user's own.

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tasks/data/table_rows.h"

namespace fovea {
namespace {

using data::Scale;
using data::TableItem;

constexpr const char* kName = "table_file";

class TableFile final : public data::ListedTask {
 public:
  void fields(Options& options) override { options_.fields(options); }
  void check() const override {
    options_.sources.check(kName);
    table();
  }
  Extent count(Split split) const override { return table().items.count(split); }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const std::vector<TableItem>& items = table().items.asked(split, options_.sources, kName);
    make(batch);
    for (Extent b = 0; b < batch.rows(); ++b) {
      write(items[listed_item(rng, split, batch, b, static_cast<Extent>(items.size()))], batch, b);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    Meanings meanings{{{"items", kNumber, {"column", "number"}}}, {}};
    if (options_.has_classes()) {
      meanings.tensors.push_back({"target", kClass, {}, "class"});
      meanings.tensors.push_back({"answer", kClass, {}, "class"});
      meanings.labels["class"] = table().classes;
    } else {
      meanings.tensors.push_back({"target", kNumber, {"column"}});
      meanings.tensors.push_back({"prediction", kNumber, {"column"}});
    }
    return meanings;
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    return options_.has_classes() ? judge_classes(batch, outputs) : judge_numbers(batch, outputs);
  }

  double chance() const override { return table().chance; }

  std::string text(const Batch& batch, Extent row) const override {
    const std::vector<std::string> names = feature_names();
    const auto width = static_cast<Extent>(names.size());
    const Real* items = batch.at("items").real() + row * width;
    std::string text;
    for (Extent i = 0; i < width; ++i) {
      text += (text.empty() ? "" : ", ") + names[i] + " " + number_of(items[i], table().features[i]);
    }
    return text + " -> " + target_text(batch.at("target"), row) + "\n";
  }

  std::string item_format() const override {
    std::string columns;
    for (const std::string& name : feature_names()) columns += (columns.empty() ? "" : ", ") + name;
    const char separator = table().columns.separator;
    return "numbers for " + columns + ", separated by " +
           (separator == '\t'  ? "tabs"
            : separator == ';' ? "semicolons"
                               : "commas") +
           "; or a row with all columns of the file";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      make(batch);
      write({data::features_of(line, table()), std::vector<Real>(table().targets.size(), 0), 0}, batch, 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const std::string name = options_.has_classes() ? "answer" : "prediction";
    return target_text(require_output(outputs, name, target_type(batch.rows()), kName), row) + "\n";
  }

  std::string note() const override {
    const std::string text = data::text_of(table().skipped);
    return text.empty() ? "" : std::string(kName) + ": " + text;
  }

 private:
  const data::Table& table() const {
    return shared_.of(kName, options_, [this] { return data::load_table(kName, options_); });
  }

  std::vector<std::string> feature_names() const {
    std::vector<std::string> names;
    for (const std::size_t column : table().columns.features) names.push_back(table().columns.names[column]);
    return names;
  }

  void make(Batch& batch) const {
    batch.make("items", {Shape{batch.rows(), static_cast<Extent>(table().features.size()), 1}, Kind::kReal});
    batch.make("target", target_type(batch.rows()));
  }

  Type target_type(Extent rows) const {
    if (options_.has_classes()) return {Shape{rows}, Kind::kIndex};
    return {Shape{rows, static_cast<Extent>(table().targets.size())}, Kind::kReal};
  }

  void write(const TableItem& item, const Batch& batch, Extent b) const {
    const auto put = [b](const std::vector<Real>& from, const Tensor& to) {
      std::copy(from.begin(), from.end(), to.real() + b * static_cast<Extent>(from.size()));
    };
    put(item.features, batch.at("items"));
    if (options_.has_classes()) {
      batch.at("target").index()[b] = item.label;
    } else {
      put(item.targets, batch.at("target"));
    }
  }

  Judgement judge_classes(const Batch& batch, const Outputs& outputs) const {
    const Tensor target = batch.at("target");
    Judgement judgement{{{"accuracy", equal_rows(require_output(outputs, "answer", target.type, kName), target).whole}}, {}};
    for (Extent b = 0; b < batch.rows(); ++b) judgement.slices.push_back("class=" + target_text(target, b));
    return judgement;
  }

  /// R^2 is 1 - the mean squared error over the variance of the training targets: a mean of one value for each row.
  Judgement judge_numbers(const Batch& batch, const Outputs& outputs) const {
    const Tensor target = batch.at("target");
    const Tensor given = require_output(outputs, "prediction", target.type, kName);
    const Extent width = target.shape()[1];
    Judgement judgement{{{"r_squared", {}}, {"mean_squared_error", {}}, {"mean_absolute_error", {}}}, {}};
    for (Extent b = 0; b < batch.rows(); ++b) {
      double unexplained = 0;
      double squared = 0;
      double absolute = 0;
      for (Extent k = 0; k < width; ++k) {
        const double error =
            static_cast<double>(given.real()[b * width + k]) - static_cast<double>(target.real()[b * width + k]);
        const double in_units = error * table().targets[k].deviation;
        unexplained += error * error / table().target_squares[k];
        squared += in_units * in_units;
        absolute += std::abs(in_units);
      }
      const auto count = static_cast<double>(width);
      judgement.metrics[0].rows.push_back(1 - unexplained / count);
      judgement.metrics[1].rows.push_back(squared / count);
      judgement.metrics[2].rows.push_back(absolute / count);
    }
    return judgement;
  }

  /// In the units of the file, with as many digits as are sure.
  static std::string number_of(Real scaled, const Scale& scale) {
    return fmt::format("{:.6g}", static_cast<double>(scaled) * scale.deviation + scale.mean);
  }

  std::string target_text(const Tensor& tensor, Extent row) const {
    if (options_.has_classes()) {
      const Index number = tensor.index()[row];
      const bool is_known = number >= 0 && number < static_cast<Index>(table().classes.size());
      return is_known ? table().classes[number] : std::to_string(number);
    }
    std::string text;
    const auto width = static_cast<Extent>(table().targets.size());
    for (Extent k = 0; k < width; ++k) {
      text += (text.empty() ? "" : " ") + number_of(tensor.real()[row * width + k], table().targets[k]);
    }
    return text;
  }

  data::TableOptions options_;
  data::Shared<data::Table> shared_;
};

FOVEA_TASK("table_file", TableFile, R"doc(
Table: a column of a table from its other columns, from a file of the user's own.

Example   columns length, width and kind, a row "5.1, 3.5, setosa", kind=class: items 5.1, 3.5 (scaled) -> the class setosa.
Inputs    items [B, F, 1], the numbers of the F columns that are neither target nor ignored, in the order of the file; target
          Index [B], the classes of training in the order of their bytes.
Numbers   kind=real: target [B, K] instead, the K columns that target names. With scale=standard every number is read as (x -
          mean) / deviation, by the mean and deviation of its column in training; a column that is constant there is 0.
File      cells separated by commas, semicolons or tabs, names of columns first; a cell in double quotes may hold a
          separator.
Splits    files, or shares of one: a hash of the cells that are features decides, and rows that are added move no other.
Judges    classes: output "answer", Index [B]: accuracy. Slices by class. Chance: the share of test rows with the most
          frequent class of training. Numbers: output "prediction", [B, K], scaled as the target: r_squared, 1 minus the
          squared error over the variance of training; mean_squared_error and mean_absolute_error in the units of the file.
Errors    rows with more or fewer cells than the first line, cells that are no finite number, empty classes, classes that
          training does not have: with the place in the file. With lenient=true such rows are skipped and counted.
Source    none; the file is the user's.
)doc");

}  // namespace
}  // namespace fovea
