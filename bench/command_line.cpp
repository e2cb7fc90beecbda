#include "bench/command_line.h"

#include <cstdio>

#include "framework/core/error.h"
#include "framework/cpu/parallel.h"

namespace fovea::bench {

CommandLine::CommandLine(std::string name, const std::string& description, const std::string& examples, Common& common)
    : name_(std::move(name)), common_(common), app_(description, name_) {
  app_.footer("Examples:\n" + examples);
  app_.option_defaults()->always_capture_default();
  app_.add_flag("--json", common.json, "print one JSON object per line instead of text");
}

void CommandLine::add_threads(int threads) {
  common_.threads = threads;
  app_.add_option("--threads", common_.threads, "threads, >= 0; 0: one per core")->check(CLI::Range(0, 4096));
}

int CommandLine::run(int count, char** arguments, const std::function<void()>& work) {
  try {
    app_.parse(count, arguments);
    cpu::set_threads(common_.threads);
    work();
    return 0;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app_.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "[%s] the command line is wrong: %s; see '%s --help'.\n", name_.c_str(), error.what(),
                 name_.c_str());
  } catch (const Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
  }
  return 2;
}

void print_json(const Line& line, std::initializer_list<std::pair<const char*, double>> more) {
  std::printf(R"({"name": "%s", "config": "%s", "median_s": %.6g, "best_s": %.6g, )", line.name.c_str(), line.config.c_str(),
              line.median, line.best);
  for (const auto& [name, value] : more) std::printf(R"("%s": %.6g, )", name, value);
  std::printf(R"("rate": %.6g, "unit": "%s"})"
              "\n",
              line.work / line.median, line.unit.c_str());
  std::fflush(stdout);
}

}  // namespace fovea::bench
