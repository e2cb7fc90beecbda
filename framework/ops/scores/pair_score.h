#pragma once

#include "framework/cpu/packs.h"
#include "framework/ops/scores/score.h"
#include "framework/ops/signature.h"

namespace fovea {

/// The parts that scores of pairs have in common: queries [B, M, D], keys [B, N, D] -> [B, M, N], fused, pair by pair.
class PairScoreOp : public Op {
 public:
  std::vector<Type> infer(std::span<const Type> in) const final {
    return {Signature(name(), in, {"queries [B, M, D]", "keys [B, N, D]"}).type("[B, M, N]")};
  }

  bool can_assign(std::size_t) const final { return true; }

  double multiply_adds(std::span<const Type> in) const final {
    return static_cast<double>(in[0].shape.size()) * static_cast<double>(in[1].shape[1]);
  }

 protected:
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

  /// body(side, pair, self, other, grad): the gradient of one side of a pair, for each side that wants one.
  template <class Body>
  static void pull_pairs(const OpRun& run, Body body) {
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      if (!run.wants(side)) continue;
      if (run.assigns(side)) clear(run.grad_in[side].real(), run.grad_in[side].size());
      each_pair(run, [&](const Pair& p) {
        const Real* self = side == 0 ? p.query : p.key;
        body(side, p, self, side == 0 ? p.key : p.query, run.grad_in[side].real() + (self - run.in[side].real()));
      });
    }
  }
};

}  // namespace fovea
