#include "framework/statistics/permutation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "tests/statistics/relative_error.h"

using namespace fovea;
using namespace fovea::testing;
using Values = std::vector<double>;

namespace {

double p_of(const Values& differences) { return sign_flip_test(differences).value().p; }

const Values kThirteen{0.3, -0.1, 0.25, 0.4, -0.05, 0.2, 0.15, 0.1, -0.2, 0.35, 0.05, 0.45, -0.3};

Values forty() {
  Values values;
  for (int i = 0; i < 40; ++i) values.push_back((7 * i % 11 - 3) / 10.0);
  return values;
}

}  // namespace

TEST_CASE("the sign-flip test of three differences is what a hand counts") {
  // The sums of +-1 +-2 +-4 are +-1, +-3, +-5, +-7.
  CHECK(p_of({1, 2, 4}) == 0.25);
  CHECK(p_of({-1, 2, 4}) == 0.5);
  CHECK(p_of({1, -2, 4}) == 0.75);
  CHECK(p_of({1, 2, -4}) == 1.0);
  CHECK(p_of({-1, -2, -4}) == 0.25);
}

TEST_CASE("the exact sign-flip test is that of scipy") {
  // scipy.stats.permutation_test((d,), numpy.sum, permutation_type='samples', n_resamples=numpy.inf).pvalue
  CHECK(p_of({0.02, 0.05, -0.01, 0.04, 0.03, 0.01}) == 0.09375);
  CHECK(p_of({0.3, -0.1, 0.25, 0.4, -0.05, 0.2, 0.15, 0.1, -0.2, 0.35, 0.05, 0.45}) == 0.02978515625);
}

TEST_CASE("the smallest p of n differences is reached, and given with every p") {
  double smallest = 1;
  for (std::size_t n = 1; n <= 12; ++n, smallest /= 2) {
    const auto test = sign_flip_test(Values(n, 0.1)).value();
    CHECK(test.p == smallest);
    CHECK(test.smallest_p == smallest);
    CHECK(test.is_exact);
  }
  CHECK(sign_flip_test(Values{1, -1, 1}).value().smallest_p == 0.25);
}

TEST_CASE("differences of 0 count as pairs, and all 0 give p = 1") {
  CHECK(p_of({0}) == 1.0);
  CHECK(p_of({0, 0, 0}) == 1.0);
  CHECK(p_of({0, 2, 4}) == 0.5);  // +-2 +-4, each twice
  CHECK(p_of(Values(20, 0.0)) == 1.0);
}

TEST_CASE("sums that are equal but for rounding count as equal") {
  // 0.1 + 0.2 - 0.3 is not 0 in binary, and 0.3 - 0.2 is not 0.1.
  CHECK(p_of({0.1, 0.2, -0.3}) == 1.0);
  CHECK(p_of({0.3 - 0.2, 0.2 - 0.1, 0.1}) == 0.25);
  CHECK(p_of({0.9501 - 0.9500, 0.9502 - 0.9501, -(0.9503 - 0.9502)}) == 1.0);
}

TEST_CASE("the sign-flip test depends on neither order, nor direction, nor scale") {
  Values values{0.5, -0.1, 0.25, 0.4, -0.05};
  const double p = p_of(values);
  for (int round = 0; round < 120; ++round) {
    std::next_permutation(values.begin(), values.end());
    CHECK(p_of(values) == p);
  }
  for (const double scale : {-1.0, 1e-300, 1e307, 3.0}) {
    Values scaled = values;
    for (double& value : scaled) value *= scale;
    CHECK(p_of(scaled) == p);
  }
}

TEST_CASE("beyond twelve pairs 10,000 signs are drawn, always the same") {
  const auto test = sign_flip_test(kThirteen).value();
  CHECK_FALSE(test.is_exact);
  CHECK(test.smallest_p == 0x1p-12);
  // All 8,192 choices give 0.094482421875, by scipy as above; the draws by Philox4x32-10 in numpy 916 hits.
  CHECK(test.p == 917.0 / 10001);
  CHECK(std::abs(test.p - 0.094482421875) < 4 * std::sqrt(0.0945 * 0.9055 / 10000));
  // More than one word of signs: the draws in numpy 2 hits.
  CHECK(sign_flip_test(forty()).value().p == 3.0 / 10001);
  CHECK(sign_flip_test(forty()).value().smallest_p == 1.0 / 10001);
}

TEST_CASE("drawn signs depend on neither the order of the pairs nor the direction") {
  Values values = kThirteen;
  std::reverse(values.begin(), values.end());
  for (double& value : values) value = -value;
  CHECK(p_of(values) == p_of(kThirteen));
}

TEST_CASE("no differences, NaN and infinity give no p") {
  CHECK_FALSE(sign_flip_test(Values{}).has_value());
  for (const double bad : {kNan, kInfinity, -kInfinity}) {
    CHECK_FALSE(sign_flip_test(Values{1, bad, 2}).has_value());
    CHECK_FALSE(two_group_test(Values{1, bad}, Values{2, 3}).has_value());
    CHECK_FALSE(two_group_test(Values{1, 3}, Values{2, bad}).has_value());
  }
  CHECK_FALSE(two_group_test(Values{}, Values{1}).has_value());
  CHECK_FALSE(two_group_test(Values{1}, Values{}).has_value());
}

TEST_CASE("the test of two groups counts the divisions whose means differ by as much") {
  // 20 divisions of 1..6 into threes; only {1, 2, 3} and {4, 5, 6} are as far apart.
  const auto threes = two_group_test(Values{1, 2, 3}, Values{4, 5, 6}).value();
  CHECK(relative_error(threes.p, 0.1) < kLimit);
  CHECK(relative_error(threes.smallest_p, 0.1) < kLimit);
  CHECK(threes.is_exact);
  // By itertools.combinations in Python: 5 of 35 and 11 of 126. (scipy's 'two-sided' doubles the smaller side: 6 and 14.)
  CHECK(relative_error(two_group_test(Values{1, 2, 3}, Values{2, 4, 6, 8}).value().p, 5.0 / 35) < kLimit);
  const Values four{0.91, 0.87, 0.94, 0.89};
  const Values five{0.85, 0.9, 0.86, 0.84, 0.88};
  CHECK(relative_error(two_group_test(four, five).value().p, 11.0 / 126) < kLimit);
  CHECK(two_group_test(five, four).value().p == two_group_test(four, five).value().p);
  CHECK(relative_error(two_group_test(four, five).value().smallest_p, 1.0 / 126) < kLimit);
}

TEST_CASE("two groups of equal values, far away or of one value give what they can") {
  CHECK(two_group_test(Values{0.1, 0.1}, Values{0.1, 0.1, 0.1}).value().p == 1.0);
  CHECK(two_group_test(Values{0, 0}, Values{0, 0}).value().p == 1.0);
  CHECK(two_group_test(Values{0.1 + 0.2, 0.1 + 0.2}, Values{0.3, 0.3, 0.3}).value().p == 1.0);
  CHECK(two_group_test(Values{1}, Values{2}).value().p == 1.0);
  CHECK(two_group_test(Values{1}, Values{2}).value().smallest_p == 1.0);
  CHECK(two_group_test(Values{1.5e308, -1.5e308}, Values{1.5e308, -1.5e308}).value().p == 1.0);
  CHECK(relative_error(two_group_test(Values{101, 102, 103}, Values{104, 105, 106}).value().p, 0.1) < kLimit);
}

TEST_CASE("beyond 4,096 divisions 10,000 are drawn, whatever the order") {
  Values first;
  Values second;
  for (int i = 0; i < 9; ++i) first.push_back(3 * i % 7 / 10.0);
  for (int i = 0; i < 10; ++i) second.push_back(5 * i % 11 / 10.0);
  const auto test = two_group_test(first, second).value();
  CHECK_FALSE(test.is_exact);
  CHECK(test.smallest_p == 1.0 / 10001);
  // All 92,378 divisions give 0.1175821; the draws by Philox4x32-10 in numpy 1,188 hits.
  CHECK(test.p == 1189.0 / 10001);
  std::reverse(first.begin(), first.end());
  CHECK(two_group_test(second, first).value().p == test.p);
}
