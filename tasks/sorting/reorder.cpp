// The task `reorder`: numbers are read, and written again sorted, reversed or as they came.

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "tasks/algorithmic/bits.h"
#include "tasks/recall/tokens.h"

namespace fovea {
namespace {

constexpr const char* kName = "reorder";

class Reorder final : public Task {
 public:
  void fields(Options& options) override {
    options.add("order", order_, "in which the numbers are written", {"sort", "reverse", "copy"});
    lengths_.fields(options, "length", "numbers");
    options.add("numbers", numbers_, "different numbers V, >= 1", {.low = 1, .high = 1e6});
    options.add("distinct", distinct_, "true: the numbers of a sequence differ");
    lengths_.add_curriculum(options);
  }

  void check() const override {
    lengths_.check(kName);
    const Extent most = std::max(lengths_.high, lengths_.test);
    if (!distinct_ || most <= numbers_) return;
    throw Error(kName, "as many numbers as the longest sequence has, " + std::to_string(most) +
                           ", were expected, because they differ; numbers is " + std::to_string(numbers_) +
                           "; set numbers=" + std::to_string(most) + " or distinct=false.");
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split split, Batch& batch) const override {
    const Extent length = lengths_.drawn(rng, split);
    const tokens::Labelled made(batch, 2 * length, length);
    std::vector<Index> all(static_cast<std::size_t>(numbers_));
    std::iota(all.begin(), all.end(), Index{1});
    for (Extent b = 0; b < batch.rows(); ++b) {
      Index* row = made.row(b);
      for (Extent i = 0; i < length; ++i) {
        const auto drawn = static_cast<std::size_t>(rng.between(distinct_ ? i : 0, numbers_ - 1));
        row[i] = all[drawn];
        if (distinct_) std::swap(all[i], all[drawn]);
      }
      write_answer(made, b);
    }
  }

  Meanings meanings() const override { return tokens::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = tokens::judged(batch, outputs, kName);
    std::swap(judgement.metrics[0], judgement.metrics[1]);
    const Extent length = batch.at("targets").shape()[1];
    judgement.slices.assign(static_cast<std::size_t>(batch.rows()), "length=" + std::to_string(length));
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override { return tokens::text(batch, row); }

  std::string item_format() const override {
    return std::string(distinct_ ? "different " : "") + "whole numbers in [1, " + std::to_string(numbers_) +
           "], separated by spaces; the model writes each knowing the right ones before it";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const std::vector<Index> numbers = tokens::tokens_in({line, 0}, "a number", 1, numbers_);
      expect_distinct(numbers);
      const auto length = static_cast<Extent>(numbers.size());
      const tokens::Labelled made(batch, 2 * length, length);
      std::copy(numbers.begin(), numbers.end(), made.row(0));
      write_answer(made, 0);
    });
  }

  std::string answer(const Batch& /*batch*/, const Outputs& outputs, Extent row) const override {
    return tokens::answer(outputs, row);
  }

 private:
  /// After the numbers of a row the mark, the number before each next one, and what is asked.
  void write_answer(const tokens::Labelled& made, Extent b) const {
    const Extent length = made.questions();
    Index* row = made.row(b);
    std::vector<Index> told(row, row + length);
    if (order_ == "sort") std::sort(told.begin(), told.end());
    if (order_ == "reverse") std::reverse(told.begin(), told.end());
    row[length] = static_cast<Index>(numbers_ + 1);
    std::copy(told.begin(), told.end() - 1, row + length + 1);
    for (Extent i = 0; i < length; ++i) made.ask(b, i, length + i, told[i]);
  }

  void expect_distinct(std::vector<Index> numbers) const {
    std::sort(numbers.begin(), numbers.end());
    const auto twice = std::adjacent_find(numbers.begin(), numbers.end());
    if (!distinct_ || twice == numbers.end()) return;
    throw Error(kName, "numbers that differ were expected; " + std::to_string(*twice) +
                           " came twice; remove one, or train with distinct=false.");
  }

  std::string order_ = "sort";
  bits::Sizes lengths_;
  Extent numbers_ = 256;
  bool distinct_ = true;
};

FOVEA_TASK("reorder", Reorder, R"doc(
Reorder: numbers are read, and written again sorted, reversed or as they came.

Example   order=sort, numbers=9, three numbers: tokens 7 2 5 10 2 5 -> at places 3, 4, 5 tokens 2, 5, 7.
          order=reverse: tokens 7 2 5 10 5 2 -> 5, 2, 7.
Inputs    tokens Index [B, 2 N]: N numbers of 1 .. V, then the mark V + 1, then the number before each next one; places
          Index [B, N] = N .. 2 N - 1; targets Index [B, N]. A model needs V + 2 tokens. N is drawn for each batch of
          [min_length, max_length]; the test may have its own length, test_length.
Outputs   "answers" Index [B, N], each made knowing the right numbers before it: a sequence without a wrong one is what a
          model that reads its own numbers would write.
Metrics   exact, the share of sequences without a wrong number; accuracy, the share of the numbers. Slices by length.
Splits    independent streams of random numbers.
Errors    fewer numbers than a sequence is long, where they are to differ.
Source    after Csordas et al. 2021, arXiv:2108.12284, and Deletang et al. 2023, arXiv:2207.02098, where what is
          learned on short sequences is tested on long ones.
)doc");

}  // namespace
}  // namespace fovea
