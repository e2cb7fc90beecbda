// The task `priority_sort`: vectors of bits with priorities are shown, and those of the highest repeated in order.

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "tasks/algorithmic/bits.h"

namespace fovea {
namespace {

constexpr const char* kName = "priority_sort";

class PrioritySort final : public Task {
 public:
  void fields(Options& options) override {
    options.add("vectors", vectors_, "vectors that are shown, >= 1", {.low = 1, .high = 1e5});
    options.add("told", told_, "vectors of the answer, in [1, vectors]", {.low = 1, .high = 1e5});
    options.add("bits", bits_, "bits of a vector, >= 1", {.low = 1, .high = 1000});
  }

  void check() const override {
    if (told_ <= vectors_) return;
    throw Error(kName, "at most as many vectors in the answer as are shown were expected; told is " + std::to_string(told_) +
                           " and vectors is " + std::to_string(vectors_) + "; set told=" + std::to_string(vectors_) +
                           " or less.");
  }

  std::string stream() const override { return kName; }
  void fill(Rng& rng, Split /*split*/, Batch& batch) const override {
    const bits::Sequences made = sequences(batch, vectors_);
    for (Extent row = 0; row < batch.rows(); ++row) {
      std::vector<Shown> shown;
      for (Extent i = 0; i < vectors_; ++i) {
        bits::Vector vector = bits::drawn(rng, bits_);
        shown.push_back({std::move(vector), static_cast<Real>(rng.uniform(-1, 1))});
      }
      write(shown, made, row);
    }
  }

  Meanings meanings() const override { return bits::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override { return bits::judged(batch, outputs, kName); }

  std::string text(const Batch& batch, Extent row) const override { return bits::text(batch, row); }

  std::string item_format() const override {
    return bits::format(bits_) + ", each with a colon and its priority in [-1, 1] after it: VECTOR:0.3";
  }

  std::unique_ptr<ItemReader> item_reader() const override {
    return data::item_lines([this](std::string_view line, Batch& batch) {
      std::vector<Shown> shown;
      for (const data::Field& word : data::words_of(line)) shown.push_back(shown_in(word));
      write(shown, sequences(batch, static_cast<Extent>(shown.size())), 0);
    });
  }

  std::string answer(const Batch& batch, const Outputs& outputs, Extent row) const override {
    return bits::answer(batch, outputs, row, bits_, kName);
  }

 private:
  struct Shown {
    bits::Vector vector;
    Real priority = 0;
  };

  Shown shown_in(const data::Field& word) const {
    const std::size_t colon = word.text.find(':');
    if (colon == std::string_view::npos) {
      throw data::LineError(word.begin, "a vector, a colon and a priority were expected; " + data::came(word.text) +
                                            " came; write VECTOR:PRIORITY.");
    }
    const data::Field priority{word.text.substr(colon + 1), word.begin + colon + 1};
    const double number = data::real_of(priority, "a priority");
    if (number >= -1 && number <= 1) {
      return {bits::vector_of({word.text.substr(0, colon), word.begin}, bits_), static_cast<Real>(number)};
    }
    throw data::LineError(priority.begin, "a priority in [-1, 1] was expected; " + data::came(priority.text) +
                                              " came; divide all by the largest.");
  }

  /// `told` vectors of the answer, or all, where fewer are shown.
  bits::Sequences sequences(Batch& batch, Extent vectors) const {
    return {batch, vectors + 1 + std::min(told_, vectors), bits_ + 2, bits_};
  }

  void write(const std::vector<Shown>& shown, const bits::Sequences& made, Extent row) const {
    const auto vectors = static_cast<Extent>(shown.size());
    for (Extent i = 0; i < vectors; ++i) {
      std::copy(shown[i].vector.begin(), shown[i].vector.end(), made.input_at(row, i));
      made.input_at(row, i)[bits_] = shown[i].priority;
    }
    made.input_at(row, vectors)[bits_ + 1] = 1;
    std::vector<std::size_t> order(shown.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return shown[a].priority > shown[b].priority; });
    for (Extent i = 0; i < std::min(told_, vectors); ++i) {
      const bits::Vector& best = shown[order[i]].vector;
      std::copy(best.begin(), best.end(), made.target_at(row, vectors + 1 + i));
    }
  }

  Extent vectors_ = 20;
  Extent told_ = 16;
  Extent bits_ = 8;
};

FOVEA_TASK("priority_sort", PrioritySort, R"doc(
Priority sort: random vectors of bits are shown, each with a priority; those of the highest priorities are repeated in order.

Example   bits = 2, vectors = 3, told = 2: 10 with 0.3, 01 with -0.5, 11 with 0.9, end, two blank steps -> 11, 10.
Inputs    input [B, T, bits + 2], T = vectors + 1 + told: after the bits the priority, uniform in (-1, 1), and the end
          mark; target [B, T, bits]; mask Index [B, T], 1 at the steps that are judged, the last `told` ones.
Outputs   "scores" [B, T, bits]: a bit is 1 where its score is above 0, with probability sigmoid(score).
Metrics   exact, the share of sequences without a wrong bit; wrong_bits, of a sequence; cost_bits, -log2 of the probability of
          the answer. Chance: half of the bits are wrong. A tie goes to the vector that was shown first.
Splits    independent streams.
Errors    more vectors in the answer than are shown.
Source    Graves et al. 2014, arXiv:1410.5401, section 4.5: 20 vectors, of which 16 are answered.
)doc");

}  // namespace
}  // namespace fovea
