#include "modules/selectors/tempered.h"

namespace fovea {
namespace {

class Softmax final : public SoftmaxOfAll {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }
  Traits traits() const override { return {.keeps_all = true, .softmax_temperature = temperature_}; }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    keep(scores, out);
    weigh(scores, out.weights.first(scores.size()));
  }

  void select_rows(const Rows& rows, std::span<const Rng> /*rngs*/) const override {
    keep_all(rows);
    for (Extent row = 0; row < rows.size(); ++row) weigh(rows.items_of(rows.scores, row), rows.kept_of(rows.weights, row));
  }
};

FOVEA_SELECTOR("softmax", Softmax, R"doc(Softmax: every item, weighted by the exponential of its score.

Solves    p_i = exp(s_i / t) / sum over j of exp(s_j / t), t the temperature.
Shapes    scores [N] -> weights [N], kept [N] = 0 .. N-1; rows are independent.
Gradient  exact: p_i (g_i - sum over j of p_j g_j) / t.
Errors    none; a masked-out item never arrives.
Cost      O(N) time, no memory beyond the weights.
Source    Bahdanau et al. 2015, arXiv:1409.0473, equation 6.)doc");

}  // namespace
}  // namespace fovea
