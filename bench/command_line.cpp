#include "bench/command_line.h"

#include <cstdio>

namespace fovea::bench {

CommandLine::CommandLine(std::string name, const std::string& description, const std::string& examples, Common& common)
    : name_(std::move(name)), app_(description, name_) {
  app_.footer("Examples:\n" + examples);
  app_.option_defaults()->always_capture_default();
  app_.add_flag("--json", common.json, "print one JSON object a line instead of text");
}

void CommandLine::add_threads(Common& common) {
  app_.add_option("--threads", common.threads, "threads, >= 0; 0: one per core")->check(CLI::Range(0, 4096));
}

int CommandLine::parse(int count, char** arguments) {
  try {
    app_.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    std::fputs(app_.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "[%s] the command line is wrong: %s; see '%s --help'.\n", name_.c_str(), error.what(),
                 name_.c_str());
    return 2;
  }
  return -1;
}

void print_json(const Line& line) {
  std::printf(R"({"name": "%s", "config": "%s", "median_s": %.6g, "best_s": %.6g, "rate": %.6g, "unit": "%s"})"
              "\n",
              line.name.c_str(), line.config.c_str(), line.median, line.best, line.work / line.median, line.unit.c_str());
  std::fflush(stdout);
}

}  // namespace fovea::bench
