#include <algorithm>

#include "framework/attention/selector.h"
#include "framework/cpu/parallel.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class TopK final : public Selector, public DifferentiableChoice, public ManyRows {
 public:
  void fields(Options& options) override { options.add("k", k_, "items kept, >= 1", {.low = 1}); }
  Traits traits() const override { return {.keeps_best = true}; }
  Extent capacity(Extent items) const override { return std::min(items, k_); }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const auto count = static_cast<std::size_t>(capacity(static_cast<Extent>(scores.size())));
    const std::span<Index> kept = out.kept.first(count);
    keep_best(scores, kept);
    const Row weights = out.weights.first(count);
    for (std::size_t i = 0; i < count; ++i) weights[i] = scores[kept[i]];
    cpu::softmax(weights, weights);
    out.count = static_cast<Extent>(count);
    out.log_prob = 0;
  }

  void select_rows(const Rows& rows, std::span<const Rng> rngs) const override {
    cpu::parallel_tiles(rows.size(), kRowTile, [&](Extent begin, Extent end, Extent /*number*/) {
      select_row_by_row(*this, part_of(rows, begin, end),
                        rngs.empty() ? rngs : rngs.subspan(index(begin), index(end - begin)));
    });
  }

  // w = softmax of the kept scores  =>  grad_s_i += w_i (g_i - sum_j w_j g_j) on kept
  void backward(ConstRow /*scores*/, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    const auto count = static_cast<std::size_t>(choice.count);
    const Real mean = cpu::dot(choice.weights.first(count), grad_weights.first(count));
    for (std::size_t i = 0; i < count; ++i) {
      grad_scores[choice.kept[i]] += choice.weights[i] * (grad_weights[i] - mean);
    }
  }

 private:
  static constexpr Extent kRowTile = 512;

  static std::size_t index(Extent i) { return static_cast<std::size_t>(i); }
  static Rows part_of(const Rows& rows, Extent begin, Extent end) {
    const auto part = [=](auto all, Extent row) { return all.subspan(index(begin * row), index((end - begin) * row)); };
    Rows tile = rows;
    tile.scores = part(rows.scores, rows.items);
    tile.weights = part(rows.weights, rows.capacity);
    tile.kept = part(rows.kept, rows.capacity);
    tile.counts = part(rows.counts, 1);
    return tile;
  }

  Extent k_ = 8;
};

FOVEA_SELECTOR("top_k", TopK, R"doc(Top-k: the k items with the highest scores, weighted by softmax over them alone.

Solves    kept = the k largest s, ties to the lowest index; w_i = exp(s_i) / sum over kept j of exp(s_j).
Shapes    scores [N] -> weights [min(k, N)], kept [min(k, N)] ascending; rows are independent.
Gradient  exact where the kept set does not change: w_i (g_i - sum over kept j of w_j g_j) on kept, 0 elsewhere; with k = 1
          the weight is always 1 and the gradient 0, so that an estimator is needed.
Errors    none; k above N keeps all N.
Cost      O(N log k) time, no scratch; reads and writes touch k items.
Source    Shazeer et al. 2017, arXiv:1701.06538, equations 3 to 5, without noise.)doc");

}  // namespace
}  // namespace fovea
