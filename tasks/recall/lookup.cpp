// The task `lookup`: a query that resembles one of several keys is answered with the value stored beside it.

#include <string>

#include "framework/core/span.h"
#include "framework/task.h"

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
    const Extent rows = batch.rows();
    const Tensor keys = batch.make("keys", {Shape{rows, n_, width_}, Kind::kReal});
    const Tensor values = batch.make("values", {Shape{rows, n_}, Kind::kIndex});
    const Tensor query = batch.make("query", {Shape{rows, width_}, Kind::kReal});
    const Tensor target = batch.make("target", {Shape{rows}, Kind::kIndex});
    const Tensor place = batch.make("place", {Shape{rows}, Kind::kIndex});
    rng.fill_normal(span_of(keys.real(), keys.size()));
    for (Extent i = 0; i < values.size(); ++i) values.index()[i] = static_cast<Index>(rng.below(values_));
    for (Extent b = 0; b < rows; ++b) {
      const Extent asked = rng.below(n_);
      place.index()[b] = static_cast<Index>(asked);
      target.index()[b] = values.index()[b * n_ + asked];
      for (Extent i = 0; i < width_; ++i) {
        query.real()[b * width_ + i] = keys.real()[(b * n_ + asked) * width_ + i] + static_cast<Real>(noise_ * rng.normal());
      }
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

 private:
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
