#include "framework/train/gradient_check.h"

#include <doctest/doctest.h>

#include "framework/graph/functions.h"
#include "framework/train/slope_error.h"
#include "tests/support/line_run.h"

using namespace fovea;

namespace {

/// The input itself, with a gradient that is `factor` times what it should be in the entries from `from` on.
class Skewed final : public Op {
 public:
  Skewed(Real factor, Extent from) : factor_(factor), from_(from) {}
  std::string_view name() const override { return "skewed"; }
  std::vector<Type> infer(std::span<const Type> in) const override { return {in[0]}; }
  void forward(const OpRun& run) const override { std::copy_n(run.in[0].real(), run.in[0].size(), run.out[0].real()); }
  void backward(const OpRun& run) const override {
    for (Extent i = 0; i < run.in[0].size(); ++i) {
      run.grad_in[0].real()[i] += (i < from_ ? Real(1) : factor_) * run.grad_out[0].real()[i];
    }
  }

 private:
  Real factor_;
  Extent from_;
};

/// A cost with a hidden layer, and a weight whose gradient is skewed.
GradientCheck::Result checked(Real factor, Extent from) {
  RunSpec run = fovea::test::smooth_line();
  run.model = [factor, from](Builder& b, const InputTypes& inputs) {
    const Value x = b.input("x", inputs.at("x"));
    const Value raw = b.parameter("in", {32, 4});
    const Value weight = b.add(std::make_shared<Skewed>(factor, from), {raw});
    const Value guess = linear(tanh(linear(x, weight)), b.parameter("out", {1, 32}));
    b.output("cost", sum_all_but_first(square(subtract(guess, b.input("y", inputs.at("y"))))));
  };
  return GradientCheck(run).run();
}

}  // namespace

// Costs in single precision are too coarse to judge by.
TEST_CASE("the check accepts an exact gradient and finds one that is off by 1e-4" * doctest::skip(sizeof(Real) < 8)) {
  CHECK(checked(1, 0).error <= kLargestSlopeError);
  for (const Real factor : {Real(1.0001), Real(0.9999), Real(2), Real(-1), Real(0)}) {
    CAPTURE(factor);
    const GradientCheck::Result result = checked(factor, 0);
    CHECK(result.error > 5e-5);
    CHECK(result.parameter == "in");
  }
}

TEST_CASE("the check finds an entry without its gradient among many" * doctest::skip(sizeof(Real) < 8)) {
  const GradientCheck::Result result = checked(0, 32 * 4 - 1);
  CHECK(result.error > 1e-3);
  CHECK(result.parameter == "in");
}
