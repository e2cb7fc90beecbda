#include <algorithm>
#include <string>

#include "modules/selectors/tempered.h"

namespace fovea {
namespace {

class Threshold final : public SoftmaxOfKept {
 public:
  void fields(Options& options) override {
    options.add("least", least_, "least share of the probability with which an item is kept, in (0, 1]",
                {.low = 1e-9, .high = 1});
    options.add("of", of_, "what it is a share of: that of all items together, or of the best one", {"all", "best"});
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }

  // No more than 1 / least items can have that share of all.
  Extent capacity(Extent items) const override {
    return is_of_all() ? std::min(items, static_cast<Extent>((1 + 1e-12) / least_)) : items;
  }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const Row probabilities = out.scratch.first(scores.size());
    tempered_softmax(scores, temperature_, probabilities);
    const auto best = std::max_element(probabilities.begin(), probabilities.end());  // the first among equals
    const auto limit = static_cast<Real>(least_) * (is_of_all() ? Real(1) : *best);
    const auto room = static_cast<std::size_t>(capacity(static_cast<Extent>(scores.size())));
    std::size_t count = 0;
    for (std::size_t i = 0; i < probabilities.size() && count < room; ++i) {
      if (!(probabilities[i] >= limit)) continue;
      out.kept[count] = static_cast<Index>(i);
      out.weights[count++] = probabilities[i];
    }
    if (count == 0) {
      out.kept[0] = static_cast<Index>(best - probabilities.begin());
      out.weights[count++] = 1;
    }
    const Row weights = out.weights.first(count);
    cpu::scale(1 / cpu::sum(weights), weights);
    out.count = static_cast<Extent>(count);
    out.log_prob = 0;
  }

 private:
  bool is_of_all() const { return of_ == "all"; }

  double least_ = 0.02;
  std::string of_ = "all";
};

FOVEA_SELECTOR("threshold", Threshold, R"doc(Threshold: the items whose probability reaches a given share.

Solves    q = softmax(s / t); kept = the i with q_i >= least, or q_i >= least max q for of=best, and only the best item where
          there is none; w_i = q_i / sum of q over kept.
Shapes    scores [N] -> weights [K], kept [K] ascending, 1 <= K <= min(N, 1 / least), or N for of=best; rows are independent.
Gradient  exact where the kept set does not change: w_i (g_i - sum over kept j of w_j g_j) / t on kept, 0 elsewhere.
Errors    none; a masked-out item never arrives.
Cost      O(N) time, N Reals of scratch; reads and writes touch the kept items.
Source    Hewitt et al. 2022, arXiv:2210.15191 (of=all, there epsilon sampling); Nguyen et al. 2024, arXiv:2407.01082 (of=best,
          there min-p).)doc");

}  // namespace
}  // namespace fovea
