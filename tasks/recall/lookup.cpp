// The task `lookup`: a query that resembles one of several keys is answered with the value stored beside it.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

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

  void fill(Rng& rng, Split split, Batch& batch) const override {
    Rng own = split_generator(rng, split);
    const Extent rows = batch.rows();
    const Tensor keys = batch.make("keys", {Shape{rows, n_, width_}, Kind::kReal});
    const Tensor values = batch.make("values", {Shape{rows, n_}, Kind::kIndex});
    const Tensor query = batch.make("query", {Shape{rows, width_}, Kind::kReal});
    const Tensor target = batch.make("target", {Shape{rows}, Kind::kIndex});
    const Tensor place = batch.make("place", {Shape{rows}, Kind::kIndex});
    own.fill_normal({keys.real(), static_cast<std::size_t>(keys.size())});
    for (Extent i = 0; i < values.size(); ++i) values.index()[i] = static_cast<Index>(own.below(values_));
    for (Extent b = 0; b < rows; ++b) {
      const Extent asked = own.below(n_);
      place.index()[b] = static_cast<Index>(asked);
      target.index()[b] = values.index()[b * n_ + asked];
      for (Extent i = 0; i < width_; ++i) {
        query.real()[b * width_ + i] = keys.real()[(b * n_ + asked) * width_ + i] + static_cast<Real>(noise_ * own.normal());
      }
    }
  }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement{{{"accuracy", equal(batch.at("target"), outputs, "answer")}}, {}};
    if (outputs.contains("chosen")) {
      judgement.metrics.push_back({"selection_accuracy", equal(batch.at("place"), outputs, "chosen")});
    }
    return judgement;
  }

  double chance() const override { return 1.0 / static_cast<double>(values_); }

 private:
  /// Numbers of a stream of the split's own, as in sort_numbers.
  static Rng split_generator(Rng& rng, Split split) {
    const std::uint64_t high = rng.bits();
    const std::uint64_t low = rng.bits();
    const char* stream = split == Split::kTrain        ? "lookup/train"
                         : split == Split::kValidation ? "lookup/validation"
                                                       : "lookup/test";
    return Rng({.seed = (high << 32) | low, .stream = stream_of(stream)});
  }

  static std::vector<double> equal(const Tensor& wanted, const Outputs& outputs, const std::string& name) {
    const auto found = outputs.find(name);
    if (found == outputs.end() || !(found->second.type == wanted.type)) {
      throw Error(kName, "an output '" + name + "', Index " + wanted.shape().text() + ", is needed; the model has " +
                             (found == outputs.end() ? "none" : found->second.shape().text()) +
                             "; name it with Builder::output.");
    }
    std::vector<double> rows;
    for (Extent b = 0; b < wanted.size(); ++b) rows.push_back(found->second.index()[b] == wanted.index()[b] ? 1 : 0);
    return rows;
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
