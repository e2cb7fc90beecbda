#include "bench/command_line.h"

#include <csignal>
#include <cstdio>
#include <new>
#include <utility>

#include "framework/core/error.h"
#include "framework/core/text.h"
#include "framework/cpu/parallel.h"

namespace fovea::bench {
namespace {

/// As in a string of JSON.
std::string escaped(const std::string& text) {
  std::string json;
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') json += '\\';
    json += letter;
  }
  return json;
}

}  // namespace

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

int CommandLine::fail(int code, const std::string& fact) const {
  const std::string line = fact.front() == '[' ? fact : "[" + name_ + "] " + fact;
  std::fprintf(stderr, "%s\n", printable(line).c_str());
  return code;
}

/// Negative: there is work to do.
int CommandLine::parse(int count, char** arguments) {
  try {
    app_.parse(count, arguments);
    return -1;
  } catch (const CLI::CallForHelp&) {
    std::fputs(app_.help().c_str(), stdout);
    return 0;
  } catch (const CLI::ParseError& error) {
    return fail(2, "the command line is wrong: " + std::string(error.what()) + "; see '" + name_ + " --help'.");
  }
}

int CommandLine::work_safely(const std::function<void()>& work) const {
  try {
    cpu::set_threads(common_.threads);
    work();
    return 0;
  } catch (const Error& error) {
    return fail(1, error.what());
  } catch (const std::bad_alloc&) {
    return fail(1, "enough memory was expected; there is none left; choose smaller sizes.");
  } catch (const std::exception& error) {
    return fail(1, "the work was expected to end; " + std::string(error.what()) + "; choose other sizes or fewer threads.");
  } catch (...) {
    return fail(1, "the work was expected to end; something was thrown that is no exception; report it.");
  }
}

int CommandLine::run(int count, char** arguments, const std::function<void()>& work) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is an error of the write below
  int code = parse(count, arguments);
  if (code < 0) code = work_safely(work);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  return fail(1, "output was expected to be written; it cannot be; give it a file or a pipe that takes it.");
}

std::function<std::string(const std::string&)> taken_by(std::function<void(const std::string&)> parse) {
  return [parse = std::move(parse)](const std::string& text) -> std::string {
    try {
      parse(text);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
}

void print_json(const Line& line, std::initializer_list<std::pair<const char*, double>> more) {
  std::printf(R"({"name": "%s", "config": "%s", "median_s": %.6g, "best_s": %.6g, )", escaped(line.name).c_str(),
              escaped(line.config).c_str(), line.median, line.best);
  for (const auto& [name, value] : more) std::printf(R"("%s": %.6g, )", name, value);
  std::printf(R"("rate": %.6g, "unit": "%s"})"
              "\n",
              line.work / line.median, line.unit.c_str());
  std::fflush(stdout);
}

}  // namespace fovea::bench
