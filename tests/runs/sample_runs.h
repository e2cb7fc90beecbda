#pragma once

#include <cstdint>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "framework/cli/cli.h"
#include "framework/results/run_file.h"
#include "tests/results/sample_record.h"

namespace fovea::testing {

/// A small run of the experiment 'probe' with one number on the test split.
struct SampleRun {
  std::string run = "main";
  std::int64_t seed = 1;
  double accuracy = 0.5;
  TextPairs settings = {{"learning_rate", "0.001"}};
  std::string state = "finished";
  std::vector<std::int32_t> correct{};

  RunRecord record() const {
    RunRecord record;
    record.experiment = "probe";
    record.run = run;
    record.seed = seed;
    record.state = state;
    record.config = {{"experiment", "probe"}, {"run", run}, {"task", "toy(n=4)"}, {"precision", "float32"}};
    record.config.insert(record.config.end(), settings.begin(), settings.end());
    record.config.emplace_back("seed", std::to_string(seed));
    record.config_json = "{}";
    add_row(record, train_row(10, 0.1));
    add_row(record, evaluation_row(10, accuracy));
    record.evaluation[0].correct = correct;
    record.graph = {"digraph layers {}", "digraph ops {}", 0, 0};
    return record;
  }
  void publish_in(const std::filesystem::path& folder) const {
    std::filesystem::create_directories(folder);
    publish(record(), folder);
  }
};

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

inline Answer answer(const std::vector<std::string>& words) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run_command(words, out, err);
  return {code, out.str(), err.str()};
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline bool is_one_line(const std::string& text) { return !text.empty() && text.find('\n') == text.size() - 1; }

}  // namespace fovea::testing
