#include "modules/selectors/tempered.h"

namespace fovea {
namespace {

class GumbelSoftmax final : public SoftmaxOfAll, public RandomChoice {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "perturbed scores are divided by it, > 0; small is close to a sample",
                {.low = 1e-6});
  }
  Traits traits() const override { return {.keeps_all = true}; }

  void select(ConstRow scores, Rng rng, Choice& out) const override {
    keep(scores, out);
    weigh_with_noise(scores, rng, out.scratch.first(scores.size()), out.weights.first(scores.size()));
  }

  void select_greedy(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    keep(scores, out);
    weigh(scores, out.weights.first(scores.size()));
  }

  void select_rows(const Rows& rows, std::span<const Rng> rngs) const override {
    keep_all(rows);
    const Row noise = rows.scratch.first(rows.items);
    for (Extent row = 0; row < rows.size(); ++row) {
      const ConstRow scores = rows.items_of(rows.scores, row);
      const Row weights = rows.kept_of(rows.weights, row);
      if (rngs.empty()) {
        weigh(scores, weights);
      } else {
        weigh_with_noise(scores, rngs[row], noise, weights);
      }
    }
  }

 private:
  void weigh_with_noise(ConstRow scores, Rng rng, Row noise, Row weights) const {
    if (temperature_ == 1) return cpu::gumbel_softmax(scores, rng, weights);
    fill_gumbel(rng, noise);
    cpu::add(scores, noise);
    tempered_softmax(noise, temperature_, weights);
  }
};

FOVEA_SELECTOR("gumbel_softmax", GumbelSoftmax,
               R"doc(Gumbel-softmax: softmax of noisy scores, a sample that is not quite hard.

Solves    y = softmax((s + g) / t), g_i = -log(-log(u_i)), u_i uniform, t the temperature: as t falls, y tends to one item that
          is drawn with its probability softmax(s). In evaluation without noise.
Shapes    scores [N] -> weights [N], kept [N] = 0 .. N-1; rows are independent.
Gradient  exact for the noise that was drawn: y_i (grad_y_i - sum over j of y_j grad_y_j) / t.
Errors    none; a masked-out item never arrives.
Cost      O(N) time, N random numbers, N Reals of scratch.
Source    Jang et al. 2017, arXiv:1611.01144, equation 2; Maddison et al. 2017, arXiv:1611.00712 (the concrete distribution).)doc");

}  // namespace
}  // namespace fovea
