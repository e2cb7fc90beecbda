#include "framework/ops/recurrent/recurrent.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"

namespace fovea {
namespace {

using Values = std::vector<Real>;

struct Sizes {
  Extent steps, rows, inputs, units;
};

struct Case {
  bool is_lstm = true;
  bool is_cell = false;
  RecurrentOptions options;
  Sizes sizes{};

  OpPointer op() const {
    if (is_cell) return is_lstm ? make_lstm_cell(options.products) : make_gru_cell(options.products);
    return is_lstm ? make_lstm(options) : make_gru(options);
  }
  std::vector<Type> inputs() const {
    const auto& [steps, rows, width, units] = sizes;
    const Extent gates = (is_lstm ? 4 : 3) * units;
    std::vector<Type> types = {{is_cell ? Shape{rows, width} : Shape{steps, rows, width}, Kind::kReal}};
    const Type state{{rows, units}, Kind::kReal};
    if (!options.zero_state) types.push_back(state);
    if (!options.zero_state && is_lstm) types.push_back(state);
    for (const Shape& shape : {Shape{gates, width}, Shape{gates, units}, Shape{gates}, Shape{gates}}) {
      types.push_back({shape, Kind::kReal});
    }
    return types;
  }
};

Values wave(Extent count, double phase, double size) {
  Values values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] =
        static_cast<Real>(size * std::sin(phase + 1.7 * static_cast<double>(i) + 0.003 * static_cast<double>(i * i)));
  }
  return values;
}

// Memory for tensors of the given types, filled with NaN, so that what is not written is noticed.
struct Memory {
  Memory() = default;
  explicit Memory(const std::vector<Type>& types) {
    for (const Type& type : types) values.emplace_back(static_cast<std::size_t>(type.shape.size()), Real(NAN));
    for (std::size_t i = 0; i < types.size(); ++i) tensors.push_back({values[i].data(), types[i]});
  }
  std::vector<Values> values;
  std::vector<Tensor> tensors;
};

std::vector<Values> filled_inputs(const Case& test) {
  std::vector<Values> values;
  for (const Type& type : test.inputs()) {
    values.push_back(wave(type.shape.size(), 0.7 * static_cast<double>(values.size()), 0.8));
  }
  return values;
}

struct Call {
  explicit Call(const Case& test, const std::vector<Values>& inputs)
      : op(test.op()), in(test.inputs()), out(op->infer(test.inputs())), scratch(op->scratch(test.inputs())) {
    for (std::size_t i = 0; i < inputs.size(); ++i) std::copy(inputs[i].begin(), inputs[i].end(), in.values[i].begin());
    Memory workspace(op->workspace(test.inputs()));
    OpRun run;
    run.in = in.tensors;
    run.out = out.tensors;
    run.scratch = scratch.tensors;
    run.workspace = workspace.tensors;
    op->forward(run);
  }
  // Gradients for these cotangents, added to `start`, or assigned where that is NaN.
  std::vector<Values> backward(const std::vector<Values>& cotangents, Real start) {
    std::vector<Type> in_types;
    std::vector<Type> out_types;
    for (const Tensor& tensor : in.tensors) in_types.push_back(tensor.type);
    for (const Tensor& tensor : out.tensors) out_types.push_back(tensor.type);
    Memory grad_in(in_types);
    Memory grad_out(out_types);
    Memory workspace(op->workspace(in_types));
    for (Values& values : grad_in.values) std::fill(values.begin(), values.end(), start);
    for (std::size_t i = 0; i < cotangents.size(); ++i) {
      std::copy(cotangents[i].begin(), cotangents[i].end(), grad_out.values[i].begin());
    }
    op->backward({.in = in.tensors,
                  .out = out.tensors,
                  .scratch = scratch.tensors,
                  .workspace = workspace.tensors,
                  .grad_in = grad_in.tensors,
                  .grad_out = grad_out.tensors,
                  .assign = std::isnan(start) ? ~0U : 0U});
    return grad_in.values;
  }
  OpPointer op;
  Memory in, out, scratch;
};

// Of one forward call.
Memory outputs_of(const Op& op, const std::vector<Tensor>& in) {
  std::vector<Type> types;
  for (const Tensor& tensor : in) types.push_back(tensor.type);
  Memory out(op.infer(types));
  const Memory scratch(op.scratch(types));
  const Memory workspace(op.workspace(types));
  OpRun run;
  run.in = in;
  run.out = out.tensors;
  run.scratch = scratch.tensors;
  run.workspace = workspace.tensors;
  op.forward(run);
  return out;
}

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// The recurrence as it is written in the header, one element after the other, in double.
class Reference {
 public:
  Reference(const Case& test, const std::vector<Values>& in) : test_(test), in_(in), s_(test.sizes) {
    const std::size_t states = test.options.zero_state ? 0 : (test.is_lstm ? 2 : 1);
    weights_ = 1 + states;
    const auto size = static_cast<std::size_t>(s_.rows * s_.units);
    h.assign(size, 0);
    c.assign(size, 0);
    if (states > 0) h.assign(in[1].begin(), in[1].end());
    if (states > 1) c.assign(in[2].begin(), in[2].end());
    y.resize(static_cast<std::size_t>(s_.steps) * size);
    for (Extent i = 0; i < s_.steps; ++i) step(test.options.reverse ? s_.steps - 1 - i : i);
  }
  std::vector<double> y, h, c;

 private:
  double at(std::size_t input, Extent place) const { return static_cast<double>(in_[input][place]); }
  double from_input(Extent t, Extent row, Extent gate) const {
    double total = at(weights_ + 2, gate);
    for (Extent k = 0; k < s_.inputs; ++k) {
      total += at(weights_, gate * s_.inputs + k) * at(0, (t * s_.rows + row) * s_.inputs + k);
    }
    return total;
  }
  double from_hidden(Extent row, Extent gate) const {
    double total = at(weights_ + 3, gate);
    for (Extent k = 0; k < s_.units; ++k) {
      total += at(weights_ + 1, gate * s_.units + k) * h[row * s_.units + k];
    }
    return total;
  }
  void step(Extent t) {
    std::vector<double> next = h;
    for (Extent row = 0; row < s_.rows; ++row) {
      for (Extent unit = 0; unit < s_.units; ++unit) {
        const auto place = static_cast<std::size_t>(row * s_.units + unit);
        const auto input = [&](int gate) { return from_input(t, row, gate * s_.units + unit); };
        const auto hidden = [&](int gate) { return from_hidden(row, gate * s_.units + unit); };
        if (test_.is_lstm) {
          c[place] =
              sigmoid(input(1) + hidden(1)) * c[place] + sigmoid(input(0) + hidden(0)) * std::tanh(input(2) + hidden(2));
          next[place] = sigmoid(input(3) + hidden(3)) * std::tanh(c[place]);
        } else {
          const double z = sigmoid(input(1) + hidden(1));
          const double n = std::tanh(input(2) + sigmoid(input(0) + hidden(0)) * hidden(2));
          next[place] = (1 - z) * n + z * h[place];
        }
      }
    }
    h = next;
    std::copy(h.begin(), h.end(), y.begin() + static_cast<std::ptrdiff_t>(t * s_.rows * s_.units));
  }

  const Case& test_;
  const std::vector<Values>& in_;
  Sizes s_;
  std::size_t weights_ = 0;
};

double distance(const Values& values, const std::vector<double>& expected) {
  double worst = values.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double error = std::abs(static_cast<double>(values[i]) - expected[i]);
    worst = error <= worst ? worst : error;  // NaN is kept
  }
  return worst;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const bool is_lstm : {true, false}) {
    for (const Sizes& sizes : {Sizes{1, 1, 1, 1}, Sizes{4, 3, 2, 5}, Sizes{3, 2, 9, 16}, Sizes{2, 7, 70, 67}}) {
      for (const bool zero_state : {false, true}) {
        for (const bool reverse : {false, true}) {
          cases.push_back({is_lstm, false, {.zero_state = zero_state, .reverse = reverse}, sizes});
        }
      }
    }
    cases.push_back({is_lstm, true, {}, {1, 5, 3, 20}});
  }
  return cases;
}

double inner(const std::vector<Values>& a, const std::vector<Values>& b) {
  double total = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < a[i].size(); ++j) total += static_cast<double>(a[i][j]) * static_cast<double>(b[i][j]);
  }
  return total;
}

}  // namespace

TEST_CASE("lstm and gru follow their formulas") {
  for (const Case& test : all_cases()) {
    const auto inputs = filled_inputs(test);
    Call call(test, inputs);
    const Reference expected(test, inputs);
    const double tolerance = sizeof(Real) == 4 ? 5e-6 : 1e-13;
    CAPTURE(test.sizes.units);
    CAPTURE(std::string(call.op->name()));
    std::size_t output = 0;
    if (!test.is_cell) CHECK(distance(call.out.values[output++], expected.y) < tolerance);
    CHECK(distance(call.out.values[output++], expected.h) < tolerance);
    if (test.is_lstm) CHECK(distance(call.out.values[output], expected.c) < tolerance);
  }
}

TEST_CASE("the gradients of lstm and gru agree with differences along random directions") {
  const double step = sizeof(Real) == 4 ? 5e-3 : 2e-6;
  const double tolerance = sizeof(Real) == 4 ? 2e-2 : 1e-7;
  for (const Case& test : all_cases()) {
    const auto inputs = filled_inputs(test);
    Call call(test, inputs);
    std::vector<Values> cotangents;
    for (const Values& values : call.out.values) {
      cotangents.push_back(wave(static_cast<Extent>(values.size()), 0.2 + static_cast<double>(cotangents.size()), 1));
    }
    const auto grads = call.backward(cotangents, Real(NAN));
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      const Values direction = wave(static_cast<Extent>(inputs[input].size()), 4.2, 1);
      double difference = 0;
      for (const double sign : {1.0, -1.0}) {
        auto moved = inputs;
        for (std::size_t i = 0; i < direction.size(); ++i) {
          moved[input][i] += static_cast<Real>(sign * step) * direction[i];
        }
        difference += sign * inner(Call(test, moved).out.values, cotangents) / (2 * step);
      }
      CAPTURE(input);
      CAPTURE(test.sizes.units);
      CAPTURE(std::string(call.op->name()));
      CHECK(std::abs(inner({grads[input]}, {direction}) - difference) < tolerance * (1 + std::abs(difference)));
    }
  }
}

TEST_CASE("backward adds to gradients unless it is asked to assign") {
  for (const Case& test : all_cases()) {
    const auto inputs = filled_inputs(test);
    Call call(test, inputs);
    Call again(test, inputs);
    std::vector<Values> cotangents;
    for (const Values& values : call.out.values) cotangents.push_back(wave(static_cast<Extent>(values.size()), 0.2, 1));
    const auto assigned = call.backward(cotangents, Real(NAN));
    const auto added = again.backward(cotangents, Real(8));
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      std::vector<double> expected(assigned[input].begin(), assigned[input].end());
      for (double& value : expected) value += 8;
      CHECK(distance(added[input], expected) < (sizeof(Real) == 4 ? 2e-4 : 1e-12));
    }
  }
}

TEST_CASE("bfloat16 products change outputs and gradients of lstm and gru by a few per cent at most") {
  for (Case test : all_cases()) {
    const auto inputs = filled_inputs(test);
    Call full(test, inputs);
    test.options.products = cpu::Products::kBf16;
    Call rounded(test, inputs);
    CAPTURE(test.sizes.units);
    CAPTURE(std::string(full.op->name()));
    for (std::size_t output = 0; output < full.out.values.size(); ++output) {
      const auto& expected = full.out.values[output];
      CHECK(distance(rounded.out.values[output], {expected.begin(), expected.end()}) < 0.05);
    }
    const auto expected = full.backward(full.out.values, Real(NAN));
    const auto grads = rounded.backward(full.out.values, Real(NAN));
    for (std::size_t input = 0; input < inputs.size(); ++input) {
      const std::vector<double> values(expected[input].begin(), expected[input].end());
      double size = 0;
      for (const double value : values) size = std::max(size, std::abs(value));
      CHECK(distance(grads[input], values) < 0.05 * (1 + size));
    }
  }
}

TEST_CASE("a shard of a recurrent layer has the same bits on any number of threads") {
  const Case test{true, false, {.zero_state = true}, {4, 12, 20, 40}};
  const auto inputs = filled_inputs(test);
  std::vector<std::vector<Values>> results(6);
  for (const int count : {1, 3}) {
    cpu::set_threads(count);
    cpu::parallel_for(3, [&](Extent i) {
      Call call(test, inputs);
      results[i + (count == 1 ? 0 : 3)] = call.backward(call.out.values, Real(NAN));
    });
  }
  cpu::set_threads(0);
  for (const auto& result : results) CHECK(result == results[0]);
}

TEST_CASE("a recurrent layer says which input does not fit") {
  Case test{true, false, {}, {2, 3, 4, 5}};
  auto types = test.inputs();
  types[3] = {{20, 7}, Kind::kReal};
  CHECK_THROWS_WITH_AS(test.op()->infer(types), doctest::Contains("weight_ih [20, 7] came; give weight_ih [20, 4]"), Error);
  types = test.inputs();
  types.pop_back();
  CHECK_THROWS_AS(test.op()->infer(types), Error);
}

TEST_CASE("an LSTM cell with weights packed once gives the same bits") {
  for (const auto products : {cpu::Products::kFull, cpu::Products::kBf16}) {
    for (const Sizes& sizes : {Sizes{1, 3, 2, 5}, Sizes{1, 17, 33, 40}, Sizes{1, 4, 70, 16}}) {
      CAPTURE(sizes.units);
      Case test;
      test.is_cell = true;
      test.options.products = products;
      test.sizes = sizes;
      const std::vector<Values> in = filled_inputs(test);
      const Call plain(test, in);
      const std::vector<Tensor> weights = {plain.in.tensors[3], plain.in.tensors[4]};
      const Memory packed = outputs_of(*make_lstm_packing(products), weights);
      std::vector<Tensor> tensors = plain.in.tensors;
      std::copy(packed.tensors.begin(), packed.tensors.end(), tensors.begin() + 3);
      CHECK(outputs_of(*make_packed_lstm_cell(products), tensors).values == plain.out.values);
    }
  }
}

}  // namespace fovea
