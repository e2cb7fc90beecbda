// The task `copy`: vectors of bits are shown once, and then repeated.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tasks/algorithmic/bits.h"

namespace fovea {
namespace {

constexpr const char* kName = "copy";

class Copy final : public Task {
 public:
  void fields(Options& options) override {
    lengths_.fields(options, "length", "vectors");
    options.add("bits", bits_, "bits of a vector, >= 1", {.low = 1, .high = 1000});
    options.add("blanks", blanks_, "share of vectors whose bits are all set to 0 in training, in [0, 1]",
                {.low = 0, .high = 1});
    lengths_.add_curriculum(options);
  }

  void check() const override { lengths_.check(kName); }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split split, Batch& batch) const override {
    const Extent length = lengths_.drawn(rng, split);
    const bits::Sequences made = sequences(batch, length);
    for (Extent row = 0; row < batch.rows(); ++row) {
      std::vector<bits::Vector> vectors;
      for (Extent i = 0; i < length; ++i) {
        vectors.push_back(bits::drawn(rng, bits_));
        if (split == Split::kTrain && rng.uniform() < blanks_) std::fill(vectors[i].begin(), vectors[i].end(), Real(0));
      }
      write(vectors, made, row);
    }
  }

  Meanings meanings() const override { return bits::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = bits::judged(batch, outputs, kName);
    const Extent length = batch.at("input").shape()[1] / 2 - 1;
    judgement.slices.assign(static_cast<std::size_t>(batch.rows()), "length=" + std::to_string(length));
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override { return bits::text(batch, row); }

  std::string item_format() const override { return bits::format(bits_); }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const std::vector<bits::Vector> vectors = bits::vectors_in({line, 0}, bits_);
      write(vectors, sequences(batch, static_cast<Extent>(vectors.size())), 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    return bits::answer(batch, outputs, row, bits_, kName);
  }

 private:
  bits::Sequences sequences(Batch& batch, Extent length) const { return {batch, 2 * length + 2, bits_ + 2, bits_}; }

  void write(const std::vector<bits::Vector>& vectors, const bits::Sequences& made, Extent row) const {
    const auto length = static_cast<Extent>(vectors.size());
    made.input_at(row, 0)[bits_] = 1;
    made.input_at(row, length + 1)[bits_ + 1] = 1;
    for (Extent i = 0; i < length; ++i) {
      std::copy(vectors[i].begin(), vectors[i].end(), made.input_at(row, 1 + i));
      std::copy(vectors[i].begin(), vectors[i].end(), made.target_at(row, length + 2 + i));
    }
  }

  bits::Sizes lengths_;
  Extent bits_ = 8;
  double blanks_ = 0;
};

FOVEA_TASK("copy", Copy, R"doc(
Copy: a sequence of random vectors of bits is shown, and repeated once it is over.

Example   bits = 2: start, 10, 11, end, blank, blank -> at the two blank steps 10, 11.
Inputs    input [B, T, bits + 2], T = 2 length + 2: the channels after the bits are the marks of start and of end; target
          [B, T, bits]; mask Index [B, T], 1 at the steps that are judged, the last `length` ones. One length for each batch,
          of [min_length, max_length].
Outputs   "scores" [B, T, bits]: a bit is 1 where its score is above 0, with probability sigmoid(score).
Metrics   exact, the share of sequences without a wrong bit; wrong_bits, of a sequence; cost_bits, -log2 of the probability of
          the sequence. Chance: half of the bits are wrong. Slices by length.
Splits    independent streams; the test may have its own length, test_length. A vector without a 1 looks like a blank
          step, and is one of 256: `blanks` shows it more often in training, not in validation and test.
Source    Graves et al. 2014, arXiv:1410.5401, section 4.1.
)doc");

}  // namespace
}  // namespace fovea
