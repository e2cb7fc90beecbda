// The task `dynamic_ngrams`: the next bit of a sequence that follows its own table, drawn anew for each sequence.

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "framework/core/whole.h"
#include "tasks/algorithmic/bits.h"

namespace fovea {
namespace {

constexpr const char* kName = "dynamic_ngrams";

/// Beta(1/2, 1/2): the distribution of the arcsine.
double drawn_probability(Rng& rng) {
  const double s = std::sin(std::numbers::pi / 2 * rng.uniform());
  return s * s;
}

class DynamicNgrams final : public Task {
 public:
  void fields(Options& options) override {
    options.add("n", n_, "bits of a gram: the next one depends on n - 1 before it, in [1, 16]", {.low = 1, .high = 16});
    options.add("length", length_, "bits of a sequence, > n", {.low = 2, .high = 1e6});
  }

  void check() const override {
    if (length_ > n_) return;
    throw Error(kName, "sequences longer than a gram were expected; length is " + std::to_string(length_) + " and n is " +
                           std::to_string(n_) + "; set length=" + std::to_string(n_ + 1) + " or more.");
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const bits::Sequences made(batch, length_ - 1, 1, 1);
    std::vector<double> table(contexts());
    bits::Vector bits(static_cast<std::size_t>(length_));
    for (Extent row = 0; row < batch.rows(); ++row) {
      std::generate(table.begin(), table.end(), [&] { return drawn_probability(rng); });
      std::size_t context = 0;
      for (Extent i = 0; i < length_; ++i) {
        const double probability = i < n_ - 1 ? 0.5 : table[context];
        const bool bit = rng.uniform() < probability;
        bits[i] = bit ? Real(1) : Real(0);
        context = moved_on(context, bit);
      }
      write(bits, made, row);
    }
  }

  Meanings meanings() const override { return bits::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override {
    const Judgement plain = bits::judged(batch, outputs, kName);
    Judgement judgement{{{"optimal_share", {}}, plain.metrics[2], {"optimal_bits", {}}}, {}};
    for (Extent row = 0; row < batch.rows(); ++row) {
      const double optimal = optimal_cost(batch, row);
      judgement.metrics[0].rows.push_back(optimal / plain.metrics[2].rows[row]);
      judgement.metrics[2].rows.push_back(optimal);
    }
    return judgement;
  }

  std::string text(const Batch& batch, Extent row) const override { return bits::text(batch, row); }

  std::string item_format() const override {
    return "at least " + std::to_string(std::max<Extent>(n_ - 1, 1)) +
           " bits, such as '0110 1001'; the next one is asked for";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      bits::Vector bits;
      for (const data::Field& word : data::words_of(line)) {
        const bits::Vector some = bits::vector_of(word, static_cast<Extent>(word.text.size()));
        bits.insert(bits.end(), some.begin(), some.end());
      }
      if (static_cast<Extent>(bits.size()) < n_ - 1) {
        throw Error(kName, "at least " + std::to_string(n_ - 1) +
                               " bits were expected, because the next one depends on them; " + std::to_string(bits.size()) +
                               " came; write more.");
      }
      bits.push_back(0);  // the next one, which is not known
      write(bits, bits::Sequences(batch, static_cast<Extent>(bits.size()) - 1, 1, 1), 0);
    });
  }

  /// The more probable next bit.
  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    const Type type{batch.at("input").shape().with(2, 1), Kind::kReal};
    const Tensor scores = require_output(outputs, "scores", type, kName);
    const auto score = static_cast<double>(scores.real()[(row + 1) * type.shape[1] - 1]);
    const Extent percent = nearest_whole(100 / (1 + std::exp(-std::abs(score))));
    return std::string(score > 0 ? "1" : "0") + " (" + std::to_string(percent) + " %)\n";
  }

 private:
  /// The bits of a sequence but the last, and each next one.
  void write(const bits::Vector& bits, const bits::Sequences& made, Extent row) const {
    const Extent steps = made.steps();
    std::copy(bits.begin(), bits.end() - 1, made.input_at(row, 0));
    std::copy(bits.begin() + 1, bits.end(), made.target.real() + row * steps);
    for (Extent i = std::max<Extent>(n_ - 2, 0); i < steps; ++i) made.target_at(row, i);
  }

  std::size_t contexts() const { return std::size_t{1} << static_cast<std::size_t>(std::max<Extent>(n_ - 1, 0)); }
  /// The n - 1 newest bits as a number.
  std::size_t moved_on(std::size_t context, bool bit) const { return ((context << 1U) | (bit ? 1U : 0U)) % contexts(); }

  // p(1 | context) = (ones + 1/2) / (ones + zeros + 1), of what followed this context before
  double optimal_cost(const Batch& batch, Extent row) const {
    const Real* input = batch.at("input").real() + row * (length_ - 1);
    const Real* target = batch.at("target").real() + row * (length_ - 1);
    const Index* mask = batch.at("mask").index() + row * (length_ - 1);
    std::vector<double> ones(contexts(), 0.5);
    std::vector<double> all(contexts(), 1);
    std::size_t context = 0;
    double cost = 0;
    for (Extent i = 0; i < length_ - 1; ++i) {
      context = moved_on(context, input[i] != 0);
      if (mask[i] == 0) continue;
      const double probability = ones[context] / all[context];
      cost -= std::log2(target[i] != 0 ? probability : 1 - probability);
      ones[context] += target[i] != 0 ? 1 : 0;
      all[context] += 1;
    }
    return cost;
  }

  Extent n_ = 6;
  Extent length_ = 200;
};

FOVEA_TASK("dynamic_ngrams", DynamicNgrams, R"doc(
Dynamic n-grams: predict the next bit of a sequence.

How likely a 1 is depends on the n - 1 bits before it, by a table that is drawn anew for each sequence.

Example   n = 2: after 0 comes 1 with probability 0.9, after 1 with probability 0.2: 0 1 0 1 0 1 1 0; a predictor that has seen
          a 1 follow one 0 gives it the probability (1 + 1/2) / (1 + 1) the next time.
Inputs    input [B, T, 1], T = length - 1: the bits; target [B, T, 1]: the next ones; mask Index [B, T], 1 where n - 1 bits
          precede the one to be predicted. Probabilities are drawn from Beta(1/2, 1/2).
Outputs   "scores" [B, T, 1]: the next bit is 1 with probability sigmoid(score).
Metrics   optimal_share, the cost of the best predictor over that of the model, 1 is optimal; cost_bits, -log2 of the
          probability of the sequence; optimal_bits, that of the best predictor, (ones + 1/2) / (ones + zeros + 1) by the
          counts of what followed the same n - 1 bits before.
Splits    independent streams.
Errors    sequences not longer than a gram.
Source    Graves et al. 2014, arXiv:1410.5401, section 4.4: n = 6, 200 bits.
)doc");

}  // namespace
}  // namespace fovea
