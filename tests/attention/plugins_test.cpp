#include <doctest/doctest.h>

#include "framework/attention/estimator.h"
#include "tests/conformance/chosen.h"

// Examples that a reader can verify by hand.
namespace fovea {
namespace {

using Reals = std::vector<Real>;
using conformance::choose;
using conformance::Chosen;
using conformance::one_draw;
using conformance::rng_of;
using conformance::selector_of;

void check_near(const Reals& a, const Reals& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-6));
}

const Real kLogTwo = static_cast<Real>(0.6931471805599453);

}  // namespace

TEST_CASE("softmax of 0, log 2, 2 log 2 is 1/7, 2/7, 4/7, and sharper at a lower temperature") {
  const Reals scores{0, kLogTwo, 2 * kLogTwo};
  check_near(choose(*selector_of("softmax"), scores, rng_of(0)).weights, {Real(1) / 7, Real(2) / 7, Real(4) / 7});
  check_near(choose(*selector_of("softmax(0.5)"), scores, rng_of(0)).weights, {Real(1) / 21, Real(4) / 21, Real(16) / 21});
}

TEST_CASE("top_k keeps the best k in the order of the items and shares the weight among them") {
  const Chosen chosen = choose(*selector_of("top_k(2)"), {2 * kLogTwo, 0, -1, kLogTwo}, rng_of(0));
  CHECK(chosen.kept == std::vector<Index>{0, 3});
  check_near(chosen.weights, {Real(2) / 3, Real(1) / 3});
  const Chosen tied = choose(*selector_of("top_k(3)"), {1, 5, 1, 1, 1}, rng_of(0));
  CHECK(tied.kept == std::vector<Index>{0, 1, 2});
  CHECK(choose(*selector_of("top_k(9)"), {3, 1}, rng_of(0)).kept == std::vector<Index>{0, 1});
}

TEST_CASE("argmax takes the first of equal scores, and 0 and -0 are equal") {
  CHECK(choose(*selector_of("argmax"), {1, 4, 4, 2}, rng_of(0)).kept == std::vector<Index>{1});
  CHECK(choose(*selector_of("argmax"), {Real(-0.0), 0}, rng_of(0)).kept == std::vector<Index>{0});
}

TEST_CASE("the log-probability of a sample is that of softmax at its temperature") {
  const Reals scores{0, kLogTwo, 2 * kLogTwo};
  const Chosen chosen = choose(*selector_of("sample(0.5)"), scores, rng_of(0), conformance::How::kGreedy);
  CHECK(chosen.kept == std::vector<Index>{2});
  CHECK(std::exp(chosen.log_prob) == doctest::Approx(16.0 / 21));
}

TEST_CASE("a draw never takes an item whose probability is exactly 0") {
  for (std::uint32_t draw = 0; draw < 500; ++draw) {
    CHECK(choose(*selector_of("sample"), {0, -1e4, 0, -1e4}, rng_of(draw)).kept[0] % 2 == 0);
  }
}

TEST_CASE("straight_through passes the gradient of softmax, whatever was chosen") {
  const Reals scores{0, kLogTwo, 2 * kLogTwo};
  const auto estimator = Registry<Estimator>::instance().parse("straight_through").plugin;
  const auto argmax = selector_of("argmax");
  const Chosen chosen = choose(*argmax, scores, rng_of(0));
  Reals grad{1, 1, 1};
  half_of<WeightPath>(*estimator)
      ->through_choice(*argmax, scores, chosen.choice(), one_draw(rng_of(0)), Reals{7, 0, 0}, grad);
  // p = (1, 2, 4) / 7, mean of g = 1: p (g - 1) = (6, -2, -4) / 7, added to 1
  check_near(grad, {Real(13) / 7, Real(5) / 7, Real(3) / 7});
}

TEST_CASE("straight_through of the kept candidates takes the gradient of all other weights to be 0") {
  const Reals scores{0, kLogTwo, 2 * kLogTwo};
  const auto estimator = Registry<Estimator>::instance().parse("straight_through(candidates=kept)").plugin;
  CHECK_FALSE(EstimatorParts(*estimator).reads_all());
  CHECK(EstimatorParts(*Registry<Estimator>::instance().parse("straight_through").plugin).reads_all());
  const auto top = selector_of("top_k(2)");
  const Chosen chosen = choose(*top, scores, rng_of(0));
  Reals grad{1, 1, 1};
  half_of<WeightPath>(*estimator)->through_choice(*top, scores, chosen.choice(), one_draw(rng_of(0)), Reals{7, -14}, grad);
  // p = (1, 2, 4) / 7, g = (0, 7, -14), mean of g = -6: p (g + 6) = (6, 26, -32) / 7, added to 1
  check_near(grad, {Real(13) / 7, Real(33) / 7, Real(-25) / 7});
}

TEST_CASE("straight_through of the kept candidates is straight_through where all are kept") {
  const Reals scores{Real(0.3), Real(-1.2), Real(0.8), 0};
  const Reals grad_weights{Real(0.5), -2, 1, Real(0.25)};
  const auto softmax = selector_of("softmax");
  const Chosen chosen = choose(*softmax, scores, rng_of(0));
  Reals of_all(4, 1);
  Reals of_kept(4, 1);
  for (const char* options : {"", ", candidates=kept"}) {
    const auto estimator =
        Registry<Estimator>::instance().parse("straight_through(temperature=0.5" + std::string(options) + ")").plugin;
    half_of<WeightPath>(*estimator)
        ->through_choice(*softmax, scores, chosen.choice(), one_draw(rng_of(0)), grad_weights,
                         EstimatorParts(*estimator).reads_all() ? of_all : of_kept);
  }
  check_near(of_kept, of_all);
  CHECK(std::abs(of_all[0] - 1) > 0.1);
}

TEST_CASE("the baseline of reinforce is the decayed mean cost of earlier batches, 0 in the first") {
  const auto estimator = Registry<Estimator>::instance().parse("reinforce(decay=0.75)").plugin;
  Reals out(2), weights(2);
  const auto share_out = [&](const Reals& costs) {
    half_of<ScoreFunction>(*estimator)->share_out({.costs = costs, .log_probs = {}, .draws = 1}, {weights, out});
  };
  share_out({2, 4});
  check_near(out, {2, 4});
  share_out({7, 7});  // baseline 3
  check_near(out, {4, 4});
  share_out({0, 5});  // baseline (0.75 * 3 + 7) / 1.75
  check_near(out, {Real(-37.0 / 7), Real(-2.0 / 7)});
}

}  // namespace fovea
