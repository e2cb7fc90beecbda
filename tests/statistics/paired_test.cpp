#include "framework/statistics/paired.h"

#include <doctest/doctest.h>

#include <vector>

#include "framework/core/error.h"
#include "tests/statistics/relative_error.h"

using namespace fovea;
using namespace fovea::testing;
using Values = std::vector<double>;

TEST_CASE("runs are paired by the seeds that both groups have") {
  const std::vector<SeedValue> first{{3, 0.75}, {1, 0.5}, {2, 1}};
  const std::vector<SeedValue> second{{1, 0.25}, {5, 9}, {3, 1}};
  const PairedDifferences pairs = paired_by_seed(first, second);
  CHECK(pairs.seeds == std::vector<std::uint64_t>{1, 3});
  CHECK(pairs.differences == Values{0.25, -0.25});
  CHECK(paired_by_seed(first, {}).seeds.empty());
  CHECK(paired_by_seed({}, second).differences.empty());
}

TEST_CASE("a seed that comes twice in a group is refused, on either side") {
  const std::vector<SeedValue> twice{{1, 0.5}, {2, 1}, {1, 0.5}};
  const std::vector<SeedValue> once{{3, 0.5}};
  CHECK_THROWS_WITH(
      paired_by_seed(twice, once),
      "[statistics] a seed was expected once in a group of runs; seed 1 came twice; leave out one of the two runs.");
  CHECK_THROWS_AS(paired_by_seed(once, twice), Error);
}

TEST_CASE("the paired t test is that of scipy") {
  // By hand: the mean of 1, 2, 4 is 7 / 3, s^2 = 7 / 3, t = sqrt(7).
  // scipy.stats.ttest_1samp([1, 2, 4], 0)
  const TTest three = paired_t_test(Values{1, 2, 4}).value();
  CHECK(relative_error(three.t, std::sqrt(7.0)) < kLimit);
  CHECK(three.degrees == 2);
  CHECK(relative_error(three.p, 0.11808289631180306) < kLimit);
  // scipy.stats.ttest_1samp([0.02, 0.05, -0.01, 0.04, 0.03, 0.01], 0)
  const TTest six = paired_t_test(Values{0.02, 0.05, -0.01, 0.04, 0.03, 0.01}).value();
  CHECK(relative_error(six.t, 2.6457513110645903) < kLimit);
  CHECK(six.degrees == 5);
  CHECK(relative_error(six.p, 0.045659123781411626) < kLimit);
  const TTest reversed = paired_t_test(Values{-1, -2, -4}).value();
  CHECK(reversed.t == -three.t);
  CHECK(reversed.p == three.p);
}

TEST_CASE("the paired t test agrees with the interval on what is significant") {
  const Values differences{0.02, 0.05, -0.01, 0.04, 0.03, 0.01};
  const double p = paired_t_test(differences).value().p;
  CHECK(t_interval(differences, 1 - 1.001 * p)->low > 0);
  CHECK(t_interval(differences, 1 - 0.999 * p)->low < 0);
}

TEST_CASE("few differences, equal ones, NaN and infinity have no t test") {
  CHECK_FALSE(paired_t_test(Values{}).has_value());
  CHECK_FALSE(paired_t_test(Values{1}).has_value());
  CHECK_FALSE(paired_t_test(Values{1, 2}).has_value());
  CHECK_FALSE(paired_t_test(Values{0, 0, 0}).has_value());
  CHECK_FALSE(paired_t_test(Values{0.5, 0.5, 0.5}).has_value());
  CHECK_FALSE(paired_t_test(Values{0.3 - 0.2, 0.2 - 0.1, 0.1}).has_value());
  CHECK_FALSE(paired_t_test(Values{1, 2, kNan}).has_value());
  CHECK_FALSE(paired_t_test(Values{1, 2, kInfinity}).has_value());
  CHECK(paired_t_test(Values{-1, 0, 1}).value().p == 1.0);
}

TEST_CASE("a comparison of pairs says all that so few pairs allow") {
  const PairedComparison one = compare_pairs(Values{0.5});
  CHECK(one.difference.n == 1);
  CHECK(one.difference.mean == 0.5);
  CHECK_FALSE(one.difference.interval.has_value());
  CHECK(one.sign_flip.value().p == 1.0);
  CHECK_FALSE(one.t_test.has_value());
  const PairedComparison three = compare_pairs(Values{1, 2, 4});
  CHECK(three.difference.interval.has_value());
  CHECK(three.sign_flip.value().p == 0.25);
  CHECK(three.t_test.has_value());
  CHECK_FALSE(compare_pairs(Values{}).sign_flip.has_value());
  CHECK_FALSE(compare_pairs(Values{1, 2, kNan}).sign_flip.has_value());
  CHECK(compare_pairs(Values{1, 2, 4}, 0.5).difference.interval->low > three.difference.interval->low);
}
