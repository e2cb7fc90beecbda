#include "modules/program/machine.h"

#include <doctest/doctest.h>

#include <cmath>

#include "framework/core/error.h"
#include "modules/program/views.h"
#include "tests/support/model_run.h"

namespace fovea::program {
namespace {

Instructions small_set(Extent registers = 2) {
  auto set = std::make_shared<InstructionSet>();
  set->operations = {{"not", 1, [](Index a, Index) { return ~a; }}, {"add", 2, [](Index a, Index b) { return a + b; }}};
  set->registers = registers;
  set->bits = 3;
  return set;
}

/// A graph of Index inputs and one output.
class IndexRun {
 public:
  using Inputs = std::vector<std::pair<Shape, std::vector<Index>>>;
  using Make = std::function<Value(const std::vector<Value>&)>;

  IndexRun(Inputs inputs, const Make& make) : inputs_(std::move(inputs)) {
    Builder b("model", Mode::kEvaluate);
    std::vector<Value> values;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      values.push_back(b.input(std::to_string(i), {inputs_[i].first, Kind::kIndex}));
    }
    b.output("out", make(values));
    run_ = std::make_unique<test::ModelRun>(b.freeze());
    for (std::size_t i = 0; i < inputs_.size(); ++i) run_->bind(std::to_string(i), inputs_[i].second.data());
    run_->execution().forward(run_->context);
  }
  std::vector<Index> indices() const {
    const Tensor out = run_->output("out");
    return {out.index(), out.index() + out.size()};
  }
  std::vector<Real> reals() const {
    const Tensor out = run_->output("out");
    return {out.real(), out.real() + out.size()};
  }

 private:
  Inputs inputs_;
  std::unique_ptr<test::ModelRun> run_;
};

// Three rows of two pairs of two registers: add r0 r1, not r1, halt.
const IndexRun::Inputs kRows{
    {{3, 2, 2}, {5, 6, 1, 2, 5, 6, 1, 2, 5, 6, 1, 2}}, {{3}, {1, 0, 2}}, {{3}, {0, 1, -1}}, {{3}, {1, -1, -1}}};

}  // namespace

TEST_CASE("a machine executes one instruction on all pairs of a row, modulo 2^W") {
  const auto chosen = [](const std::vector<Value>& in) { return Chosen{in[1], in[2], in[3]}; };
  CHECK(IndexRun(kRows, [&](const auto& in) { return execute(small_set(), in[0], chosen(in)).words; }).indices() ==
        std::vector<Index>{3, 6, 3, 2, 5, 1, 1, 5, 5, 6, 1, 2});
  CHECK(IndexRun(kRows, [&](const auto& in) { return execute(small_set(), in[0], chosen(in)).has_halted; }).indices() ==
        std::vector<Index>{0, 0, 1});
}

TEST_CASE("a machine refuses registers and operations that do not exist") {
  for (const std::size_t input : {1U, 2U, 3U}) {
    IndexRun::Inputs rows = kRows;
    rows[input].second[0] = 7;
    const auto make = [](const auto& in) { return execute(small_set(), in[0], {in[1], in[2], in[3]}).words; };
    CHECK_THROWS_WITH_AS(IndexRun(rows, make), doctest::Contains("index 7"), Error);
  }
}

TEST_CASE("operands are legal where the operation has them, and a source is not the destination") {
  const IndexRun::Inputs in{{{4}, {1, 0, 2, -1}}, {{4}, {0, 1, -1, -1}}};
  CHECK(IndexRun(in, [](const auto& v) { return legal_destinations(small_set(), v[0]); }).indices() ==
        std::vector<Index>{1, 1, 1, 1, 0, 0, 0, 0});
  CHECK(IndexRun(in, [](const auto& v) { return legal_sources(small_set(), v[0], v[1]); }).indices() ==
        std::vector<Index>{0, 1, 0, 0, 0, 0, 0, 0});
  CHECK(IndexRun({{{2}, {0, 1}}}, [](const auto& v) { return legal_operations(small_set(), v[0]); }).indices() ==
        std::vector<Index>{1, 1, 1, 0, 0, 0});
}

TEST_CASE("what is missed is the share of wrong bits of the wanted registers, and whether there is any") {
  const IndexRun::Inputs in{{{2, 2, 2}, {5, 6, 1, 2, 5, 6, 1, 2}}, {{2, 2, 1}, {5, 1, 2, 1}}};
  CHECK(IndexRun(in, [](const auto& v) { return missed(small_set(), v[0], v[1]).any; }).reals() == std::vector<Real>{0, 1});
  const auto bits = IndexRun(in, [](const auto& v) { return missed(small_set(), v[0], v[1]).bits; }).reals();
  CHECK(bits[0] == 0);
  CHECK(std::abs(static_cast<double>(bits[1]) - 3.0 / 6) < 1e-6);  // 5 and 2 differ in three bits of 2 x 3
}

TEST_CASE("a row is on track while it chooses its labels") {
  const IndexRun::Inputs in{{{3}, {1, 1, 0}}, {{3}, {4, -1, 4}}, {{3}, {4, 2, 4}}};
  CHECK(IndexRun(in, [](const auto& v) { return label_on_track(v[0], v[1]); }).indices() == std::vector<Index>{4, -1, -1});
  CHECK(IndexRun(in, [](const auto& v) { return stay_on_track(v[0], v[1], v[2]); }).indices() ==
        std::vector<Index>{1, 0, 0});
}

TEST_CASE("patterns count a bit and the one below it, of the present and the wanted words") {
  const Views views = views_of(2, 1);
  REQUIRE(views.count() == 2);
  REQUIRE(views.patterns() == 16);
  const IndexRun::Inputs in{{{1, 1, 2}, {0b011, 0b100}}, {{1, 1, 1}, {0b110}}};
  auto counts = IndexRun(in, [&](const auto& v) { return bit_patterns(small_set(), v[0], v[1], views); }).reals();
  for (Real& count : counts) count *= Real(3) / 4;  // places / sqrt(patterns)
  std::vector<Real> wanted(32, 0);
  // Register 0, bit by bit from the lowest: present 10 11 01, wanted 00 10 11 (a bit, and the one below it).
  for (const int pattern : {0b1000, 0b1110, 0b0111}) wanted[pattern] += 1;
  // Register 1, whose wanted word is not known: present 00 00 10.
  for (const int pattern : {0b0000, 0b0000, 0b1000}) wanted[16 + static_cast<std::size_t>(pattern)] += 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(std::abs(static_cast<double>(counts[i] - wanted[i])) < 1e-5);
}

TEST_CASE("a view shows the other registers as they are or as they are wanted") {
  const Views views = views_of(2, 2);
  REQUIRE(views.choices() == 2);
  const IndexRun::Inputs in{{{1, 1, 2}, {0, 0}}, {{1, 1, 2}, {0, 7}}};
  const auto counts = IndexRun(in, [&](const auto& v) { return bit_patterns(small_set(), v[0], v[1], views); }).reals();
  const auto at = [&](Extent view, Extent choice, Extent pattern) {
    return static_cast<double>(counts[(view * 2 + choice) * views.patterns() + pattern]);
  };
  CHECK(std::abs(at(0, 0, 0) - 8) < 1e-5);               // register 1 as it is: zeros in all 3 places, times sqrt(64)
  CHECK(std::abs(at(0, 1, 0b11) - 8 * 2.0 / 3) < 1e-5);  // as it is wanted: two ones, but at the lowest bit
  CHECK(std::abs(at(0, 1, 0b10) - 8 * 1.0 / 3) < 1e-5);
}

TEST_CASE("every register leads the same number of views, and their members are about it alone") {
  const Views views = views_of(4, 3);
  CHECK(views.count() == 12);
  CHECK(views.registers[3] == std::vector<Index>{1, 0, 2});
  const std::vector<Real> sources = source_members(views, 4);
  for (std::size_t pair = 0; pair < 16; ++pair) {
    Real members = 0;
    for (std::size_t row = 0; row < 36; ++row) members += sources[row * 16 + pair];
    CHECK(members == (pair % 5 == 0 ? 0 : 2));  // d = s has none; any other pair is in two views that d leads
  }
  CHECK_THROWS_WITH_AS(views_of(2, 3), doctest::Contains("together is 3"), Error);
}

}  // namespace fovea::program
