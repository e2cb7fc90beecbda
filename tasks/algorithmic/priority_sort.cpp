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
    const bits::Sequences made(batch, vectors_ + 1 + told_, bits_ + 2, bits_);
    std::vector<Real> priorities(static_cast<std::size_t>(vectors_));
    std::vector<std::size_t> order(priorities.size());
    for (Extent row = 0; row < batch.rows(); ++row) {
      for (Extent i = 0; i < vectors_; ++i) {
        const std::vector<Real> vector = bits::drawn(rng, bits_);
        std::copy(vector.begin(), vector.end(), made.input_at(row, i));
        priorities[i] = static_cast<Real>(rng.uniform(-1, 1));
        made.input_at(row, i)[bits_] = priorities[i];
      }
      made.input_at(row, vectors_)[bits_ + 1] = 1;
      std::iota(order.begin(), order.end(), std::size_t{0});
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return priorities[a] > priorities[b]; });
      for (Extent i = 0; i < told_; ++i) {
        const auto best = static_cast<Extent>(order[i]);
        std::copy_n(made.input_at(row, best), bits_, made.target_at(row, vectors_ + 1 + i));
      }
    }
  }

  Meanings meanings() const override { return bits::meanings(); }

  Judgement judge(const Batch& batch, const Outputs& outputs) const override { return bits::judged(batch, outputs, kName); }

  std::string text(const Batch& batch, Extent row) const override { return bits::text(batch, row); }

 private:
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
