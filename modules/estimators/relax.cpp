#include <algorithm>

#include "framework/attention/several_draws.h"
#include "framework/attention/whole_items.h"
#include "framework/cpu/row_math.h"
#include "modules/estimators/relaxed_choice.h"

namespace fovea {
namespace {

enum Parameter : std::size_t { kScale, kWeight, kBias, kOutWeight };  // [1], [H, V], [H], [H + 1]

/// The relaxed evaluations count with this share, which the site divides out: a power of two, so that both are exact.
/// The rest of the model has no use for them: the mean of their difference is 0 whatever was chosen, so they would only add
/// variance.
constexpr Real kShare = Real(1) / 1024;

/// Parts of a row of memory, one after the other.
struct Memory {
  Row rest;
  Row take(std::size_t length) {
    const Row part = rest.first(length);
    rest = rest.subspan(length);
    std::fill(part.begin(), part.end(), Real(0));
    return part;
  }
};

/// r(read) = v . tanh(W read + h) + k, with v and k in one parameter; its slope and its second derivatives.
struct Network {
  ConstRow weight;  // [H, V]
  ConstRow bias;    // [H]
  ConstRow out;     // [H + 1]
  Row grad_weight, grad_bias, grad_out;

  explicit Network(const ItemRun& run)
      : weight(run.parameters[kWeight]),
        bias(run.parameters[kBias]),
        out(run.parameters[kOutWeight]),
        grad_weight(run.grad_parameters[kWeight]),
        grad_bias(run.grad_parameters[kBias]),
        grad_out(run.grad_parameters[kOutWeight]) {}

  ConstRow unit(std::size_t k, std::size_t width) const { return weight.subspan(k * width, width); }

  /// hidden [H] = tanh(W read + h); returns r.
  Real value(ConstRow read, Row hidden) const {
    for (std::size_t k = 0; k < bias.size(); ++k) hidden[k] = bias[k] + cpu::dot(unit(k, read.size()), read);
    cpu::tanh(hidden, hidden);
    return out.back() + cpu::dot(out.first(hidden.size()), hidden);
  }

  /// slope [V] = d r / d read = sum_k v_k (1 - h_k^2) W_k
  void find_slope(ConstRow hidden, Row slope) const {
    std::fill(slope.begin(), slope.end(), Real(0));
    for (std::size_t k = 0; k < bias.size(); ++k) {
      cpu::add_scaled(out[k] * (1 - hidden[k] * hidden[k]), unit(k, slope.size()), slope);
    }
  }

  /// The gradient of factor * r.
  void pull_value(ConstRow read, ConstRow hidden, Real factor) const {
    grad_out.back() += factor;
    for (std::size_t k = 0; k < bias.size(); ++k) {
      const Real inner = factor * out[k] * (1 - hidden[k] * hidden[k]);
      grad_out[k] += factor * hidden[k];
      grad_bias[k] += inner;
      cpu::add_scaled(inner, read, grad_weight.subspan(k * read.size(), read.size()));
    }
  }

  // slope . d = sum_k v_k (1 - h_k^2) (W_k . d), d (1 - h_k^2) / d (W_k read + b_k) = -2 h_k (1 - h_k^2)
  /// The gradient of factor * slope . direction, the direction [V] held.
  void pull_slope(ConstRow read, ConstRow hidden, ConstRow direction, Real factor) const {
    for (std::size_t k = 0; k < bias.size(); ++k) {
      const Real along = factor * cpu::dot(unit(k, read.size()), direction);
      const Real bend = 1 - hidden[k] * hidden[k];
      const Real inner = -2 * hidden[k] * bend * out[k] * along;
      grad_out[k] += bend * along;
      grad_bias[k] += inner;
      const Row grad_unit = grad_weight.subspan(k * read.size(), read.size());
      cpu::add_scaled(inner, read, grad_unit);
      cpu::add_scaled(factor * out[k] * bend, direction, grad_unit);
    }
  }
};

/// A relaxed draw: weights = softmax(keys / t), keys = a function of log p, log p = log softmax of the scores.
struct Relaxed {
  const DrawRun* run = nullptr;
  Real cost = 0;
  Real correction = 0;  // r(read)
  Row shares;           // d key / d log p [N]
  Row grad_cost;        // d cost / d scores [N]
  Row grad_correction;  // d r(read) / d scores [N]
  Row hidden;           // [H]

  ConstRow weights() const { return run->choice.weights.first(shares.size()); }

  /// grad_scores += (d weights / d scores)^T grad_weights
  void pull(const SelectorParts& selector, double temperature, ConstRow grad_weights, Memory memory, Row grad_scores) const {
    const Row grad_keys = memory.take(shares.size());
    tempered_softmax_backward(weights(), grad_weights, temperature, grad_keys);
    for (std::size_t i = 0; i < shares.size(); ++i) grad_keys[i] *= shares[i];
    selector.enumerable->log_probs_backward(run->scores, grad_keys, grad_scores);
  }

  // log p = s / T - log(sum exp(s / T)): d log p = (d s - p . d s) / T, and, transposed, (d s - p sum d s) / T. The sum of a
  // gradient of scores is 0, since log p does not change where all scores move equally; so the first is the second less its
  // mean. The softmax of the keys is symmetric.
  /// step_read [V] += (d read / d scores) step_scores, for a step whose sum is 0.
  void push(const SelectorParts& selector, double temperature, ConstRow step_scores, Memory memory, Row step_read) const {
    const Row log_probs = memory.take(shares.size());
    const Row step = memory.take(shares.size());
    const Row step_weights = memory.take(shares.size());
    selector.enumerable->log_probs(run->scores, log_probs);
    selector.enumerable->log_probs_backward(run->scores, step_scores, step);
    cpu::exp(log_probs, log_probs);
    const Real mean = cpu::dot(log_probs, step);
    for (std::size_t i = 0; i < step.size(); ++i) step[i] = (step[i] - mean) * shares[i];
    tempered_softmax_backward(weights(), step, temperature, step_weights);
    for (std::size_t i = 0; i < step.size(); ++i) cpu::add_scaled(step_weights[i], run->value(i), step_read);
  }
};

class Relax final : public Estimator, public SeveralDraws, public WholeItems {
 public:
  void fields(Options& options) override {
    options.add("temperature", temperature_, "of the relaxed choices, > 0", {.low = 1e-6});
    options.add("scale", scale_, "initial factor of the cost in the control variate; it is learned");
    options.add("width", width_, "width of the hidden layer of the control variate, >= 1", {.low = 1});
  }
  Traits traits() const override { return {.needs_enumeration = true, .needs_one_item = true}; }

  // The last layer starts at 0: the first step is one of REBAR.
  std::vector<SiteParameter> item_parameters(Extent value_width) const override {
    return {{"scale", {1}, Init::constant(scale_)},
            {"weight", {width_, value_width}, Init::glorot()},
            {"bias", {width_}, Init::zero()},
            {"out_weight", {width_ + 1}, Init::zero()}};
  }

  Extent draws(const SelectorParts& /*selector*/, Extent /*items*/) const override { return relaxed::kDraws; }
  Extent capacity(const SelectorParts& /*selector*/, Extent items) const override { return items; }

  bool choose(const SelectorParts& selector, ConstRow scores, const Draw& draw, Choice& out) const override {
    relaxed::choose(selector, scores, draw, temperature_, out);
    return true;
  }

  void share_out(const Evaluations& evaluations, const Shares& out) override {
    std::copy(evaluations.costs.begin(), evaluations.costs.end(), out.advantages.begin());
    for (std::size_t row = 0; row < out.weights.size(); ++row) out.weights[row] = share(row % relaxed::kDraws);
  }

  Extent item_scratch(Extent items, Extent value_width) const override { return 11 * items + 2 * width_ + value_width; }

  // g = (cost - a cost' - r') u + a d cost + d r - a d cost' - d r', u = d log p(b), ' the draw given the choice; all by the
  // scores of the site.
  void pull_item(const ItemRun& run) const override {
    const DrawRun& hard = run.draws[0];
    if (hard.scale == 0) return;
    Memory memory{run.scratch};
    const std::size_t n = hard.scores.size();
    const Row score = memory.take(n);  // u
    const Row total = memory.take(n);  // g
    run.selector->sampled->log_prob_backward(hard.scores, hard.choice, 1, score);
    const Relaxed before = relax(run, 1, memory);
    const Relaxed after = relax(run, 2, memory);
    const Real scale = run.parameters[kScale][0];
    const Real advantage = hard.advantage / hard.scale - scale * after.cost - after.correction;
    for (std::size_t i = 0; i < n; ++i) {
      const Real of_before = scale * before.grad_cost[i] + before.grad_correction[i];
      const Real of_after = scale * after.grad_cost[i] + after.grad_correction[i];
      total[i] = advantage * score[i] + of_before - of_after;
      hard.grad_scores[i] += (hard.scale * advantage + hard.grad_log_prob) * score[i];
      before.run->grad_scores[i] += hard.scale * of_before;
      after.run->grad_scores[i] -= hard.scale * of_after;
    }
    if (std::any_of(run.grad_parameters.begin(), run.grad_parameters.end(), [](const Row& row) { return row.empty(); }))
      return;
    // d |g|^2 / d a = 2 g . (-cost' u + d cost - d cost')
    const Real twice = 2 * hard.scale;
    const Real along = cpu::dot(total, score);
    run.grad_parameters[kScale][0] +=
        twice * (cpu::dot(total, before.grad_cost) - cpu::dot(total, after.grad_cost) - after.cost * along);
    Network(run).pull_value(after.run->read, after.hidden, -twice * along);
    learn_slope(run, before, total, twice, memory);
    learn_slope(run, after, total, -twice, memory);
  }

 private:
  static Real share(std::size_t draw) { return draw == 0 ? Real(1) : draw == 1 ? kShare : -kShare; }

  Relaxed relax(const ItemRun& run, std::size_t number, Memory& memory) const {
    const DrawRun& draw = run.draws[number];
    const std::size_t n = draw.scores.size();
    Relaxed made{.run = &draw,
                 .cost = draw.advantage / draw.scale,
                 .shares = memory.take(n),
                 .grad_cost = memory.take(n),
                 .grad_correction = memory.take(n),
                 .hidden = memory.take(run.parameters[kBias].size())};
    const std::size_t chosen = relaxed::make_keys(*run.selector, draw.scores, draw.draw, made.shares);
    relaxed::find_shares(draw.draw, chosen, made.shares);
    made.pull(*run.selector, temperature_, draw.grad_weights, memory, made.grad_cost);
    cpu::scale(1 / (draw.scale * share(number)), made.grad_cost);
    const Network network(run);
    made.correction = network.value(draw.read, made.hidden);
    Memory rest = memory;
    const Row grad_weights = rest.take(n);
    const Row slope = rest.take(draw.read.size());
    network.find_slope(made.hidden, slope);
    for (std::size_t i = 0; i < n; ++i) grad_weights[i] = cpu::dot(draw.value(i), slope);
    made.pull(*run.selector, temperature_, grad_weights, rest, made.grad_correction);
    return made;
  }

  // g . d r = (d read / d scores g) . (d r / d read): the effect of r's parameters on it, g held.
  void learn_slope(const ItemRun& run, const Relaxed& draw, ConstRow total, Real factor, Memory memory) const {
    const Row direction = memory.take(draw.run->read.size());
    draw.push(*run.selector, temperature_, total, memory, direction);
    Network(run).pull_slope(draw.run->read, draw.hidden, direction, factor);
  }

  double temperature_ = 0.5;
  double scale_ = 1;
  Extent width_ = 16;
};

FOVEA_ESTIMATOR("relax", Relax, R"doc(RELAX: REBAR with a learned control variate.

Approximates  d E[cost] / d scores, and the gradient of the expected cost with respect to everything else.
With          (cost(b) - c(w')) d log p(b) + d c(w) - d c(w'), c = a cost + r: b the choice, w = softmax((log p + G) / t), w' the
              same with noise drawn anew given that b won; t the temperature. The scale a and the network r = v . tanh(W read +
              h) + k of what w reads are parameters of the site, trained to lower the square of this gradient of each item,
              which is its variance up to a constant. t is not learned, since that takes second derivatives of the model;
              it may be an annealing. What does not lead to the choice gets the gradient of cost(b), and 2^-10 of that of
              cost(w) - cost(w'), whose mean is 0 for any choice.
Requires      a selector that draws one item by softmax and whose choices can be enumerated, at the only sampled site of the
              model, which has values and chooses once for each item of the batch; a cost that is defined for mixtures of
              values.
Bias          none, for any t, a and r.
Cost          3 evaluations of each item, two of which read every candidate, and O(N V + V width) for each of the two.
              The gradients of its parameters count in the norm that is clipped.
Source        Grathwohl, Choi, Wu, Roeder & Duvenaud 2018, arXiv:1711.00123; Tucker et al. 2017, arXiv:1703.07370, whose a
              is learned too.)doc");

}  // namespace
}  // namespace fovea
