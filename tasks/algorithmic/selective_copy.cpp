// The task `selective_copy`: a few tokens are scattered in a long sequence of blanks, and then repeated in their order.

#include <algorithm>
#include <string>
#include <vector>

#include "tasks/recall/tokens.h"

namespace fovea {
namespace {

constexpr const char* kName = "selective_copy";

class SelectiveCopy final : public Task {
 public:
  void fields(Options& options) override {
    options.add("length", length_, "places that are read before the tokens are repeated, >= data", {.low = 1, .high = 1e7});
    options.add("data", data_, "tokens that are repeated, >= 1", {.low = 1, .high = 1e6});
    options.add("vocabulary", vocabulary_, "tokens V, the blank and the mark included, >= 3", {.low = 3, .high = 1e6});
  }

  void check() const override {
    if (data_ <= length_) return;
    throw Error(kName, "at most as many tokens as places were expected; data is " + std::to_string(data_) +
                           " and length is " + std::to_string(length_) + "; set data=" + std::to_string(length_) +
                           " or less.");
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const tokens::Labelled made(batch, length_ + data_, data_);
    for (Extent b = 0; b < batch.rows(); ++b) {
      Extent told = 0;
      std::vector<Index> read(static_cast<std::size_t>(length_));
      for (Extent t = 0; t < length_; ++t) {
        // All choices of places are equally likely: what is still to come, over the places that are left.
        if (rng.below(length_ - t) >= data_ - told) continue;
        read[t] = static_cast<Index>(rng.between(1, vocabulary_ - 2));
        ++told;
      }
      write(read, made, b);
    }
  }

  Meanings meanings() const override { return tokens::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    return tokens::judged(batch, outputs, kName);
  }

  double chance() const override { return 1 / static_cast<double>(vocabulary_ - 2); }
  std::string text(const Batch& batch, Extent row) const override { return tokens::text(batch, row); }

  std::string item_format() const override {
    return "tokens in [0, " + std::to_string(vocabulary_ - 2) +
           "], separated by spaces, 0 for a blank, such as '0 0 1 0 1 0'";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const std::vector<Index> read = tokens::tokens_in({line, 0}, "a token", 0, vocabulary_ - 2);
      const Extent data = static_cast<Extent>(read.size()) - std::count(read.begin(), read.end(), 0);
      if (data == 0) throw Error(kName, "a token above 0 was expected; only blanks came; write what is to be repeated.");
      write(read, tokens::Labelled(batch, static_cast<Extent>(read.size()) + data, data), 0);
    });
  }

  std::string answer(const Batch& /*batch*/, const Outputs& outputs, Extent row) const override {
    return tokens::answer(outputs, row);
  }

 private:
  /// What is read, the marks after it, and what is asked at them.
  void write(const std::vector<Index>& read, const tokens::Labelled& made, Extent b) const {
    const Extent length = made.length() - made.questions();
    std::copy(read.begin(), read.end(), made.row(b));
    Extent told = 0;
    for (const Index token : read) {
      if (token == 0) continue;
      made.ask(b, told, length + told, token);
      ++told;
    }
    std::fill_n(made.row(b) + length, made.questions(), static_cast<Index>(vocabulary_ - 1));
  }

  Extent length_ = 4096;
  Extent data_ = 16;
  Extent vocabulary_ = 16;
};

FOVEA_TASK("selective_copy", SelectiveCopy, R"doc(
Selective copy: a few tokens are scattered among blanks, and are repeated in their order.

Example   length=8, data=2, vocabulary=16: tokens 0 0 5 0 0 0 9 0 15 15 -> at place 8 token 5, at place 9 token 9.
Inputs    tokens Index [B, T], T = length + data: 0 is the blank, 1 .. V - 2 are tokens to repeat, uniform, at distinct
          uniform places; the last `data` places hold the mark V - 1; places Index [B, data], these; targets Index [B, data].
Outputs   "answers" Index [B, data].
Metrics   accuracy, the share of the tokens; exact, the share of sequences without a wrong one. Chance: 1 / (V - 2).
Splits    independent streams of random numbers.
Errors    more tokens than places.
Source    Gu & Dao 2023, arXiv:2312.00752, section 4.1.1 and appendix E.1: length 4096, 16 tokens, vocabulary 16.
)doc");

}  // namespace
}  // namespace fovea
