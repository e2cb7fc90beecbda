#include "modules/routing/balance.h"

#include <cmath>
#include <numbers>

#include "framework/attention/choice.h"
#include "framework/ops/signature.h"

namespace fovea {
namespace {

class ProbabilityOfBestOp final : public Op {
 public:
  explicit ProbabilityOfBestOp(Extent k) : k_(k) {}
  std::string_view name() const override { return "probability_of_best"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    Signature(name(), in, {"clean [..., E]", "noisy [..., E]", "deviation [..., E]"});
    if (k_ < 1) reject(name(), "k is " + std::to_string(k_) + "; give 1 or more.");
    return {in[0]};
  }

  std::vector<Type> workspace(std::span<const Type> /*in*/) const override { return {{{k_ + 1}, Kind::kIndex}}; }

  void forward(const OpRun& run) const override {
    each_row(run, [&](std::size_t from, const Thresholds& t) {
      for (std::size_t e = 0; e < t.experts; ++e) {
        const double z = t.is_all ? 0 : standard(run, from, e, t);
        run.out[0].real()[from + e] = t.is_all ? Real{1} : static_cast<Real>(0.5 * std::erfc(-z / std::numbers::sqrt2));
      }
    });
  }

  // P = Phi(z), z = (clean - noisy_t) / deviation  =>  with h = g phi(z) / deviation: grad_clean += h, grad_noisy_t -= h,
  // grad_deviation -= h z
  void backward(const OpRun& run) const override {
    each_row(run, [&](std::size_t from, const Thresholds& t) {
      if (t.is_all) return;
      for (std::size_t e = 0; e < t.experts; ++e) {
        const double z = standard(run, from, e, t);
        const double slope = std::exp(-0.5 * z * z) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
        const double h =
            static_cast<double>(run.grad_out[0].real()[from + e]) * slope / static_cast<double>(run.in[2].real()[from + e]);
        if (run.wants(0)) run.grad_in[0].real()[from + e] += static_cast<Real>(h);
        if (run.wants(1)) run.grad_in[1].real()[from + t.other(e)] -= static_cast<Real>(h);
        if (run.wants(2)) run.grad_in[2].real()[from + e] -= static_cast<Real>(h * z);
      }
    });
  }

  BackwardReads backward_reads() const override { return {7, 0}; }

 private:
  /// Places of the k-th and of the next best noisy score of a row.
  struct Thresholds {
    std::size_t experts = 0;
    bool is_all = false;
    std::size_t last = 0;
    std::size_t next = 0;
    const Real* noisy = nullptr;
    bool is_best(std::size_t e) const { return noisy[e] > noisy[last] || (noisy[e] == noisy[last] && e <= last); }
    std::size_t other(std::size_t e) const { return is_best(e) ? next : last; }
  };

  double standard(const OpRun& run, std::size_t from, std::size_t e, const Thresholds& t) const {
    const Real distance = run.in[0].real()[from + e] - run.in[1].real()[from + t.other(e)];
    return static_cast<double>(distance) / static_cast<double>(run.in[2].real()[from + e]);
  }

  static std::size_t worst(ConstRow row, std::span<Index> kept) {
    keep_best(row, kept);
    Index worst = kept[0];
    for (const Index place : kept) {
      if (row[place] <= row[worst]) worst = place;
    }
    return static_cast<std::size_t>(worst);
  }

  template <class Body>
  void each_row(const OpRun& run, const Body& body) const {
    Thresholds t;
    t.experts = static_cast<std::size_t>(run.in[0].shape().last());
    t.is_all = static_cast<std::size_t>(k_) >= t.experts;
    const std::span<Index> kept(run.workspace[0].index(), static_cast<std::size_t>(k_ + 1));
    const auto size = static_cast<std::size_t>(run.in[0].size());
    for (std::size_t from = 0; from < size; from += t.experts) {
      t.noisy = run.in[1].real() + from;
      const ConstRow row(t.noisy, t.experts);
      if (!t.is_all) {
        t.last = worst(row, kept.first(k_));
        t.next = worst(row, kept);
      }
      body(from, t);
    }
  }

  Extent k_;
};

}  // namespace

Value squared_variation(Value load, At at) {
  const Value average = mean(load, 1, at);                                                    // [B]
  const Value variance = mean(square(subtract(load, unsqueeze(average, 1), at), at), 1, at);  // [B]
  return divide(variance, square(average, at), at);
}

Value importance_loss(Value kept, Value weights, Value scores, At at) {
  const Value by_expert = transpose(scores, {0, 2, 1}, at);  // [B, E, M], for its extents
  return squared_variation(sum(scatter_items(weights, kept, by_expert, at), 1, at), at);
}

Value balance_loss(Value wanted, Value scores, At at) {
  const Value by_expert = transpose(scores, {0, 2, 1}, at);
  const Value ones = to_real(full_index(wanted, 3, 1, at), at);
  const Value load = detach(sum(scatter_items(ones, wanted, by_expert, at), 1, at), at);  // [B, E]
  const Value share = divide(load, unsqueeze(sum(load, 1, at), 1), at);
  const Value probability = mean(softmax(scores, at), 1, at);  // [B, E]
  return scale(sum(multiply(share, probability, at), 1, at), static_cast<double>(scores.shape().last()), at);
}

// log(sum exp(s)) = s_0 - log_softmax(s)_0
Value z_loss(Value scores, At at) {
  const Value log_partition = slice(subtract(scores, log_softmax(scores, at), at), 2, 0, 1, at);
  return mean_all_but_first(square(log_partition, at), at);
}

Value probability_of_best(const NoisyScores& scores, Extent k, At at) {
  const std::vector<Value> inputs{scores.clean, scores.noisy, scores.deviation};
  return innermost(inputs, at).add(std::make_shared<ProbabilityOfBestOp>(k), inputs, "", at);
}

Value load_loss(const NoisyScores& scores, Extent k, At at) {
  return squared_variation(sum(probability_of_best(scores, k, at), 1, at), at);
}

}  // namespace fovea
