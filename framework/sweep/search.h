#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "framework/sweep/dimension.h"

namespace fovea {

/// The settings that tell a point of a sweep from the others: key and text, in the order of the dimensions.
using Point = std::vector<std::pair<std::string, std::string>>;

/// Which points are trained, and for how long.
///
///     grid                                  all combinations, the last dimension changes fastest
///     random(points, seed=1)                draw i depends on the seed, i and the names of the keys alone
///     halving(first, factor=3, points=0, seed=1)
///                                           all points (of the grid, or `points` drawn ones) for `first` steps, the best
///                                           1 / factor of them for `factor` times as many, ..., the last ones to the end
/// Source    Halving: Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization".
struct Search {
  enum class Kind : std::uint8_t { kGrid, kRandom, kHalving };

  Kind kind = Kind::kGrid;
  Extent points = 0;  // drawn ones; 0: the grid
  Extent seed = 1;    // of the draws
  Extent first = 0;   // steps
  Extent factor = 3;

  /// With all options: "random(points=40, seed=1)".
  std::string text() const;
  bool operator==(const Search&) const = default;
};

/// Errors    an unknown search or option, a number out of range.
Search parse_search(std::string_view text);

/// The points in their order. Drawn ones are distinct: a draw that repeats an earlier one is passed over, so more points are
/// the fewer ones and others behind them.
///
/// Errors    a grid of an interval; more points than there are; no dimension; a key in two dimensions.
std::vector<Point> points_of(const Search& search, std::span<const Dimension> dimensions);

/// The steps at which runs pause, in order; none but for halving. The last part goes from there to `steps`.
std::vector<Extent> rungs_of(const Search& search, Extent steps);

/// Of the points with these values, higher is better, those that go on: the best 1 / factor, at least one, in their order.
/// Of equal ones the first; one without a value, or NaN, never does.
std::vector<std::size_t> best_of(std::span<const std::optional<double>> values, Extent factor);

}  // namespace fovea
