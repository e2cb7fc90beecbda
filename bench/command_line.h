#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

// What the benchmark programs share of their command lines and of their output.
namespace fovea::bench {

/// Options of every program.
struct Common {
  bool json = false;
  int threads = 1;  // 0: one per core
};

/// The options with a description and examples; `--json` is there already.
class CommandLine {
 public:
  CommandLine(std::string name, const std::string& description, const std::string& examples, Common& common);

  CLI::App& app() { return app_; }
  /// The option --threads; a program without it runs on `common.threads`.
  void add_threads(int threads = 0);
  /// Does the work on those threads, and returns the program's exit code: 0; after a line that says what is wrong, 2 for the
  /// command line and 1 for the work and for output that cannot be written.
  int run(int count, char** arguments, const std::function<void()>& work);

 private:
  int parse(int count, char** arguments);
  int work_safely(const std::function<void()>& work) const;
  int fail(int code, const std::string& fact) const;

  std::string name_;
  Common& common_;
  CLI::App app_;
};

/// A check of an option: whether `parse` takes its text without an Error.
std::function<std::string(const std::string&)> taken_by(std::function<void(const std::string&)> parse);

/// One measurement; a higher `rate` is faster.
struct Line {
  std::string name;
  std::string config;  // "hidden=128,T=50,B=128": what a line of another program must share to be compared
  double median = 0;   // seconds
  double best = 0;     // seconds
  double work = 0;     // in units, of one call
  std::string unit;    // of the rate, "GFLOP/s"
};

/// Prints {"name", "config", "median_s", "best_s", "rate", "unit"} and more as one line, at once.
void print_json(const Line& line, std::initializer_list<std::pair<const char*, double>> more = {});

}  // namespace fovea::bench
