// The task `lookup`: a query that resembles one of several keys is answered with the value stored beside it.

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <string>

#include "framework/core/span.h"
#include "framework/core/text.h"
#include "framework/task.h"
#include "tasks/data/lines.h"

namespace fovea {
namespace {

constexpr const char* kName = "lookup";

class Lookup : public Task {
 public:
  void fields(Options& options) override {
    options.add("n", n_, "items, >= 2", {.low = 2, .high = 1e6});
    options.add("width", width_, "width of keys and query, >= 1", {.low = 1, .high = 1e5});
    options.add("values", values_, "different values, >= 2", {.low = 2, .high = 1e6});
    options.add("noise", noise_, "deviation of what is added to the key that is asked for, >= 0", {.low = 0});
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const Tensors made(batch, n_, width_);
    rng.fill_normal(span_of(made.keys.real(), made.keys.size()));
    for (Extent i = 0; i < made.values.size(); ++i) made.values.index()[i] = static_cast<Index>(rng.below(values_));
    for (Extent b = 0; b < batch.rows(); ++b) {
      const Extent asked = rng.below(n_);
      made.ask(b, asked);
      const Real* key = made.keys.real() + (b * n_ + asked) * width_;
      Real* query = made.query.real() + b * width_;
      for (Extent i = 0; i < width_; ++i) query[i] = key[i] + static_cast<Real>(noise_ * rng.normal());
    }
  }

  Meanings meanings() const override {
    using enum TensorMeaning::What;
    return {{{"keys", kNumber, {"place", "width"}},
             {"values", kClass, {"place"}},
             {"query", kNumber, {"width"}},
             {"target", kClass},
             {"place", kItem, {}, "", {}, "keys:1"},
             {"answer", kClass},
             {"chosen", kItem, {}, "", {}, "keys:1"}},
            {}};
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const auto right = [&](const char* output, const Tensor& wanted) {
      return equal_rows(require_output(outputs, output, wanted.type, kName), wanted).whole;
    };
    Judgement judgement{{{"accuracy", right("answer", batch.at("target"))}}, {}};
    if (outputs.contains("chosen")) judgement.metrics.push_back({"selection_accuracy", right("chosen", batch.at("place"))});
    return judgement;
  }

  double chance() const override { return 1.0 / static_cast<double>(values_); }

  std::string item_format() const override {
    return "pairs of a value in [0, " + std::to_string(values_ - 1) + "] and a key of " + std::to_string(width_) +
           " numbers, and after '?' a query, such as '5: 0.1 -1.2; 2: 0.7 0.3 ? 0.6 0.3' for keys of 2";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) { read(line, batch); });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{Shape{batch.rows()}, Kind::kIndex};
    std::string text = std::to_string(require_output(outputs, "answer", type, kName).index()[row]);
    if (outputs.contains("chosen")) {
      text += " (item " + std::to_string(require_output(outputs, "chosen", type, kName).index()[row]) + ")";
    }
    return text + "\n";
  }

 private:
  struct Tensors {
    Tensors(Batch& batch, Extent n, Extent width)
        : keys(batch.make("keys", {Shape{batch.rows(), n, width}, Kind::kReal})),
          values(batch.make("values", {Shape{batch.rows(), n}, Kind::kIndex})),
          query(batch.make("query", {Shape{batch.rows(), width}, Kind::kReal})),
          target(batch.make("target", {Shape{batch.rows()}, Kind::kIndex})),
          place(batch.make("place", {Shape{batch.rows()}, Kind::kIndex})) {}

    void ask(Extent b, Extent asked) const {
      place.index()[b] = static_cast<Index>(asked);
      target.index()[b] = values.index()[b * values.shape()[1] + asked];
    }

    Tensor keys;    // [B, N, width]
    Tensor values;  // [B, N]
    Tensor query;   // [B, width]
    Tensor target;  // [B]
    Tensor place;   // [B]
  };

  /// The numbers of a key or of the query.
  void read_numbers(const data::Field& field, Real* to) const {
    const std::vector<data::Field> words = data::words_of(field.text);
    if (static_cast<Extent>(words.size()) != width_) {
      throw data::LineError(field.begin, std::to_string(width_) + " numbers, the width of a key, were expected; " +
                                             std::to_string(words.size()) + " came; correct them.");
    }
    for (const data::Field& word : words) {
      *to++ = static_cast<Real>(data::real_of({word.text, field.begin + word.begin}, "a number"));
    }
  }

  void read(std::string_view line, Batch& batch) const {
    const std::size_t mark = line.find('?');
    if (mark == std::string_view::npos) {
      throw data::LineError(line.size(), "'?' and a query were expected after the items; the line ends; add them.");
    }
    const std::vector<data::Field> items = data::fields_of(line.substr(0, mark), ';');
    const Tensors made(batch, static_cast<Extent>(items.size()), width_);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::size_t colon = std::min(items[i].text.find(':'), items[i].text.size());
      const data::Field value{trimmed(items[i].text.substr(0, colon)), items[i].begin};
      made.values.index()[i] = static_cast<Index>(data::whole_of(value, "a value", 0, values_ - 1));
      const std::size_t begin = std::min(colon + 1, items[i].text.size());
      read_numbers({items[i].text.substr(begin), items[i].begin + begin},
                   made.keys.real() + static_cast<Extent>(i) * width_);
    }
    read_numbers({line.substr(mark + 1), mark + 1}, made.query.real());
    made.ask(0, nearest(made));
  }

  /// The item whose key is nearest to the query of the first row.
  Extent nearest(const Tensors& made) const {
    Extent best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (Extent item = 0; item < made.values.shape()[1]; ++item) {
      const Real* key = made.keys.real() + item * width_;
      const double distance =
          std::inner_product(key, key + width_, made.query.real(), 0.0, std::plus<>(), [](Real a, Real b) {
            const double difference = static_cast<double>(a) - static_cast<double>(b);
            return difference * difference;
          });
      if (distance >= least) continue;
      least = distance;
      best = item;
    }
    return best;
  }

  Extent n_ = 16;
  Extent width_ = 8;
  Extent values_ = 8;
  double noise_ = 0.3;
};

FOVEA_TASK("lookup", Lookup, R"doc(
Lookup: a query that resembles one of n keys is answered with the value stored beside that key.

Example   n=3: keys k0, k1, k2 with values 5, 2, 7 and a query near k1 -> target 2, place 1.
Inputs    keys [B, N, width], normal numbers; values Index [B, N], uniform; query [B, width], a key plus normal noise; target
          Index [B]; place Index [B], the item that was asked for: the right choice, which a model must not read.
Outputs   "answer" Index [B], a value; where there is one, "chosen" Index [B], an item.
Metrics   accuracy, the share of right answers; chance: 1 / values. selection_accuracy, the share of choices that are the
          item asked for; chance: 1 / n.
Splits    independent streams of random numbers.
)doc");

}  // namespace
}  // namespace fovea
