#include <algorithm>

#include "framework/attention/selector.h"
#include "framework/cpu/row_math.h"

namespace fovea {
namespace {

class SoftToHard final : public Selector, public DifferentiableChoice {
 public:
  void fields(Options& options) override {
    options.add("mix", mix_, "share of the hard choice in the weights, in [0, 1]; 0: softmax, 1: argmax",
                {.low = 0, .high = 1});
    options.add("temperature", temperature_, "of the softmax; scores are divided by it, > 0; small is sharp", {.low = 1e-6});
  }
  // Not Traits::keeps_all below mix = 1: an annealing of mix may end there, and a site asks for traits once.
  Extent capacity(Extent items) const override { return is_hard() ? std::min<Extent>(items, 1) : items; }

  void select(ConstRow scores, Rng /*rng*/, Choice& out) const override {
    const auto best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
    out.log_prob = 0;
    if (is_hard()) {
      out.count = 1;
      out.kept[0] = static_cast<Index>(best);
      out.weights[0] = 1;
      return;
    }
    const Row weights = out.weights.first(scores.size());
    tempered_softmax(scores, temperature_, weights);
    const auto mix = static_cast<Real>(mix_);
    cpu::scale(1 - mix, weights);
    weights[best] += mix;
    for (std::size_t i = 0; i < weights.size(); ++i) out.kept[i] = static_cast<Index>(i);
    out.count = static_cast<Extent>(weights.size());
  }

  // w = (1 - mix) softmax(s / t) + mix one_hot(argmax s), whose second part is constant
  //   =>  grad_s_i += p_i (g_i - sum_j p_j g_j) (1 - mix) / t,  p = softmax(s / t)
  void backward(ConstRow scores, const Choice& choice, ConstRow grad_weights, Row grad_scores) const override {
    if (is_hard()) return;
    const Row soft = choice.scratch.first(scores.size());
    tempered_softmax(scores, temperature_, soft);
    tempered_softmax_backward(soft, grad_weights, temperature_ / (1 - mix_), grad_scores);
  }

 private:
  bool is_hard() const { return static_cast<Real>(mix_) == 1; }

  double mix_ = 0.5;
  double temperature_ = 1;
};

FOVEA_SELECTOR("soft_to_hard", SoftToHard, R"doc(Soft to hard: softmax and argmax, mixed in any proportion.

Solves    w = (1 - mix) softmax(s / t) + mix one_hot(argmax s), t the temperature; ties go to the lowest index. With mix = 1
          only the best item is kept, else every item. soft_to_hard(mix=linear(from=0, to=1)) starts as softmax and
          ends as argmax: what it has learned softly it must then do with one item.
Shapes    scores [N] -> weights [K], kept [K], K = N, or 1 with mix = 1; rows are independent.
Gradient  exact of the soft part, (1 - mix) p_i (g_i - sum over j of p_j g_j) / t with p = softmax(s / t); that of the hard
          part is 0, where the best item does not change. It fades as mix rises: an estimator such as straight_through gives
          the hard part a gradient too.
Errors    mix = 1 with the estimator none, which leaves no gradient: choose another estimator, or keep mix below 1.
Cost      O(N) time, N Reals of scratch in backward; with mix = 1 reads and writes touch the kept item, else every item,
          item by item, because the number of kept items may change while mix is annealed.
Source    in the manner of Agustsson et al. 2017, arXiv:1704.00648, section 3: a soft assignment that training turns into a
          hard one. There its sharpness rises (here: anneal the temperature); mix moves the weights themselves.)doc");

}  // namespace
}  // namespace fovea
