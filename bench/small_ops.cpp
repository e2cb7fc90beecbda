// Overhead of a graph: 49 tiny ops on [1, 20] vectors, forward and backward, as a user writes them.
#include <benchmark/benchmark.h>

#include <map>
#include <vector>

#include "bench/command_line.h"
#include "bench/measure.h"

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

// Collects the repetitions of each benchmark, then prints a line for each.
class JsonLines : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
      const double seconds = run.real_accumulated_time / static_cast<double>(run.iterations);
      timed_[run.run_name.function_name].seconds.push_back(seconds);
    }
  }
  void Finalize() override {
    for (auto& [name, timed] : timed_) {
      bench::print_json({name, "ops=49,B=1,d=20", timed.median(), timed.best(), 49, "ops/s"});
    }
  }

 private:
  std::map<std::string, bench::Candidate> timed_;
};

}  // namespace

int main(int count, char** arguments) {
  bench::Common common;
  int rounds = 7;
  double seconds = 0.2;
  bench::CommandLine line("bench_small_ops", "Overhead of a graph of 49 ops on vectors of 20 numbers, on one thread.",
                          "  bench_small_ops\n"
                          "  bench_small_ops 3 --json    # for bench/alternate.py\n",
                          common);
  line.app().add_option("rounds", rounds, "samples of each, >= 1")->check(CLI::Range(1, 100000));
  line.app().add_option("--seconds", seconds, "time of a sample")->check(CLI::Range(1e-3, 3600.0));
  return line.run(count, arguments, [&] {
    for (const auto& [name, passes] :
         {std::pair("smallops_fwd", Plan::Passes::kForward), std::pair("smallops_fwdbwd", Plan::Passes::kBackward)}) {
      benchmark::RegisterBenchmark(name, chain, passes)
          ->Unit(benchmark::kMicrosecond)
          ->Repetitions(rounds)
          ->MinTime(seconds)
          ->ReportAggregatesOnly(!common.json);  // the lines of JSON are made from all samples
    }
    JsonLines lines;
    benchmark::RunSpecifiedBenchmarks(common.json ? &lines : nullptr);
  });
}
