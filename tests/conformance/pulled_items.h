#pragma once

#include <limits>
#include <numeric>
#include <vector>

#include "framework/attention/whole_items.h"
#include "tests/conformance/chosen.h"

// For the conformance tests of estimators: all draws of an item, as a site hands them over.
namespace fovea::conformance {

/// One draw: its choice and the results of that.
struct PulledDraw {
  Draw draw;
  Choice choice;
  std::vector<Real> read;
  std::vector<Real> grad_weights;
  Real advantage = 0;
};

struct PulledItem {
  const std::vector<Real>& scores;  // [N]
  const std::vector<Real>& values;  // [N, V]
  std::vector<PulledDraw> draws;
  bool learns = false;  // the gradient of the parameters is wanted
};

/// The memory of an estimator's parameters, which have random values.
class OwnParameters {
 public:
  OwnParameters(const Estimator& estimator, std::size_t width) {
    std::uint32_t number = 0;
    for (const SiteParameter& one : half_of<WholeItems>(estimator)->item_parameters(static_cast<Extent>(width))) {
      values_.push_back(normals(static_cast<std::size_t>(one.shape.size()), rng_of(90, number++)));
    }
    gradients_ = values_;
    rows_.assign(values_.begin(), values_.end());
  }
  std::span<const ConstRow> rows() const { return rows_; }
  /// Empty rows where they are not wanted.
  std::span<const Row> gradients(bool is_wanted) {
    grad_rows_.assign(gradients_.begin(), gradients_.end());
    if (!is_wanted) grad_rows_.assign(gradients_.size(), Row{});
    return grad_rows_;
  }

 private:
  std::vector<std::vector<Real>> values_, gradients_;
  std::vector<ConstRow> rows_;
  std::vector<Row> grad_rows_;
};

/// The gradient of the scores [N], summed over the draws. The memory of the site has an item in front that the row does not
/// see. The values handed over are scaled, as by the mean over a batch.
inline std::vector<Real> pull_together(const Estimator& estimator, const Selector& selector, const PulledItem& item) {
  const std::size_t n = item.scores.size();
  const std::size_t width = item.values.size() / n;
  constexpr Real kScale = Real(1) / 8;
  std::vector<Real> memory(width, std::numeric_limits<Real>::quiet_NaN());
  memory.insert(memory.end(), item.values.begin(), item.values.end());
  std::vector<Index> items(n);
  std::iota(items.begin(), items.end(), 1);
  std::vector<std::vector<Real>> grad_weights, grad_scores(item.draws.size(), std::vector<Real>(n, 1));
  std::vector<DrawRun> runs;
  for (const PulledDraw& one : item.draws) {
    grad_weights.push_back(one.grad_weights);
    for (Real& slope : grad_weights.back()) slope *= kScale;
  }
  for (std::size_t number = 0; number < item.draws.size(); ++number) {
    const PulledDraw& one = item.draws[number];
    runs.push_back({.draw = one.draw,
                    .scores = item.scores,
                    .choice = one.choice,
                    .read = one.read,
                    .grad_weights = grad_weights[number],
                    .advantage = kScale * one.advantage,
                    .scale = kScale,
                    .values = memory.data(),
                    .items = items,
                    .grad_scores = grad_scores[number]});
  }
  const SelectorParts parts(selector);
  OwnParameters own(estimator, width);
  const auto length = half_of<WholeItems>(estimator)->item_scratch(static_cast<Extent>(n), static_cast<Extent>(width));
  std::vector<Real> scratch(static_cast<std::size_t>(length), std::numeric_limits<Real>::quiet_NaN());
  half_of<WholeItems>(estimator)->pull_item({.selector = &parts,
                                             .draws = runs,
                                             .parameters = own.rows(),
                                             .grad_parameters = own.gradients(item.learns),
                                             .scratch = scratch});
  std::vector<Real> sum(n);
  for (const std::vector<Real>& one : grad_scores) {
    for (std::size_t i = 0; i < n; ++i) sum[i] += (one[i] - 1) / kScale;
  }
  return sum;
}

}  // namespace fovea::conformance
