#include <cmath>

#include "framework/cpu/packs.h"
#include "framework/ops/scores/score.h"

namespace fovea {
namespace {

// y_mn = q_m . k_n / (max(|q_m|, epsilon) max(|k_n|, epsilon)), where the keys are read once for each query: for few
// queries.
class CosineScoreOp final : public Op {
 public:
  explicit CosineScoreOp(double epsilon) : epsilon_(static_cast<Real>(epsilon)) {}

  std::string_view name() const override { return "cosine_score"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_real(name(), in[0], "queries");
    require_real(name(), in[1], "keys");
    const Shape& queries = in[0].shape;
    const Shape& keys = in[1].shape;
    if (queries.rank() != 3 || keys.rank() != 3 || queries[0] != keys[0] || queries[2] != keys[2]) {
      reject(name(), describe("queries", in[0]) + " and " + describe("keys", in[1]) +
                         " do not fit; give [B, M, D] and [B, N, D] of one width.");
    }
    return {Type{{queries[0], queries[1], keys[1]}, Kind::kReal}};
  }

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
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      if (!run.wants(side)) continue;
      if (run.assigns(side)) clear(run.grad_in[side].real(), run.grad_in[side].size());
      each_pair(run, [&](const Pair& p) {
        const Real inverse_query = run.scratch[0].real()[p.query_row];
        const Real inverse_key = run.scratch[1].real()[p.key_row];
        const Real g = run.grad_out[0].real()[p.place];
        const Real own = side == 0 ? inverse_query : inverse_key;
        const Real across = g * std::abs(inverse_query * inverse_key);
        const Real along = own < 0 ? 0 : g * run.out[0].real()[p.place] * own * own;
        const Real* self = side == 0 ? p.query : p.key;
        const Real* other = side == 0 ? p.key : p.query;
        Real* to = run.grad_in[side].real() + (self - run.in[side].real());
        for_packs(p.width, [=](Extent i, auto lanes) {
          put<false>(lanes, to + i, across * lanes.load(other + i) - along * lanes.load(self + i));
        });
      });
    }
  }

  bool can_assign(std::size_t) const override { return true; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(in[1].shape[1]);
  }

 private:
  struct Pair {
    const Real* query;
    const Real* key;
    Extent width, query_row, key_row, place;
  };

  template <class Body>
  static void each_pair(const OpRun& run, Body body) {
    const Shape& queries = run.in[0].shape();
    const Extent keys = run.in[1].shape()[1];
    const Extent width = queries[2];
    Extent place = 0;
    for (Extent row = 0; row < queries[0] * queries[1]; ++row) {
      const Extent first = row / queries[1] * keys;
      for (Extent key_row = first; key_row < first + keys; ++key_row) {
        body({run.in[0].real() + row * width, run.in[1].real() + key_row * width, width, row, key_row, place++});
      }
    }
  }

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
