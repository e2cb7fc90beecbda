// Overhead of a graph: 49 tiny ops on [1, 20] vectors, forward and backward, as a user writes them.
#include <benchmark/benchmark.h>

#include <vector>

#include "framework/graph/functions.h"
#include "framework/graph/plan.h"

namespace {

using namespace fovea;

constexpr Extent kWidth = 20;

struct Bound {
  std::vector<std::vector<Real>> memory;
  std::unique_ptr<Execution> execution;
};

// 12 times: x = tanh(x w + b) * x; then the sum.
Bound make_chain(Plan::Passes passes) {
  Builder b;
  Value x = b.input("x", {{1, kWidth}, Kind::kReal});
  for (int i = 0; i < 12; ++i) {
    const std::string number = std::to_string(i);
    const Value w = b.parameter("w" + number, {kWidth, kWidth});
    const Value bias = b.parameter("b" + number, {kWidth});
    x = multiply(tanh(add(matmul(x, w), bias)), x);
  }
  b.output("cost", sum(x, 1));
  Bound bound;
  bound.memory.reserve(64);
  bound.execution = std::make_unique<Execution>(Plan::compile(b.freeze(), {}, passes), [&bound](const std::string& path) {
    const std::size_t size = path[0] == 'w' ? kWidth * kWidth : kWidth;
    std::vector<Real>& block = bound.memory.emplace_back(2 * size, Real(0.02));
    return ParameterMemory{block.data(), block.data() + size};
  });
  return bound;
}

void chain(benchmark::State& state, Plan::Passes passes) {
  Bound bound = make_chain(passes);
  std::vector<Real> x(kWidth, Real(0.5));
  bound.execution->bind("x", x.data());
  for (auto _ : state) {
    bound.execution->forward({});
    if (passes == Plan::Passes::kBackward) {
      bound.execution->clear_output_gradients();
      bound.execution->output_gradient("cost").real()[0] = 1;
      bound.execution->backward({});
    }
    benchmark::ClobberMemory();
  }
}

BENCHMARK_CAPTURE(chain, forward, Plan::Passes::kForward)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(chain, forward_and_backward, Plan::Passes::kBackward)->Unit(benchmark::kMicrosecond);

}  // namespace
BENCHMARK_MAIN();
