#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

// Timing for the benchmark programs: candidates take turns, so that the drift of the machine falls on all alike.
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

/// Calls work() once: by how many MiB the resident memory of the process rose above its size before, at the most; negative
/// where the system does not tell.
double peak_growth(const std::function<void()>& work);

/// Multiply-adds in registers alone on the calling thread: the limit of the core at this moment. Returns operations done.
double fused_multiply_adds();

}  // namespace fovea::bench
