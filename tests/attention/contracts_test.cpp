// What selectors, patterns and estimators that break their contracts are answered by.
#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <stdexcept>

#include "framework/attention/choose/choose_op.h"
#include "framework/attention/given.h"
#include "framework/attention/pattern_text.h"
#include "framework/attention/several_draws.h"
#include "framework/core/error.h"
#include "framework/graph/functions.h"
#include "framework/ops/thorough.h"
#include "tests/support/model_run.h"

namespace fovea {
namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Keeps all items with equal weights, unless a function of the test does something else.
class Odd final : public Selector, public DifferentiableChoice {
 public:
  using Change = std::function<void(Choice&)>;

  explicit Odd(Change change = {}, bool keeps_all = false) : change_(std::move(change)), keeps_all_(keeps_all) {}

  Traits traits() const override { return {.keeps_all = keeps_all_}; }
  Extent capacity(Extent items) const override { return capacity_ == 0 ? items : capacity_ + (adds_ ? items : 0); }
  void select(ConstRow scores, Rng, Choice& out) const override {
    for (std::size_t i = 0; i < scores.size() && i < out.kept.size(); ++i) {
      out.kept[i] = static_cast<Index>(i);
      out.weights[i] = Real(1) / static_cast<Real>(scores.size());
    }
    out.count = static_cast<Extent>(scores.size());
    out.log_prob = 0;
    if (change_) change_(out);
  }
  void backward(ConstRow, const Choice&, ConstRow, Row) const override {
    if (backward_throws_) throw 7;
  }

  Extent capacity_ = 0;  // 0: N
  bool adds_ = false;    // N + capacity_
  bool backward_throws_ = false;

 private:
  Change change_;
  bool keeps_all_;
};

/// Chooses among items as the test says.
class OddPattern final : public Pattern, public DataChoice {
 public:
  using Choose = std::function<Extent(std::span<Index>)>;

  explicit OddPattern(Choose choose, ItemIntervals places = {{0, 3}})
      : choose_(std::move(choose)), places_(std::move(places)) {}
  void candidates(Extent, Extent, Extent, ItemIntervals& out) const override {
    if (places_.empty()) throw std::runtime_error("no places");
    out.insert(out.end(), places_.begin(), places_.end());
  }
  Extent choose_among(const PatternRow&, std::span<Index> items) const override { return choose_(items); }
  std::vector<PatternTerm> terms() const override { return {{{this}, {this}}}; }

 private:
  Choose choose_;
  ItemIntervals places_;
};

enum class Mask { kNone, kFirst };

/// Scores [2, 2, 3] through a choice of these parts, forward and backward: what is thrown.
std::string failure_of(std::shared_ptr<const Selector> selector, std::shared_ptr<const Pattern> pattern = nullptr,
                       Mask mask = Mask::kNone, Real score = 1) {
  try {
    Builder b;

    ChooseParts parts;
    parts.pattern = pattern == nullptr ? parse_pattern("dense").pattern : pattern;
    parts.selector = std::move(selector);
    parts.estimator = Registry<Estimator>::instance().parse("none").plugin;
    parts.has_mask = mask != Mask::kNone;
    parts.has_values = true;
    std::vector<Value> inputs{b.parameter("scores", {2, 2, 3}, Init::constant(static_cast<double>(score)))};
    if (parts.has_mask) inputs.push_back(b.constant("mask", {2, 3}, std::vector<Index>{0, 1, 1, 0, 1, 1}));
    inputs.push_back(b.parameter("values", {2, 3, 4}, Init::normal(1)));
    b.output("read", b.add_all(std::make_shared<ChooseOp>(std::move(parts)), inputs)[ChooseOp::kRead]);
    test::ModelRun run(b.freeze());
    run.run({{"read", 1}});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string failure_of(const Odd::Change& change, Mask mask = Mask::kNone, bool keeps_all = false) {
  return failure_of(std::make_shared<Odd>(change, keeps_all), nullptr, mask);
}

std::string pattern_failure(const OddPattern::Choose& choose, ItemIntervals places = {{0, 3}}) {
  return failure_of(std::make_shared<Odd>(), std::make_shared<OddPattern>(choose, std::move(places)));
}

Extent all_of(std::span<Index> items) { return static_cast<Extent>(items.size()); }

}  // namespace

TEST_CASE("places ascend within a row, or the first wrong one is named") {
  const auto ascends = [](std::vector<Index> items, Extent end) { return ascends_within(items, end); };
  CHECK(ascends({}, 0));
  CHECK(ascends({0, 2, 5}, 6));
  CHECK(!ascends({0, 2, 5}, 5));
  CHECK(!ascends({-1, 2}, 5));
  CHECK(!ascends({2, 2}, 5));
  CHECK(!ascends({0, 100, 3}, 5));
  CHECK(first_wrong(std::vector<Index>{0, 100, 3}, 5) == "100 came at place 1 after 0");
  CHECK(first_wrong(std::vector<Index>{-2}, 5) == "-2 came at place 0");
}

TEST_CASE("a selector that keeps its contract is let through") {
  for (const Mask mask : {Mask::kNone, Mask::kFirst}) {
    CHECK(failure_of([](Choice&) {}, mask).empty());
    CHECK(failure_of([](Choice&) {}, mask, true).empty());
    CHECK(failure_of([](Choice& out) { out.count = 0; }, mask).empty());
    CHECK(failure_of([](Choice& out) { out.count = 1; }, mask).empty());
  }
}

TEST_CASE("a capacity outside of 1 to N is refused before anything is allocated") {
  for (const Extent capacity : {Extent{-1}, Extent{4}, Extent{1000000000}, Extent{1} << 62,
                                std::numeric_limits<Extent>::min(), std::numeric_limits<Extent>::max()}) {
    const auto selector = std::make_shared<Odd>();
    selector->capacity_ = capacity;
    const std::string message = failure_of(selector);
    CAPTURE(message);
    CHECK(holds(message, "selector, capacity: a number from 1 to 3 was expected for 3 items; " + std::to_string(capacity)));
  }
  const auto none = std::make_shared<Odd>();
  none->capacity_ = -3;
  none->adds_ = true;
  CHECK(holds(failure_of(none), "a number from 1 to 3 was expected for 3 items; 0 came"));
}

TEST_CASE("a choice that breaks its contract is refused with the function and the value, masked or not") {
  for (const Mask mask : {Mask::kNone, Mask::kFirst}) {
    const auto says = [mask](const Odd::Change& change, const std::string& part) {
      const std::string message = failure_of(change, mask);
      CAPTURE(message);
      CAPTURE(part);
      CHECK(message.starts_with("[choose] choose: selector, select: "));
      CHECK(holds(message, part));
      CHECK(holds(message, "(built at contracts_test.cpp:"));
    };
    says([](Choice& out) { out.count = -1; }, "its capacity, was expected; -1 came");
    says([](Choice& out) { out.count = 6; }, "its capacity, was expected; 6 came");
    says([](Choice& out) { out.count = std::numeric_limits<Extent>::min(); },
         "its capacity, was expected; -9223372036854775808 came");
    says([](Choice& out) { out.kept[0] = 100000000; }, "100000000 came at place 0");
    says([](Choice& out) { out.kept[0] = -5; }, "-5 came at place 0");
    says([](Choice& out) { out.kept[1] = 0; }, "0 came at place 1 after 0");
    says([](Choice& out) { std::swap(out.kept[0], out.kept[1]); }, "0 came at place 1 after 1");
    says([](Choice&) { throw std::runtime_error("no choice"); }, "'no choice' came");
    says([](Choice&) { throw 7; }, "one without a text came");
  }
}

TEST_CASE("a selector that promises to keep all items and does not is refused") {
  const std::string message = failure_of([](Choice& out) { out.count = 2; }, Mask::kNone, true);
  CHECK(holds(message, "all 3 items were expected to be kept, because traits().keeps_all says so; 2 came"));
}

TEST_CASE("of many rows, counts and ends are looked at, and of a selector that keeps all items the last row") {
  std::vector<Real> reals(12);
  const auto fair = [&](std::vector<Index> kept, std::vector<Index> counts, bool keeps_all = false) {
    return are_fair({4, 3, reals, Row(reals).first(6), kept, counts, reals}, keeps_all);
  };
  CHECK(fair({0, 1, 2, 1, 2, 3}, {3, 3}));
  CHECK(fair({0, -1, -1, -1, -1, -1}, {1, 0}));
  CHECK(!fair({0, 1, 2, 1, 2, 3}, {3, 4}));
  CHECK(!fair({0, 1, 2, 1, 2, 3}, {-1, 3}));
  CHECK(!fair({-1, 1, 2, 1, 2, 3}, {3, 3}));
  CHECK(!fair({0, 1, 2, 1, 2, 4}, {3, 3}));
  CHECK(!fair({2, 1, 0, 1, 2, 3}, {3, 3}));
  CHECK(!fair({0, 0, 0, 1, 2, 3}, {3, 3}));
  const auto all_fair = [&](std::vector<Index> kept, std::vector<Index> counts) {
    return are_fair({3, 3, Row(reals).first(6), Row(reals).first(6), kept, counts, reals}, true);
  };
  CHECK(all_fair({0, 1, 2, 0, 1, 2}, {3, 3}));
  CHECK(!all_fair({0, 1, 2, 0, 1, 2}, {2, 3}));
  CHECK(!all_fair({0, 1, 2, 0, 1, 9}, {3, 3}));
}

TEST_CASE("weights that are not finite are found where checks are thorough") {
  const Odd::Change change = [](Choice& out) { out.weights[1] = std::numeric_limits<Real>::quiet_NaN(); };
  const Thorough thorough;
  CHECK(is_thorough());
  for (const Mask mask : {Mask::kNone, Mask::kFirst}) {
    CHECK(holds(failure_of(change, mask), "finite weights were expected, because the scores are; nan came at place 1"));
  }
  // Where the scores are not finite, the selector is not to blame.
  const auto odd = std::make_shared<Odd>(change);
  CHECK(failure_of(odd, nullptr, Mask::kNone, std::numeric_limits<Real>::quiet_NaN()).empty());
  const auto lost = std::make_shared<Odd>([](Choice& out) { out.kept[0] = 9; });
  CHECK(holds(failure_of(lost, nullptr, Mask::kNone, std::numeric_limits<Real>::quiet_NaN()),
              "finite scores were expected; nan came at place 0"));
}

TEST_CASE("what a selector throws in backward is named") {
  const auto odd = std::make_shared<Odd>();
  odd->backward_throws_ = true;
  CHECK(holds(failure_of(odd), "selector with estimator 'none': no exception but fovea::Error was expected; one without"));
}

TEST_CASE("a pattern that breaks its contract is refused with the function and the value") {
  CHECK(pattern_failure(all_of).empty());
  CHECK(pattern_failure([](std::span<Index>) { return Extent{0}; }).empty());
  const auto says = [](const OddPattern::Choose& choose, const std::string& part) {
    const std::string message = pattern_failure(choose);
    CAPTURE(message);
    CHECK(holds(message, "choose: pattern, choose_among: "));
    CHECK(holds(message, part));
  };
  says([](std::span<Index> items) { return all_of(items) + 3; },
       "at most the 3 items that were given were expected; 6 came");
  says([](std::span<Index>) { return Extent{-1}; }, "-1 came; return how many of them stay");
  says([](std::span<Index> items) { return items[0] = 1000000, all_of(items); }, "1000000 came at place 0");
  says([](std::span<Index> items) { return items[1] = 0, all_of(items); }, "0 came at place 1 after 0");
  says([](std::span<Index>) -> Extent { throw 7; }, "one without a text came");
  const auto says_of_places = [](ItemIntervals places, const std::string& part) {
    const std::string message = pattern_failure(all_of, std::move(places));
    CAPTURE(message);
    CHECK(holds(message, "choose: pattern, candidates: "));
    CHECK(holds(message, part));
  };
  says_of_places({{0, 7}}, "those from 0 to 6 came");
  says_of_places({{-3, 2}}, "those from -3 to 1 came");
  says_of_places({{2, 1}}, "those from 2 to 0 came");
  says_of_places({{2, 3}, {0, 1}}, "those from 0 to 0 came after 2");
  says_of_places({}, "'no places' came");
}

}  // namespace fovea
