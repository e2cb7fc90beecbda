// The selector `nucleus`: as many items as are needed to hold a share of the probability.

#include <algorithm>
#include <numeric>

#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class Nucleus final : public Selector, public DifferentiableChoice {
 public:
  void fields(Options& options) override {
    options.add("p", p_, "share of the probability that is kept, in [0, 1]", {.low = 0, .high = 1});
  }
  Extent capacity(Extent items) const override { return items; }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const std::span<Index> order = out.kept.first(scores.size());
    std::iota(order.begin(), order.end(), Index{0});
    std::sort(order.begin(), order.end(), [scores](Index a, Index b) {
      const Real left = scores[a];
      const Real right = scores[b];
      return left > right || (left == right && a < b);  // ties go to the lowest index
    });
    const std::size_t count = count_for(scores, order, out.scratch.first(scores.size()));
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count));
    const Row weights = out.weights.first(count);
    for (std::size_t i = 0; i < count; ++i) weights[i] = scores[order[i]];
    cpu::softmax(weights, weights);
    out.count = static_cast<Extent>(count);
    out.log_prob = 0;
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
  /// The fewest items, best first, whose probabilities sum to p; never none.
  std::size_t count_for(ConstRow scores, std::span<const Index> order, Row probabilities) const {
    cpu::softmax(scores, probabilities);
    double sum = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      sum += static_cast<double>(probabilities[order[i]]);
      if (sum >= p_) return i + 1;
    }
    return order.size();
  }

  double p_ = 0.9;
};

FOVEA_SELECTOR("nucleus", Nucleus, R"doc(Nucleus: the fewest items that together hold the share p of the probability.

Solves    kept = the shortest head of the items, sorted by score, with sum of softmax(s) >= p; ties to the lowest index;
          w_i = exp(s_i) / sum over kept j of exp(s_j).
Shapes    scores [N] -> weights [K], kept [K] ascending, 1 <= K <= N; rows are independent.
Gradient  exact where the kept set does not change: w_i (g_i - sum over kept j of w_j g_j) on kept, 0 elsewhere.
Errors    none; p = 0 keeps the best item, p = 1 may keep all.
Cost      O(N log N) time, N Reals of scratch; reads and writes touch the kept items.
Source    Holtzman et al. 2020, arXiv:1904.09751, section 3.1.)doc");

}  // namespace
}  // namespace fovea
