#include <algorithm>

#include "framework/attention/selector.h"

namespace fovea {
namespace {

class Argmax final : public Selector {
 public:
  Extent capacity(Extent items) const override { return std::min<Extent>(items, 1); }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const auto best = std::max_element(scores.begin(), scores.end());  // the first among equals
    out.kept[0] = static_cast<Index>(best - scores.begin());
    out.weights[0] = 1;
    out.count = 1;
    out.log_prob = 0;
  }
};

FOVEA_SELECTOR("argmax", Argmax, R"doc(Argmax: the one item with the highest score, weight 1.

Solves    i = argmax over j of s_j; ties go to the lowest index.
Shapes    scores [N] -> weights [1] = 1, kept [1] = i; rows are independent.
Gradient  none: it is 0 wherever it exists; needs an estimator.
Errors    none; a masked-out item never arrives.
Cost      O(N) time; reads and writes touch one item.)doc");

}  // namespace
}  // namespace fovea
