#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "framework/train/trainer.h"

namespace fovea::test {

/// A small regression that has what a run may have: dropout, metrics, slices, a sampled choice with a baseline, a schedule
/// with a state, noise, several shards of which the last is smaller.
RunRequest line_run(const std::filesystem::path& directory, const std::string& site = "dot | dense | sample | reinforce");

/// The same without the sampled choice, so that its gradient is exact.
RunSpec smooth_line();

/// What the error of a run says; empty where the run ends well.
std::string failure_of(const RunRequest& request);

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A separate directory for a test, removed at the end.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// A stop signal that comes when the batch of this many training steps has been filled.
struct StopAfter {
  explicit StopAfter(int fills);
  ~StopAfter();
  StopAfter(const StopAfter&) = delete;
  StopAfter& operator=(const StopAfter&) = delete;
  std::atomic<int> signal{0};
};

}  // namespace fovea::test
