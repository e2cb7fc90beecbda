// The task `repeat_copy`: vectors of bits are shown once, and repeated as often as is asked.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "framework/core/text.h"
#include "tasks/algorithmic/bits.h"

namespace fovea {
namespace {

constexpr const char* kName = "repeat_copy";

class RepeatCopy final : public Task {
 public:
  RepeatCopy() { lengths_.high = repeats_.high = 10; }

  void fields(Options& options) override {
    lengths_.fields(options, "length", "vectors");
    repeats_.fields(options, "repeats", "repeats");
    options.add("bits", bits_, "bits of a vector, >= 1", {.low = 1, .high = 1000});
    lengths_.add_curriculum(options);
  }

  void check() const override {
    lengths_.check(kName);
    repeats_.check(kName);
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split split, Batch& batch) const override {
    bits::Sizes repeated = repeats_;
    repeated.curriculum = lengths_.curriculum;
    const Extent length = lengths_.drawn(rng, split);
    const Extent repeats = repeated.drawn(rng, split);
    const bits::Sequences made = sequences(batch, length, repeats);
    for (Extent row = 0; row < batch.rows(); ++row) {
      std::vector<bits::Vector> vectors;
      for (Extent i = 0; i < length; ++i) vectors.push_back(bits::drawn(rng, bits_));
      write(vectors, repeats, made, row);
    }
  }

  Meanings meanings() const override { return bits::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    Judgement judgement = bits::judged(batch, outputs, kName);
    const Tensor mask = batch.at("mask");
    const Extent steps = mask.shape()[1];
    const Extent length = std::find(mask.index(), mask.index() + steps, Index(1)) - mask.index() - 2;
    const Extent repeats = (steps - length - 3) / std::max<Extent>(length, 1);
    const std::string slice = "length=" + std::to_string(length) + ",repeats=" + std::to_string(repeats);
    judgement.slices.assign(static_cast<std::size_t>(batch.rows()), slice);
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override { return bits::text(batch, row); }

  std::string item_format() const override { return "a number of repeats, a colon, and " + bits::format(bits_); }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos) {
        throw Error(kName, "a number of repeats, a colon and vectors were expected; " + data::came(line) +
                               " came; write '3: VECTORS'.");
      }
      const Extent repeats = data::whole_of({trimmed(line.substr(0, colon)), 0}, "a number of repeats", 1, kMostRepeats);
      const std::vector<bits::Vector> vectors = bits::vectors_in({line.substr(colon + 1), colon + 1}, bits_);
      write(vectors, repeats, sequences(batch, static_cast<Extent>(vectors.size()), repeats), 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    return bits::answer(batch, outputs, row, bits_, kName);
  }

 private:
  static constexpr Extent kMostRepeats = 100000;

  bits::Sequences sequences(Batch& batch, Extent length, Extent repeats) const {
    return {batch, 2 + length + repeats * length + 1, bits_ + 2, bits_ + 1};
  }

  void write(const std::vector<bits::Vector>& vectors, Extent repeats, const bits::Sequences& made, Extent row) const {
    const auto length = static_cast<Extent>(vectors.size());
    made.input_at(row, 0)[bits_] = 1;
    made.input_at(row, length + 1)[bits_ + 1] = as_number(repeats);
    for (Extent i = 0; i < length; ++i) {
      std::copy(vectors[i].begin(), vectors[i].end(), made.input_at(row, 1 + i));
      for (Extent r = 0; r < repeats; ++r) {
        std::copy(vectors[i].begin(), vectors[i].end(), made.target_at(row, length + 2 + r * length + i));
      }
    }
    made.target_at(row, made.steps() - 1)[bits_] = 1;
  }

  /// The number of repeats of training has mean 0 and variance 1.
  Real as_number(Extent repeats) const {
    const auto count = static_cast<double>(repeats_.high - repeats_.low + 1);
    const double mean = static_cast<double>(repeats_.low + repeats_.high) / 2;
    const double deviation = count > 1 ? std::sqrt((count * count - 1) / 12) : 1;
    // A number of 0 would look like a blank step.
    return static_cast<Real>(count > 1 ? (static_cast<double>(repeats) - mean) / deviation : 1);
  }

  bits::Sizes lengths_;
  bits::Sizes repeats_;
  Extent bits_ = 8;
};

FOVEA_TASK("repeat_copy", RepeatCopy, R"doc(
Repeat copy: a sequence of random vectors of bits is shown, then a number, and the sequence is repeated that many times.

Example   bits = 2: start, 10, 11, "2 times", and five blank steps -> 10, 11, 10, 11, end.
Inputs    input [B, T, bits + 2], T = 3 + length + repeats length: after the bits the mark of the start, and the number of
          repeats, scaled to mean 0 and variance 1 over those of training; target [B, T, bits + 1], the last channel marks the
          end; mask Index [B, T], 1 at the steps that are judged. One length and one number for each batch.
Outputs   "scores" [B, T, bits + 1]: a bit is 1 where its score is above 0, with probability sigmoid(score).
Metrics   exact, the share of sequences without a wrong bit; wrong_bits, of a sequence; cost_bits, -log2 of the probability of
          the sequence. Chance: half of the bits are wrong. Slices by length and repeats.
Splits    independent streams; the test may have its own sizes, test_length and test_repeats.
Source    Graves et al. 2014, arXiv:1410.5401, section 4.2.
)doc");

}  // namespace
}  // namespace fovea
