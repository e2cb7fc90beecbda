#include "bench/measure.h"

#include <malloc.h>

#include <fstream>
#include <memory>
#include <string>

#include "framework/cpu/parallel.h"
#include "framework/cpu/vector_math.h"

namespace fovea::bench {
namespace {

// A line of /proc/self/status in MiB, -1 where there is none.
double status_mib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return -1;
}

constexpr int kChains = 12;
constexpr int kSteps = 20000;
constexpr double kOperations = 2.0 * kChains * kSteps * static_cast<double>(cpu::kPack);

}  // namespace

std::string config_of(std::initializer_list<std::pair<const char*, std::ptrdiff_t>> sizes) {
  std::string text;
  for (const auto& [name, size] : sizes) text += (text.empty() ? "" : ",") + (name + ("=" + std::to_string(size)));
  return text;
}

double peak_growth(const std::function<void()>& work) {
  malloc_trim(0);  // what was freed before would hide what is taken now
  const bool starts = static_cast<bool>(std::ofstream("/proc/self/clear_refs") << 5 << std::flush);
  const double before = status_mib("VmRSS");
  work();
  const double peak = status_mib("VmHWM");
  return starts && before >= 0 && peak >= 0 ? peak - before : -1;
}

double fused_multiply_adds() {
  cpu::Pack chains[kChains];
  for (int i = 0; i < kChains; ++i) chains[i] = cpu::broadcast(static_cast<Real>(i));
  const cpu::Pack factor = cpu::broadcast(Real(0.999));
  const cpu::Pack summand = cpu::broadcast(Real(0.001));
  for (int step = 0; step < kSteps; ++step) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) chains[i] = cpu::multiply_add(chains[i], factor, summand);
  }
  Real total = 0;
  for (const cpu::Pack& chain : chains) total += cpu::sum_lanes(chain);
  if (total == Real(12345)) return 0;  // keeps the loop alive
  return kOperations;
}

Candidate limit_of_threads() {
  auto done = std::make_shared<std::vector<double>>(cpu::threads());
  return {[done] { cpu::parallel_for(cpu::threads(), [&](Extent i) { (*done)[i] = fused_multiply_adds(); }); }};
}

double operations_of_threads() { return kOperations * cpu::threads(); }

}  // namespace fovea::bench
