#include <algorithm>
#include <numeric>

#include "modules/selectors/tempered.h"

namespace fovea {
namespace {

class TopP final : public SoftmaxOfKept {
 public:
  void fields(Options& options) override {
    options.add("p", p_, "share of the probability that is kept, in [0, 1]", {.low = 0, .high = 1});
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }
  Extent capacity(Extent items) const override { return items; }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const Row probabilities = out.scratch.first(scores.size());
    tempered_softmax(scores, temperature_, probabilities);
    const std::span<Index> kept = out.kept.first(keep_head(probabilities, out.kept.first(scores.size())));
    std::sort(kept.begin(), kept.end());
    const Row weights = out.weights.first(kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) weights[i] = probabilities[kept[i]];
    cpu::scale(1 / cpu::sum(weights), weights);
    out.count = static_cast<Extent>(kept.size());
    out.log_prob = 0;
  }

 private:
  /// Moves the fewest items whose probabilities sum to p to the front of `order` [N], the best first; returns their number.
  std::size_t keep_head(ConstRow probabilities, std::span<Index> order) const {
    std::iota(order.begin(), order.end(), Index{0});
    // A heap with the best item on top: among equals the lower index is better. Only the head is ever sorted.
    const auto is_worse = [probabilities](Index a, Index b) {
      const Real left = probabilities[a];
      const Real right = probabilities[b];
      return left < right || (left == right && a > b);
    };
    std::make_heap(order.begin(), order.end(), is_worse);
    double sum = 0;
    std::size_t taken = 0;
    while (taken < order.size() && (taken == 0 || sum < p_)) {
      std::pop_heap(order.begin(), order.end() - static_cast<std::ptrdiff_t>(taken), is_worse);
      ++taken;
      sum += static_cast<double>(probabilities[order[order.size() - taken]]);
    }
    std::reverse(order.begin(), order.end());
    return taken;
  }

  double p_ = 0.9;
};

FOVEA_SELECTOR("top_p", TopP, R"doc(Top-p: the fewest items that together hold the share p of the probability.

Solves    kept = the shortest head of the items, sorted by probability q = softmax(s / t), with sum of q >= p, ties to the
          lowest index; w_i = q_i / sum of q over kept.
Shapes    scores [N] -> weights [K], kept [K] ascending, 1 <= K <= N; rows are independent.
Gradient  exact where the kept set does not change: w_i (g_i - sum over kept j of w_j g_j) / t on kept, 0 elsewhere.
Errors    none; p = 0 keeps the best item, p = 1 may keep all.
Cost      O(N + K log N) time, N Reals of scratch; reads and writes touch the kept items.
Source    Holtzman et al. 2020, arXiv:1904.09751, section 3.1.)doc");

}  // namespace
}  // namespace fovea
