#include "framework/ops/scores/pair_score.h"

namespace fovea {
namespace {

class EuclideanScoreOp final : public PairScoreOp {
 public:
  std::string_view name() const override { return "euclidean_score"; }

  // The difference is summed directly: |q|^2 - 2 q.k + |k|^2 would cancel where a query meets its key.
  void forward(const OpRun& run) const override {
    each_pair(run, [&](const Pair& p) {
      Pack total{};
      for_packs(p.width, [&](Extent i, auto lanes) {
        const Pack difference = lanes.load(p.query + i) - lanes.load(p.key + i);
        total = cpu::multiply_add(difference, difference, total);
      });
      run.out[0].real()[p.place] = -cpu::sum_lanes(total);
    });
  }

  // grad_q += sum over n of -2 g_mn (q - k); grad_k is the negative of the same, summed over m
  void backward(const OpRun& run) const override {
    pull_pairs(run, [&](std::size_t side, const Pair& p, const Real*, const Real*, Real* to) {
      const Real factor = (side == 0 ? -2 : 2) * run.grad_out[0].real()[p.place];
      for_packs(p.width, [=, q = p.query, k = p.key](Extent i, auto lanes) {
        put<false>(lanes, to + i, factor * (lanes.load(q + i) - lanes.load(k + i)));
      });
    });
  }

  BackwardReads backward_reads() const override { return {3, 0}; }
};

}  // namespace

OpPointer make_euclidean_score() { return std::make_shared<EuclideanScoreOp>(); }

}  // namespace fovea
