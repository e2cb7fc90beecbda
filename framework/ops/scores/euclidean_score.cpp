#include "framework/cpu/packs.h"
#include "framework/ops/scores/score.h"

namespace fovea {
namespace {

class EuclideanScoreOp final : public Op {
 public:
  std::string_view name() const override { return "euclidean_score"; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    require_count(name(), in, 2);
    require_real(name(), in[0], "queries");
    require_real(name(), in[1], "keys");
    const Shape& queries = in[0].shape;
    const Shape& keys = in[1].shape;
    if (queries.rank() != 3 || keys.rank() != 3 || queries[0] != keys[0] || queries[2] != keys[2]) {
      reject(name(), describe("queries", in[0]) + " and " + describe("keys", in[1]) +
                         " do not fit; give [B, M, H] and [B, N, H] of one width.");
    }
    return {Type{{queries[0], queries[1], keys[1]}, Kind::kReal}};
  }

  // The difference is summed directly: |q|^2 - 2 q.k + |k|^2 would cancel where a query meets its key.
  void forward(const OpRun& run) const override {
    each_pair(run, [&](const Real* q, const Real* k, Extent width, Extent pair) {
      Pack total{};
      for_packs(width, [&](Extent i, auto lanes) {
        const Pack difference = lanes.load(q + i) - lanes.load(k + i);
        total = cpu::multiply_add(difference, difference, total);
      });
      run.out[0].real()[pair] = -cpu::sum_lanes(total);
    });
  }

  // grad_q += sum over n of -2 g_mn (q - k); grad_k is the negative of the same, summed over m
  void backward(const OpRun& run) const override {
    for (const std::size_t input : {std::size_t{0}, std::size_t{1}}) {
      if (!run.wants(input)) continue;
      if (run.assigns(input)) clear(run.grad_in[input].real(), run.grad_in[input].size());
      each_pair(run, [&](const Real* q, const Real* k, Extent width, Extent pair) {
        const Real factor = (input == 0 ? -2 : 2) * run.grad_out[0].real()[pair];
        const Extent offset = input == 0 ? q - run.in[0].real() : k - run.in[1].real();
        Real* to = run.grad_in[input].real() + offset;
        for_packs(width, [=](Extent i, auto lanes) {
          put<false>(lanes, to + i, factor * (lanes.load(q + i) - lanes.load(k + i)));
        });
      });
    }
  }

  BackwardReads backward_reads() const override { return {3, 0}; }
  bool can_assign(std::size_t) const override { return true; }

  double multiply_adds(std::span<const Type> in) const override {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(in[1].shape[1]);
  }

 private:
  template <class Body>
  static void each_pair(const OpRun& run, Body body) {
    const Shape& queries = run.in[0].shape();
    const Extent keys = run.in[1].shape()[1];
    const Extent width = queries[2];
    Extent pair = 0;
    for (Extent row = 0; row < queries[0] * queries[1]; ++row) {
      const Real* q = run.in[0].real() + row * width;
      const Real* k = run.in[1].real() + row / queries[1] * keys * width;
      for (Extent key = 0; key < keys; ++key, k += width) body(q, k, width, pair++);
    }
  }
};

}  // namespace

OpPointer make_euclidean_score() { return std::make_shared<EuclideanScoreOp>(); }

}  // namespace fovea
