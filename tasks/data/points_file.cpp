// The task `points_file`: the order of points, from a file of the user's own.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "framework/core/options.h"
#include "tasks/data/lines.h"
#include "tasks/data/points_line.h"
#include "tasks/data/sources.h"

namespace fovea {
namespace {

using Item = data::PointsItem;

constexpr const char* kName = "points_file";
constexpr Real kPointMark = 0;  // the last number of an item, where there is an end
constexpr Real kEndMark = 1;
constexpr Real kPaddingMark = -1;

struct PointsOptions {
  data::Sources sources{};
  Extent dimensions = 2;
  bool end = false;
  std::string judge = "order";
  Extent longest = 200;
  bool lenient = false;

  data::PointsForm form() const { return {dimensions, longest, end}; }

  void fields(Options& options) {
    sources.fields(options, "of a file with the numbers of points, the word output and their order in each line");
    options.add("dimensions", dimensions, "numbers D of a point, >= 1", {.low = 1, .high = 1000});
    options.add("end", end,
                "true: an item stands for the end, so that an order may leave points out and sets may differ in "
                "size");
    options.add("judge", judge, "the order itself, one that may begin anywhere, or the length of the closed tour",
                {"order", "cycle", "tour"});
    options.add("longest", longest, "most points of an item, >= 1", {.low = 1, .high = 1e5});
    options.add("lenient", lenient, "skip malformed lines, and count them");
  }
};

struct Points {
  data::Splits<Item> items;
  std::array<Extent, 3> most{0, 0, 0};  // points of an item of each split
  Extent least = 0;                     // of an item of any
  data::Skipped skipped;
};

Points load(const PointsOptions& options) {
  Points points;
  const Extent dimensions = options.dimensions;
  for (const data::Sources::File& file : options.sources.files()) {
    Extent first = 0;  // points of the first item of the file
    data::read_lines(file.path, options.lenient ? &points.skipped : nullptr, [&](std::string_view line, Extent) {
      Item item = data::points_of(line, options.form(), data::Order::kNeeded);
      const Extent count = static_cast<Extent>(item.numbers.size()) / dimensions;
      if (first == 0) first = count;
      if (count != first && !options.end) {
        throw data::LineError(0, "as many points as in the first line were expected, " + std::to_string(first) + "; " +
                                     std::to_string(count) + " came; set end=true for sets of several sizes.");
      }
      const std::string_view numbers = line.substr(0, line.find("output"));
      const Split split = options.sources.split_of(file, numbers);
      Extent& most = points.most[static_cast<std::size_t>(split)];
      most = std::max(most, count);
      points.least = points.least == 0 ? count : std::min(points.least, count);
      points.items.of(split).push_back(std::move(item));
    });
  }
  options.sources.check_counts(kName, points.items.counts());
  return points;
}

/// The length of the way through these points and back; 0 where one comes twice or is missing.
double tour_length(const Real* numbers, const Index* order, Extent count, Extent width) {
  std::vector<bool> is_used(static_cast<std::size_t>(count), false);
  double length = 0;
  for (Extent i = 0; i < count; ++i) {
    const Index here = order[i];
    const Index next = order[(i + 1) % count];
    if (here < 0 || here >= count || next < 0 || next >= count || is_used[here]) return 0;
    is_used[here] = true;
    double squares = 0;
    for (Extent d = 0; d < width; ++d) {
      const double step = static_cast<double>(numbers[here * width + d]) - static_cast<double>(numbers[next * width + d]);
      squares += step * step;
    }
    length += std::sqrt(squares);
  }
  return length;
}

class PointsFile final : public data::ListedTask {
 public:
  void fields(Options& options) override { options_.fields(options); }
  void check() const override {
    options_.sources.check(kName);
    if (options_.end && options_.judge == "tour") {
      throw Error(kName,
                  "a tour has all points; end is true, so that points may be left out; set judge=order or end=false.");
    }
    points();
  }
  Extent count(Split split) const override { return points().items.count(split); }

  void fill(Rng& rng, Split split, Batch& batch) const override {
    const std::vector<Item>& items = points().items.asked(split, options_.sources, kName);
    const Extent most = options_.end ? largest() : points().most[static_cast<std::size_t>(split)];
    const Rows rows(batch, options_, most);
    for (Extent b = 0; b < batch.rows(); ++b) {
      rows.write(items[listed_item(rng, split, batch, b, static_cast<Extent>(items.size()))], b);
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"items", kNumber, {"place", "number"}},
             {"targets", kItem, {"rank"}, "", -1, "items:1"},
             {"pointers", kItem, {"rank"}, "", -1, "items:1"},
             {"log_prob", kLogProbability}},
            {}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Tensor targets = batch.at("targets");
    const Tensor pointers = require_output(outputs, "pointers", targets.type, kName);
    const EqualRows right = options_.judge == "cycle" ? equal_cycles(pointers, targets) : equal_rows(pointers, targets);
    Judgement judgement{{{"sequence_accuracy", right.whole}, {"element_accuracy", right.share}}, {}};
    if (options_.judge != "tour") return judgement;
    const Tensor items = batch.at("items");
    const Extent count = items.shape()[1];
    judgement.metrics.insert(judgement.metrics.begin(), {"tour_ratio", {}});
    for (Extent b = 0; b < batch.rows(); ++b) {
      const auto length_of = [&](const Tensor& order) {
        return tour_length(items.real() + b * count * options_.dimensions, order.index() + b * count, count,
                           options_.dimensions);
      };
      const double given = length_of(pointers);
      judgement.metrics[0].rows.push_back(given > 0 ? length_of(targets) / given : right.whole[b]);
    }
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override {
    const Tensor items = batch.at("items");
    const Extent count = items.shape()[1];
    const Extent width = items.shape()[2];
    std::string text;
    for (Extent i = 0; i < count; ++i) {
      const Real* item = items.real() + (row * count + i) * width;
      if (options_.end && item[width - 1] != kPointMark) continue;
      for (Extent d = 0; d < options_.dimensions; ++d) text += number_text(static_cast<double>(item[d])) + " ";
    }
    return text + "output" + order_text(batch, batch.at("targets"), row) + "\n";
  }

  std::string item_format() const override {
    return "the " + std::to_string(options_.dimensions) +
           " numbers of each point, separated by blanks; the word output and an order may follow";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      Item item = data::points_of(line, options_.form(), data::Order::kOptional);
      const Extent count = static_cast<Extent>(item.numbers.size()) / options_.dimensions;
      for (Index i = 0; item.order.empty() && i < static_cast<Index>(count); ++i) item.order.push_back(i);
      const bool has_padding = options_.end && points().least < largest();
      const Extent most = has_padding ? largest() : count;  // what training had, so that nothing is new to the model
      Rows(batch, options_, std::max(most, count)).write(item, 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows(), batch.at("items").shape()[1]}, Kind::kIndex};
    const std::string text = order_text(batch, require_output(outputs, "pointers", type, kName), row);
    return (text.empty() ? text : text.substr(1)) + "\n";
  }

  std::string note() const override {
    const std::string text = data::text_of(points().skipped);
    return text.empty() ? "" : std::string(kName) + ": " + text;
  }

 private:
  /// items [B, N, D], targets [B, N]; with an end items [B, N + 1, D + 1], targets [B, N + 1].
  struct Rows {
    Tensor items, targets;
    const PointsOptions& options;

    Rows(Batch& batch, const PointsOptions& settings, Extent most)
        : items(batch.make(
              "items", {Shape{batch.rows(), most + extra(settings), settings.dimensions + extra(settings)}, Kind::kReal})),
          targets(batch.make("targets", {Shape{batch.rows(), most + extra(settings)}, Kind::kIndex})),
          options(settings) {}
    static Extent extra(const PointsOptions& settings) { return settings.end ? 1 : 0; }

    void write(const Item& item, Extent b) const {
      const Extent count = items.shape()[1];
      const Extent width = items.shape()[2];
      const Extent dimensions = options.dimensions;
      const Extent points = static_cast<Extent>(item.numbers.size()) / dimensions;
      Real* row = items.real() + b * count * width;
      std::fill_n(row, count * width, Real(0));
      for (Extent i = 0; i < points; ++i) {
        std::copy_n(item.numbers.begin() + static_cast<std::ptrdiff_t>(i * dimensions), dimensions, row + i * width);
      }
      Index* order = targets.index() + b * count;
      order = std::copy(item.order.begin(), item.order.end(), order);
      if (!options.end) return;
      for (Extent i = 0; i < count; ++i) {
        row[i * width + dimensions] = i < points ? kPointMark : i + 1 == count ? kEndMark : kPaddingMark;
      }
      *order++ = static_cast<Index>(count - 1);
      std::fill(order, targets.index() + (b + 1) * count, Index{-1});
    }
  };

  Extent largest() const { return *std::max_element(points().most.begin(), points().most.end()); }

  /// As equal_rows, for targets that are turned so that they begin as the pointers do.
  EqualRows equal_cycles(const Tensor& pointers, const Tensor& targets) const {
    std::vector<Index> turned(targets.index(), targets.index() + targets.size());
    const Extent width = targets.shape()[1];
    for (Extent b = 0; b < targets.shape()[0]; ++b) {
      const auto first = turned.begin() + b * width;
      auto last = std::find(first, first + width, Index{-1});
      if (options_.end) --last;  // the end stays
      const auto begin = std::find(first, last, pointers.index()[b * width]);
      if (begin != last) std::rotate(first, begin, last);
    }
    return equal_rows(pointers, {turned.data(), targets.type});
  }

  /// " 3 1 2", from 1, up to the end.
  std::string order_text(const Batch& batch, const Tensor& order, Extent row) const {
    const Extent count = batch.at("items").shape()[1];
    std::string text;
    for (Extent i = row * count; i < (row + 1) * count; ++i) {
      const Index item = order.index()[i];
      if (options_.end && (item < 0 || item == static_cast<Index>(count - 1))) break;
      text += " " + std::to_string(item + 1);
    }
    return text;
  }

  const Points& points() const {
    return shared_.of(kName, options_, [this] { return load(options_); });
  }

  PointsOptions options_;
  data::Shared<Points> shared_;
};

FOVEA_TASK("points_file", PointsFile, R"doc(
Points: in which order points follow each other, from a file of the user's own.

Example   a line "0 0 1 1 1 0 output 1 3 2 1": items (0, 0), (1, 1), (1, 0) -> targets 0, 2, 1.
Inputs    items [B, N, D], points of D=dimensions numbers as they are in the file; targets Index [B, N], positions in [0, N).
File      the numbers of all points, the word "output", and the numbers of points from 1 in their order; the first one may
          come again at the end, as tours are closed. Without an end all lines of a file have as many points, and name each
          once.
End       with end=true items have a number more, 0 for a point, 1 for the end and -1 for padding (whose other numbers are
          0), and there is an item more, the last one: the end, which follows the last point of the order; -1 past it. Then
          an order may leave points out, as convex hulls do, and sets may differ in size.
Splits    files, or shares of one: a hash of the points decides, and lines that are added move no other.
Judges    output "pointers", Index of the shape of the targets: sequence_accuracy, element_accuracy; with judge=cycle an
          order is right wherever in it the model begins, as for hulls; with judge=tour comes first tour_ratio, the length of
          the tour of the file, closed, over that of the model, 0 for a tour that leaves a point out.
Errors    numbers that are none, points that are not complete, orders with unknown, missing or repeated points: with the
          place in the file. With lenient=true such lines are skipped and counted.
Source    the format of the released data of Vinyals, Fortunato & Jaitly 2015, arXiv:1506.03134; the file is the user's.
)doc");

}  // namespace
}  // namespace fovea
