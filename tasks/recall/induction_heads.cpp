// The task `induction_heads`: what followed the special token the first time follows it again.

#include <algorithm>
#include <string>

#include "tasks/recall/tokens.h"

namespace fovea {
namespace {

constexpr const char* kName = "induction_heads";

class InductionHeads final : public Task {
 public:
  void fields(Options& options) override {
    options.add("length", length_, "tokens T of a sequence, >= 3", {.low = 3, .high = 1e8});
    options.add("vocabulary", vocabulary_, "tokens V, the special one included, >= 2", {.low = 2, .high = 1e6});
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const tokens::Labelled made(batch, length_, 1);
    for (Extent b = 0; b < batch.rows(); ++b) {
      for (Extent t = 0; t < length_; ++t) made.row(b)[t] = static_cast<Index>(rng.between(1, vocabulary_ - 1));
      write_special(rng.below(length_ - 2), made, b);
    }
  }

  Meanings meanings() const override { return tokens::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = tokens::judged(batch, outputs, kName);
    judgement.metrics.resize(1);  // there is one token: exact is the same
    judgement.slices.assign(static_cast<std::size_t>(batch.rows()), "N=" + std::to_string(batch.at("tokens").shape()[1]));
    return judgement;
  }

  double chance() const override { return 1 / static_cast<double>(vocabulary_ - 1); }
  std::string text(const Batch& batch, Extent row) const override { return tokens::text(batch, row); }

  std::string item_format() const override {
    return "tokens in [0, " + std::to_string(vocabulary_ - 1) +
           "], separated by spaces; the special one, 0, is once among them and at the end, such as '1 0 1 1 0'";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const std::vector<Index> read = tokens::tokens_in({line, 0}, "a token", 0, vocabulary_ - 1);
      const auto first = std::find(read.begin(), read.end(), 0);
      if (read.back() != 0 || read.end() - first < 3 || std::find(first + 1, read.end(), 0) + 1 != read.end()) {
        throw Error(kName, "the token 0 once, another one after it, and 0 again at the end were expected; " +
                               data::came(line) + " came; write them so.");
      }
      const tokens::Labelled made(batch, static_cast<Extent>(read.size()), 1);
      std::copy(read.begin(), read.end(), made.row(0));
      write_special(first - read.begin(), made, 0);
    });
  }

  std::string answer(const Batch& /*batch*/, const Outputs& outputs, Extent row) const override {
    return tokens::answer(outputs, row);
  }

 private:
  /// The special tokens of a row, and what is asked.
  static void write_special(Extent first, const tokens::Labelled& made, Extent b) {
    const Extent last = made.length() - 1;
    made.row(b)[first] = 0;
    made.row(b)[last] = 0;
    made.ask(b, 0, last, made.row(b)[first + 1]);
  }

  Extent length_ = 256;
  Extent vocabulary_ = 16;
};

FOVEA_TASK("induction_heads", InductionHeads, R"doc(
Induction heads: what followed the special token the first time follows it again.

Example   length=8: tokens 4 7 0 3 9 9 2 0 -> at place 7 token 3.
Inputs    tokens Index [B, T], uniform in [1, V), except for two: the special token 0 is at a uniform place before the last
          two, and at the end; places Index [B, 1] = T - 1; targets Index [B, 1], the token after the first special one.
Outputs   "answers" Index [B, 1].
Metrics   accuracy. Slices by length. Chance: 1 / (V - 1).
Splits    independent streams of random numbers.
Source    Gu & Dao 2023, arXiv:2312.00752, section 4.1.2: vocabulary 16, trained with 256 tokens, tested with 64 to 1,048,576;
          Olsson et al. 2022, arXiv:2209.11895, for the head.
)doc");

}  // namespace
}  // namespace fovea
