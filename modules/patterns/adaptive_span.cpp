#include <algorithm>
#include <cmath>

#include "framework/attention/pattern.h"
#include "framework/core/error.h"
#include "framework/core/whole.h"

namespace fovea {
namespace {

class AdaptiveSpan final : public Pattern, public PairBias {
 public:
  void fields(Options& options) override {
    options.add("span", span_, "distance z up to which items count fully, where training starts, > 0 and < most",
                {.low = 1e-6});
    options.add("ramp", ramp_, "items R over which the weight falls to 0 beyond the span, >= 1", {.low = 1});
    options.add("most", most_, "the span stays below it, in items", {.low = 1e-6, .high = 1e9});
    options.add("penalty", penalty_, "cost of each item of the span, >= 0; its gradient only", {.low = 0});
  }

  std::vector<SiteParameter> parameters() const override {
    if (span_ >= most_) {
      throw Error("", "adaptive_span needs a span below most; span is " + number_text(span_) + " and most is " +
                          number_text(most_) + "; lower span or raise most.");
    }
    return {{"span", {1}, Init::constant(std::log(span_ / (most_ - span_)))}};
  }

  // z < most, so that nothing from distance most + R on is ever seen.
  void candidates(Extent query, Extent /*queries*/, Extent items, ItemIntervals& out) const override {
    const Extent reach = farthest();
    append_items(query - reach, std::min(capped_sum(query + 1, reach), items), out);
  }
  Extent pairs_at_most(Extent queries, Extent items) const override {
    return queries * std::min(capped_sum(capped_product(2, farthest()), 1), items);
  }
  std::vector<PatternTerm> terms() const override { return {{{this}, {this}}}; }

  Extent choose_among(const PatternRow& row, std::span<Index> items) const override {
    const double end = ramp_ + learned(row).span;
    const auto first = std::partition_point(items.begin(), items.end(), [&](Index item) {
      return static_cast<Extent>(item) < row.query && distance(row, item) >= end;
    });
    const auto last = std::partition_point(
        first, items.end(), [&](Index item) { return static_cast<Extent>(item) <= row.query || distance(row, item) < end; });
    return std::copy(first, last, items.begin()) - items.begin();
  }

  void add_bias(const PatternRow& row, std::span<const Index> items, Row scores) const override {
    const double span = learned(row).span;
    on_ramp(row, items, span, [&](std::size_t i, double left) { scores[i] += static_cast<Real>(std::log(left / ramp_)); });
  }

  // scores_i += log((R + z - x_i) / R)  =>  grad_z += grad_scores_i / (R + z - x_i), on the ramp
  void pull_bias(const PatternRow& row, std::span<const Index> items, ConstRow grad_scores) const override {
    if (row.grad_parameters.empty() || row.grad_parameters[0].empty()) return;
    const auto [span, slope] = learned(row);
    double grad = 0;
    on_ramp(row, items, span, [&](std::size_t i, double left) { grad += static_cast<double>(grad_scores[i]) / left; });
    row.grad_parameters[0][0] += static_cast<Real>(slope * grad);
  }

  void pull_penalty(const PatternRow& row) const override {
    if (row.grad_parameters[0].empty()) return;
    row.grad_parameters[0][0] += static_cast<Real>(penalty_ * learned(row).slope);
  }

 private:
  struct Learned {
    double span;
    double slope;  // d span / d a
  };
  // z = most sigmoid(a)
  Learned learned(const PatternRow& row) const {
    const double share = 1 / (1 + std::exp(-static_cast<double>(row.parameters[0][0])));
    return {most_ * share, most_ * share * (1 - share)};
  }

  static double distance(const PatternRow& row, Index item) {
    return static_cast<double>(std::abs(static_cast<Extent>(item) - row.query));
  }

  /// Calls take(i, R + z - x_i) for items beyond the span. Items ascend: these are at both ends.
  template <class Take>
  void on_ramp(const PatternRow& row, std::span<const Index> items, double span, Take take) const {
    const auto is_behind = [&](std::size_t i) { return distance(row, items[i]) > span; };
    const auto take_at = [&](std::size_t i) { take(i, ramp_ + span - distance(row, items[i])); };
    std::size_t begin = 0;
    std::size_t end = items.size();
    for (; begin < end && static_cast<Extent>(items[begin]) < row.query && is_behind(begin); ++begin) take_at(begin);
    for (; begin < end && is_behind(end - 1); --end) take_at(end - 1);
  }

  Extent farthest() const { return nearest_whole(std::ceil(most_ + ramp_)) - 1; }

  double span_ = 32;
  double ramp_ = 32;
  double most_ = 1024;
  double penalty_ = 0;
};

FOVEA_PATTERN("adaptive_span", AdaptiveSpan, R"doc(Adaptive span: each site (each head) learns how far it looks.

Solves    weights in proportion to m(x) exp(score), x = |m - n| the distance of query m and item n,
          m(x) = min(max((R + z - x) / R, 0), 1): 1 up to the span z, then a ramp of R items down to 0. log m(x) is added to the
          score; pairs with m(x) = 0 do not exist. z = most sigmoid(a), a a parameter [1] of the site at pattern/span, shared
          by all queries. `causal & adaptive_span` looks back only; a union can be crossed with it, but not joined to it.
Shapes    M queries, N items -> at most M (2 (most + R) - 1) pairs, as few as the span leaves; query m is at place m of
          the items.
Gradient  exact for scores and for z: the sum over pairs on the ramp of the gradient of the score / (R + z - x); pairs beyond
          the ramp have none. penalty adds penalty dz / da once for each step of training, as if penalty z were in the cost
          (that of the paper, for each head, with lambda / heads as penalty). It is only a gradient: the reported loss does
          not have the term, and `fovea check`, which compares with differences of the loss, fails with a penalty above 0.
Errors    span >= most; a query farther than R + z past the last item sees nothing.
Cost      O(M (z + R)) pairs in forward and backward, O(M (most + R)) indices, and a logarithm for each pair on the ramp.
Source    Sukhbaatar et al. 2019, arXiv:1905.07799, section 2.2; there z is clamped to [0, most]. Here it moves in proportion to
          z (1 - z / most), so that it never sticks at an end: a small span grows slowly at first.)doc");

}  // namespace
}  // namespace fovea
