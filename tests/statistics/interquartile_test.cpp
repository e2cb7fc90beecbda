#include "framework/statistics/interquartile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "framework/core/error.h"
#include "tests/statistics/relative_error.h"

using namespace fovea;
using namespace fovea::testing;
using Scores = std::vector<std::vector<double>>;

namespace {

const Scores kEven{{0.1, 0.9, 0.5}, {0.4, 0.3, 0.8}, {0.7, 0.2, 0.6}, {1, 0, 0.55}};
const Scores kUneven{{0.1, 0.9, 0.5, 0.3, 0.35}, {0.4, 0.3}, {0.7, 0.2, 0.6}};

}  // namespace

TEST_CASE("the interquartile mean cuts off a quarter of all scores at each end") {
  // By hand: of 0, 1, 2, 3, 4, 5, 6, 100 the middle four are 2, 3, 4, 5.
  CHECK(interquartile_mean(Scores{{100, 0, 5, 2}, {1, 3, 6, 4}}) == 3.5);
  // scipy.stats.trim_mean(x, 0.25), which cuts off floor(n / 4) at each end
  CHECK(relative_error(interquartile_mean(kEven), 0.5083333333333333) < kLimit);
  CHECK(relative_error(interquartile_mean(kUneven), 0.4083333333333334) < kLimit);
}

TEST_CASE("the interquartile mean of up to three scores is their mean") {
  CHECK(interquartile_mean(Scores{{3}}) == 3.0);
  CHECK(interquartile_mean(Scores{{1}, {2}, {6}}) == 3.0);
}

TEST_CASE("no task, a task without scores, NaN and infinity have no interquartile mean") {
  for (const Scores& scores : {Scores{}, Scores{{1, 2}, {}}, Scores{{1, kNan}}, Scores{{1, 2}, {kInfinity, 3}}}) {
    CHECK(interquartile_mean(scores) == std::nullopt);
    CHECK(interquartile_interval(scores) == std::nullopt);
  }
}

TEST_CASE("the bootstrap interval of a coin ends at its quantiles") {
  // Two draws of 0 or 1 have the mean 0, 1/2, 1 with 1/4, 1/2, 1/4.
  CHECK(interquartile_interval(Scores{{0, 1}}, 0.9) == Interval{0, 1});
  CHECK(interquartile_interval(Scores{{0, 1}}, 0.4) == Interval{0.5, 0.5});
}

TEST_CASE("the bootstrap interval is stratified: each task keeps its number of scores") {
  // All 27 x 27 pairs of draws, by itertools.product in Python: P(mean <= 1.25) = 0.0384, P(mean <= 1.5) = 0.0809,
  // P(mean <= 4.75) = 0.9396, P(mean <= 5) = 0.9739.
  CHECK(interquartile_interval(Scores{{0, 1, 3}, {2, 5, 9}}, 0.9) == Interval{1.5, 5});
  // Tasks that do not vary between seeds have no spread, however far apart they are.
  CHECK(interquartile_interval(Scores{{0, 0}, {1, 1}, {2, 2}, {7, 7}}) == Interval{1.5, 1.5});
}

TEST_CASE("the draws of the bootstrap are those of Philox by task and draw") {
  // The same in numpy: Philox4x32-10, scipy.stats.trim_mean, numpy.percentile.
  const Interval even = interquartile_interval(kEven).value();
  CHECK(relative_error(even.low, 0.2916666666666667) < kLimit);
  CHECK(relative_error(even.high, 0.7166666666666667) < kLimit);
  const Interval half = interquartile_interval(kEven, 0.5).value();
  CHECK(relative_error(half.low, 0.43333333333333335) < kLimit);
  CHECK(relative_error(half.high, 0.5833333333333334) < kLimit);
  const Interval uneven = interquartile_interval(kUneven).value();
  CHECK(relative_error(uneven.low, 0.27499999999999997) < kLimit);
  CHECK(relative_error(uneven.high, 0.5833333333333333) < kLimit);
}

TEST_CASE("the ends of a bootstrap interval lie between two draws, as a percentile of numpy does") {
  // Three tasks of eight seeds, sqrt(1), ..., sqrt(24); in numpy as above.
  Scores scores(3);
  for (int i = 0; i < 24; ++i) scores[static_cast<std::size_t>(i / 8)].push_back(std::sqrt(i + 1.0));
  const Interval interval = interquartile_interval(scores).value();
  CHECK(relative_error(interval.low, 3.3289979361338635) < kLimit);
  CHECK(relative_error(interval.high, 3.6558031587948725) < kLimit);
  const Interval narrow = interquartile_interval(scores, 0.9).value();
  CHECK(relative_error(narrow.low, 3.3556197766185423) < kLimit);
  CHECK(relative_error(narrow.high, 3.6311124093040514) < kLimit);
}

TEST_CASE("the order of the seeds changes no bit of the interval") {
  Scores turned = kEven;
  for (std::vector<double>& task : turned) std::reverse(task.begin(), task.end());
  CHECK(interquartile_interval(turned) == interquartile_interval(kEven));
}

TEST_CASE("a task of a single seed has no bootstrap interval") {
  CHECK(interquartile_interval(Scores{{1}, {2}, {6}}) == std::nullopt);
  CHECK(interquartile_interval(Scores{{1, 2, 3}, {6}}) == std::nullopt);
}

TEST_CASE("a level that is not between 0 and 1 is refused by the bootstrap") {
  CHECK_THROWS_AS(interquartile_interval(kEven, 1), Error);
  CHECK_THROWS_AS(interquartile_interval(Scores{}, kNan), Error);
}
