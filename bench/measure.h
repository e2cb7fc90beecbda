#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

// Timing for the benchmark programs: candidates take turns, so that the drift of the machine affects all equally.
namespace fovea::bench {

struct Candidate {
  std::function<void()> run;
  std::vector<double> seconds = {};

  double median() {
    std::sort(seconds.begin(), seconds.end());
    return seconds.empty() ? 0 : seconds[seconds.size() / 2];
  }
  double best() const { return seconds.empty() ? 0 : *std::min_element(seconds.begin(), seconds.end()); }
};

inline double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Takes `rounds` samples of every candidate, each of at least `sample` seconds.
inline void measure(std::vector<Candidate>& candidates, int rounds, double sample) {
  for (int round = 0; round < rounds; ++round) {
    for (Candidate& candidate : candidates) {
      candidate.run();
      double start = now();
      candidate.run();
      const double once = std::max(now() - start, 1e-9);
      const auto repeats = static_cast<std::size_t>(std::max(1.0, sample / once));
      start = now();
      for (std::size_t i = 0; i < repeats; ++i) candidate.run();
      candidate.seconds.push_back((now() - start) / static_cast<double>(repeats));
    }
  }
}

/// A candidate that takes at least `seconds`: its samples.
inline Candidate time_of(double seconds, std::function<void()> run) {
  constexpr double kSample = 0.02;
  std::vector<Candidate> timed{{std::move(run)}};
  measure(timed, std::max(7, static_cast<int>(seconds / kSample)), kSample);
  return timed[0];
}

/// "N=64,D=8".
std::string config_of(std::initializer_list<std::pair<const char*, std::ptrdiff_t>> sizes);

/// Calls work() once: the most by which the resident memory of the process rose above its size before, in MiB; negative
/// where the system does not report it.
double peak_growth(const std::function<void()>& work);

/// Multiply-adds in registers alone on the calling thread: the limit of the core at this moment. Returns operations done.
double fused_multiply_adds();
/// That of all threads together, to be measured in turn with the work, and the operations that it does.
Candidate limit_of_threads();
double operations_of_threads();

}  // namespace fovea::bench
