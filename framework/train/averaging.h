#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "framework/core/real.h"

namespace fovea {

/// A mean of the parameters over the steps of a run. It is what is evaluated, judged and kept; training itself goes on with
/// the parameters as they are.
///
///     none                     the parameters themselves
///     ema(decay=0.999)         weights fall by `decay` with each step back, and add up to 1 from the first step on: the
///                              moving average with bias correction
///     swa(from=0.75, every=1)  the plain mean over every `every`-th step, from the share `from` of the steps on
///
/// Solves    m += share (p - m), in double; share is (1 - decay) / (1 - decay^t) at step t, or 1 / n for the n-th that
///           counts. Until a step has counted, the parameters themselves stand for their mean.
/// Shapes    parameters [P], one block with its padding; elements are independent, so bits do not depend on threads.
/// Errors    an unknown name or option, with the nearest known one, when made.
/// Cost      O(P) a step, 8 P bytes; an evaluation copies P Reals twice.
/// Source    Izmailov et al. 2018, arXiv:1803.05407 (swa); Kingma and Ba 2015, arXiv:1412.6980, section 7.2 (ema).
class Averaging {
 public:
  /// For blocks of `size` Reals and a run of `steps`.
  Averaging(std::string_view text, std::size_t size, Extent steps);
  ~Averaging();

  /// Canonical, with every option spelled out.
  const std::string& text() const { return text_; }
  /// The parameters after `step` steps, each step once and in order.
  void add(std::span<const Real> values, Extent step);
  /// True where there is a mean after `step` steps.
  bool has_begun(Extent step) const;
  /// Other values in the place of the mean, such as those of the best evaluation.
  void set(std::span<const Real> values);
  /// What a checkpoint keeps: the mean. Empty with `none`.
  std::span<double> state() { return mean_; }

  /// While it lives, `values` are the mean; afterwards they are again what they were.
  class [[nodiscard]] Shown {
   public:
    Shown(const Averaging& averaging, std::span<Real> values, Extent step);
    ~Shown();
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

   private:
    std::span<Real> values_;
    std::vector<Real> kept_;  // empty: nothing was changed
  };

  class Rule;

 private:
  std::unique_ptr<Rule> rule_;  // null: none
  std::string text_;
  Extent steps_ = 0;
  std::vector<double> mean_;
};

}  // namespace fovea
