#include "modules/pointer/beam.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "framework/ops/signature.h"

namespace fovea::pointer {
namespace {

constexpr Real kDead = std::numeric_limits<Real>::lowest();  // finite, so that a check for infinities finds none

struct Candidate {
  Index beam = 0;
  Index item = -1;
  Real total = kDead;
};

/// The best candidates so far, best first; of equal ones the earlier comes first.
class Ranking {
 public:
  Ranking(Index* parents, Index* items, Real* totals, Extent beams)
      : parents_(parents), items_(items), totals_(totals), beams_(beams) {
    for (Extent w = 0; w < beams_; ++w) put(w, {});
  }

  void offer(const Candidate& candidate) {
    Extent place = beams_ - 1;
    if (!(candidate.total > totals_[place])) return;
    for (; place > 0 && candidate.total > totals_[place - 1]; --place) {
      put(place, {parents_[place - 1], items_[place - 1], totals_[place - 1]});
    }
    put(place, candidate);
  }

 private:
  void put(Extent place, const Candidate& candidate) {
    parents_[place] = candidate.beam;
    items_[place] = candidate.item;
    totals_[place] = candidate.total;
  }

  Index* parents_;
  Index* items_;
  Real* totals_;
  Extent beams_;
};

/// log(sum of exp(scores)) over allowed items; -infinity where none is. scores [N], mask [N].
Real allowed_log_partition(const Real* scores, const Index* mask, Extent items) {
  Real top = kDead;
  for (Extent n = 0; n < items; ++n) {
    if (mask[n] != 0) top = std::max(top, scores[n]);
  }
  if (top == kDead) return kDead;
  Real total = 0;
  for (Extent n = 0; n < items; ++n) total += mask[n] != 0 ? std::exp(scores[n] - top) : Real(0);
  return top + std::log(total);
}

class BeamExpand : public Op {
 public:
  explicit BeamExpand(Use use) : use_(use) {}

  std::string_view name() const override { return "beam_expand"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"scores [B, W, N]", "mask Index [B, W, N]", "totals [B, W]"});
    return {types.type("Index [B, W]"), types.type("Index [B, W]"), in[2], in[1]};
  }

  void forward(const OpRun& run) const override {
    const Shape& shape = run.in[0].shape();
    for (Extent b = 0; b < shape[0]; ++b) {
      const Extent row = b * shape[1];
      Ranking ranking(run.out[0].index() + row, run.out[1].index() + row, run.out[2].real() + row, shape[1]);
      for (Extent w = 0; w < shape[1]; ++w) offer_beam(run, row, w, ranking);
      for (Extent w = 0; w < shape[1]; ++w) write_mask(run, row, w);
    }
  }

 private:
  static void offer_beam(const OpRun& run, Extent row, Extent w, Ranking& ranking) {
    const Extent items = run.in[0].shape()[2];
    const Real* scores = run.in[0].real() + (row + w) * items;
    const Index* mask = run.in[1].index() + (row + w) * items;
    const Real total = run.in[2].real()[row + w];
    if (total == kDead) return;
    const Real partition = allowed_log_partition(scores, mask, items);
    if (partition == kDead) ranking.offer({static_cast<Index>(w), -1, total});
    for (Extent n = 0; n < items; ++n) {
      if (mask[n] != 0) ranking.offer({static_cast<Index>(w), static_cast<Index>(n), total + (scores[n] - partition)});
    }
  }

  void write_mask(const OpRun& run, Extent row, Extent w) const {
    const Extent items = run.in[0].shape()[2];
    const Index item = run.out[1].index()[row + w];
    Index* remaining = run.out[3].index() + (row + w) * items;
    std::copy_n(run.in[1].index() + (row + run.out[0].index()[row + w]) * items, items, remaining);
    if (use_ == Use::kOnce && item >= 0) remaining[item] = 0;
  }

  Use use_;
};

class FirstTotals : public Op {
 public:
  explicit FirstTotals(Extent beams) : beams_(beams) {}

  std::string_view name() const override { return "first_totals"; }
  bool is_differentiable() const override { return false; }
  std::vector<Type> infer(std::span<const Type> in) const override { return {{Shape{in[0].shape[0], beams_}, Kind::kReal}}; }
  void forward(const OpRun& run) const override {
    std::fill_n(run.out[0].real(), run.out[0].size(), kDead);
    for (Extent i = 0; i < run.out[0].size(); i += beams_) run.out[0].real()[i] = 0;
  }

 private:
  Extent beams_;
};

class BeamBacktrack : public Op {
 public:
  std::string_view name() const override { return "beam_backtrack"; }
  bool is_differentiable() const override { return false; }

  std::vector<Type> infer(std::span<const Type> in) const override {
    const Signature types(name(), in, {"parents Index [M, B, W]", "items Index [M, B, W]"});
    return {types.type("Index [B, M]")};
  }

  void forward(const OpRun& run) const override {
    const Shape& shape = run.in[0].shape();
    for (Extent b = 0; b < shape[1]; ++b) {
      Index beam = 0;
      for (Extent m = shape[0]; m-- > 0;) {
        const Extent place = (m * shape[1] + b) * shape[2] + beam;
        run.out[0].index()[b * shape[0] + m] = run.in[1].index()[place];
        beam = run.in[0].index()[place];
      }
    }
  }
};

}  // namespace

Expanded beam_expand(Value scores, Value mask, Value totals, Use use, At at) {
  const auto out = scores.builder().add_all(std::make_shared<BeamExpand>(use), {scores, mask, totals}, "", at);
  return {out[0], out[1], out[2], out[3]};
}

Value first_totals(Value like, Extent beams, At at) {
  return like.builder().add(std::make_shared<FirstTotals>(beams), {like}, "", at);
}

Value beam_backtrack(Value parents, Value items, At at) {
  return parents.builder().add(std::make_shared<BeamBacktrack>(), {parents, items}, "", at);
}

}  // namespace fovea::pointer
