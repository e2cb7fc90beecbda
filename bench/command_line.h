#pragma once

#include <CLI/CLI.hpp>
#include <string>

// What the benchmark programs share of their command lines and of their output.
namespace fovea::bench {

/// Options of every program.
struct Common {
  bool json = false;
  int threads = 0;  // 0: one per core
};

/// The options with a description and examples; `--json` is there already.
class CommandLine {
 public:
  CommandLine(std::string name, const std::string& description, const std::string& examples, Common& common);

  CLI::App& app() { return app_; }
  void add_threads(Common& common);
  /// Negative: the program goes on; otherwise it ends with this code, after help or one line that says what is wrong.
  int parse(int count, char** arguments);

 private:
  std::string name_;
  CLI::App app_;
};

/// One measurement; `rate` is higher where it is faster.
struct Line {
  std::string name;
  std::string config;  // "hidden=128,T=50,B=128": what a line of another program must share to be compared
  double median = 0;   // seconds
  double best = 0;     // seconds
  double work = 0;     // in units, of one call
  std::string unit;    // of the rate, "GFLOP/s"
};

/// Prints {"name", "config", "median_s", "best_s", "rate", "unit"} as one line, at once.
void print_json(const Line& line);

}  // namespace fovea::bench
