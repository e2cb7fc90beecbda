// The task `associative_recall`: a list of items is shown, then one of them; the answer is the one that came after it.

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "tasks/algorithmic/bits.h"

namespace fovea {
namespace {

constexpr const char* kName = "associative_recall";

class AssociativeRecall final : public Task {
 public:
  AssociativeRecall() {
    items_.low = 2;
    items_.high = 6;
  }

  void fields(Options& options) override {
    items_.fields(options, "items", "items");
    options.add("bits", bits_, "bits of a vector, >= 1", {.low = 1, .high = 1000});
    options.add("vectors", vectors_, "vectors of an item, >= 1", {.low = 1, .high = 1000});
    items_.add_curriculum(options);
  }

  void check() const override {
    items_.check(kName);
    const Extent fewest = items_.test > 0 ? std::min(items_.low, items_.test) : items_.low;
    if (fewest < 2) {
      throw Error(kName, "at least two items were expected, so that one comes after another; " + std::to_string(fewest) +
                             " came; raise min_items and test_items.");
    }
    const double most = static_cast<double>(std::max(items_.high, items_.test));
    if (static_cast<double>(bits_ * vectors_) >= std::log2(most) + 1) return;
    throw Error(kName, "items that differ were expected; " + std::to_string(bits_ * vectors_) + " bits are too few for " +
                           number_text(most) + " of them; take more bits or vectors.");
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split split, Batch& batch) const override {
    const Extent items = items_.drawn(rng, split);
    const Extent asked = items * (vectors_ + 1);  // the step of the mark before the query
    const bits::Sequences made(batch, asked + 2 * vectors_ + 2, bits_ + 2, bits_);
    for (Extent row = 0; row < batch.rows(); ++row) {
      const std::vector<std::vector<Real>> list = drawn(rng, items);
      for (Extent i = 0; i < items; ++i) {
        made.input_at(row, i * (vectors_ + 1))[bits_] = 1;
        show(list[i], [&](Extent v) { return made.input_at(row, i * (vectors_ + 1) + 1 + v); });
      }
      const auto query = static_cast<std::size_t>(rng.below(items - 1));
      made.input_at(row, asked)[bits_ + 1] = 1;
      made.input_at(row, asked + vectors_ + 1)[bits_ + 1] = 1;
      show(list[query], [&](Extent v) { return made.input_at(row, asked + 1 + v); });
      show(list[query + 1], [&](Extent v) { return made.target_at(row, asked + vectors_ + 2 + v); });
    }
  }

  Meanings meanings() const override { return bits::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = bits::judged(batch, outputs, kName);
    const Extent items = (batch.at("input").shape()[1] - 2 * vectors_ - 2) / (vectors_ + 1);
    judgement.slices.assign(static_cast<std::size_t>(batch.rows()), "items=" + std::to_string(items));
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override { return bits::text(batch, row); }

 private:
  /// Items that differ from each other: there is one answer.
  std::vector<std::vector<Real>> drawn(Rng& rng, Extent items) const {
    std::set<std::vector<Real>> seen;
    std::vector<std::vector<Real>> list;
    while (static_cast<Extent>(list.size()) < items) {
      std::vector<Real> item = bits::drawn(rng, bits_ * vectors_);
      if (seen.insert(item).second) list.push_back(std::move(item));
    }
    return list;
  }

  template <class Place>
  void show(const std::vector<Real>& item, Place place) const {
    for (Extent v = 0; v < vectors_; ++v) std::copy_n(item.begin() + v * bits_, bits_, place(v));
  }

  bits::Sizes items_;
  Extent bits_ = 6;
  Extent vectors_ = 3;
};

FOVEA_TASK("associative_recall", AssociativeRecall, R"doc(
Associative recall: a list of items is shown, then one of them again; the answer is the item that came after it.

Example   vectors = 1: item A item B item C query B query blank -> C at the blank step.
Inputs    input [B, T, bits + 2], T = (vectors + 1) items + 2 vectors + 2: the channels after the bits are the mark before an
          item and the mark around the query; target [B, T, bits]; mask Index [B, T], 1 at the steps that are judged, the last
          `vectors` ones. The items of a list differ; the query is any but the last one. One number of items for each batch.
Outputs   "scores" [B, T, bits]: a bit is 1 where its score is above 0, with probability sigmoid(score).
Metrics   exact, the share of lists without a wrong bit; wrong_bits, of a list; cost_bits, -log2 of the probability of the
          answer. Chance: half of the bits are wrong. Slices by items.
Splits    independent streams; the test may have its own number of items, test_items.
Errors    less than two items; too few bits for items that differ.
Source    Graves et al. 2014, arXiv:1410.5401, section 4.3.
)doc");

}  // namespace
}  // namespace fovea
