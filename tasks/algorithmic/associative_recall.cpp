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
    const bits::Sequences made = sequences(batch, items);
    for (Extent row = 0; row < batch.rows(); ++row) {
      const std::vector<bits::Vector> list = drawn(rng, items);
      write(list, static_cast<std::size_t>(rng.below(items - 1)), made, row);
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

  std::string item_format() const override {
    return "lists such as 'A; B; C ? A', each item " + std::to_string(vectors_) + " " + bits::format(bits_) +
           "; the one after '?' is in the list, and not at its end";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const std::size_t mark = std::min(line.find('?'), line.size());
      std::vector<bits::Vector> list;
      for (const data::Field& part : data::fields_of(line.substr(0, mark), ';')) list.push_back(item_in(part));
      if (mark == line.size()) {
        throw data::LineError(mark, "'?' and an item were expected after the list; the line ends; add them.");
      }
      const std::size_t query = place_of({line.substr(mark + 1), mark + 1}, list);
      write(list, query, sequences(batch, static_cast<Extent>(list.size())), 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    return bits::answer(batch, outputs, row, bits_, kName);
  }

 private:
  /// The bits of all its vectors.
  bits::Vector item_in(const data::Field& part) const {
    bits::Vector item;
    const std::vector<bits::Vector> vectors = bits::vectors_in(part, bits_);
    for (const bits::Vector& vector : vectors) item.insert(item.end(), vector.begin(), vector.end());
    if (static_cast<Extent>(vectors.size()) == vectors_) return item;
    throw data::LineError(part.begin, "an item of " + std::to_string(vectors_) + " vectors was expected; " +
                                          std::to_string(vectors.size()) + " came; separate items by ';'.");
  }

  /// Where in a list the item that is asked for is.
  std::size_t place_of(const data::Field& part, const std::vector<bits::Vector>& list) const {
    if (std::set<bits::Vector>(list.begin(), list.end()).size() != list.size()) {
      throw Error(kName, "items that differ were expected; one came twice; remove it.");
    }
    const auto found = std::find(list.begin(), list.end(), item_in(part));
    if (found != list.end() && found + 1 != list.end()) return static_cast<std::size_t>(found - list.begin());
    throw data::LineError(part.begin, std::string("an item of the list before its last one was expected; ") +
                                          (found == list.end() ? "it is not in the list" : "it is the last one") +
                                          "; ask for another one.");
  }

  bits::Sequences sequences(Batch& batch, Extent items) const {
    return {batch, items * (vectors_ + 1) + 2 * vectors_ + 2, bits_ + 2, bits_};
  }

  void write(const std::vector<bits::Vector>& list, std::size_t query, const bits::Sequences& made, Extent row) const {
    const auto items = static_cast<Extent>(list.size());
    const Extent asked = items * (vectors_ + 1);  // the step of the mark before the query
    for (Extent i = 0; i < items; ++i) {
      made.input_at(row, i * (vectors_ + 1))[bits_] = 1;
      show(list[i], [&](Extent v) { return made.input_at(row, i * (vectors_ + 1) + 1 + v); });
    }
    made.input_at(row, asked)[bits_ + 1] = 1;
    made.input_at(row, asked + vectors_ + 1)[bits_ + 1] = 1;
    show(list[query], [&](Extent v) { return made.input_at(row, asked + 1 + v); });
    show(list[query + 1], [&](Extent v) { return made.target_at(row, asked + vectors_ + 2 + v); });
  }

  /// Items that differ from each other: there is one answer.
  std::vector<bits::Vector> drawn(Rng& rng, Extent items) const {
    std::set<bits::Vector> seen;
    std::vector<bits::Vector> list;
    while (static_cast<Extent>(list.size()) < items) {
      bits::Vector item = bits::drawn(rng, bits_ * vectors_);
      if (seen.insert(item).second) list.push_back(std::move(item));
    }
    return list;
  }

  template <class Place>
  void show(const bits::Vector& item, Place place) const {
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
