#include <cmath>

#include "framework/ops/scores/pair_score.h"

namespace fovea {
namespace {

// y_mn = q_m . k_n / (max(|q_m|, epsilon) max(|k_n|, epsilon)), where the keys are read once for each query: for few
// queries.
class CosineScoreOp final : public PairScoreOp {
 public:
  explicit CosineScoreOp(double epsilon) : epsilon_(static_cast<Real>(epsilon)) {}

  std::string_view name() const override { return "cosine_score"; }

  /// 1 / max(length, epsilon), negative where the length is below epsilon: of queries [B, M] and of keys [B, N].
  std::vector<Type> scratch(std::span<const Type> in) const override {
    return {Type{{in[0].shape[0], in[0].shape[1]}}, Type{{in[1].shape[0], in[1].shape[1]}}};
  }

  void forward(const OpRun& run) const override {
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const Shape& shape = run.in[side].shape();
      for (Extent row = 0; row < shape[0] * shape[1]; ++row) {
        run.scratch[side].real()[row] = inverse_length(run.in[side].real() + row * shape[2], shape[2]);
      }
    }
    each_pair(run, [&](const Pair& p) {
      Pack total{};
      for_packs(p.width, [&](Extent i, auto lanes) {
        total = cpu::multiply_add(lanes.load(p.query + i), lanes.load(p.key + i), total);
      });
      const Real inverse = std::abs(run.scratch[0].real()[p.query_row] * run.scratch[1].real()[p.key_row]);
      run.out[0].real()[p.place] = cpu::sum_lanes(total) * inverse;
    });
  }

  // grad_q += sum over n of g (k / |k| - y q / |q|) / |q|, where |q| is above epsilon; else without the part along q.
  // grad_k the same with their parts exchanged.
  void backward(const OpRun& run) const override {
    pull_pairs(run, [&](std::size_t side, const Pair& p, const Real* self, const Real* other, Real* to) {
      const Real inverse_query = run.scratch[0].real()[p.query_row];
      const Real inverse_key = run.scratch[1].real()[p.key_row];
      const Real g = run.grad_out[0].real()[p.place];
      const Real own = side == 0 ? inverse_query : inverse_key;
      const Real across = g * std::abs(inverse_query * inverse_key);
      const Real along = own < 0 ? 0 : g * run.out[0].real()[p.place] * own * own;
      for_packs(p.width, [=](Extent i, auto lanes) {
        put<false>(lanes, to + i, across * lanes.load(other + i) - along * lanes.load(self + i));
      });
    });
  }

 private:
  Real inverse_length(const Real* x, Extent width) const {
    Pack total{};
    for_packs(width, [&](Extent i, auto lanes) { total = cpu::multiply_add(lanes.load(x + i), lanes.load(x + i), total); });
    const Real length = std::sqrt(cpu::sum_lanes(total));
    return length > epsilon_ || length != length ? 1 / length : -1 / epsilon_;
  }

  Real epsilon_;
};

}  // namespace

OpPointer make_cosine_score(double epsilon) { return std::make_shared<CosineScoreOp>(epsilon); }

}  // namespace fovea
