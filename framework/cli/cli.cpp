#include "framework/cli/cli.h"

#include <fmt/format.h>
#include <array>
#include <iostream>

#include "framework/cli/command.h"
#include "framework/cli/start.h"
#include "framework/core/text.h"
#include "framework/resolved.h"

namespace fovea::cli {
namespace {

constexpr const char* kDescription = "Fovea: a research framework for attention that chooses.";

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 it failed (one line says why); 2 the command line is wrong; 3 verify or show found damage;\n"
    "130, 143, 129, 138 and 140 stopped by SIGINT, SIGTERM, SIGHUP, SIGUSR1 or SIGUSR2: the same command resumes the run;\n"
    "a second SIGINT or SIGTERM leaves at once.\n";

constexpr const char* kExamples =
    "Examples:\n"
    "  fovea run sort_by_pointing                # train, evaluate, publish runs/sort_by_pointing/main/results.h5\n"
    "  fovea run sort_by_pointing steps=200      # a shorter training\n"
    "  fovea list selector                       # what can be plugged in\n"
    "  fovea describe top_k                      # what it does, its options and defaults\n"
    "  fovea COMMAND --help                      # more of one command\n\n";

// In the order of the help.
constexpr std::array kCommands = {&kList,    &kDescribe, &kCheck,  &kDraw,  &kRun,    &kSweep,   &kEvaluate,
                                  &kPredict, &kSample,   &kStudy,  &kShow,  &kLs,     &kCompare, &kFigure,
                                  &kReads,   &kReport,   &kExport, &kServe, &kVerify, &kWatch};

std::string version_text() { return fmt::format("fovea {} ({})", FOVEA_VERSION, kPrecision); }

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  names.reserve(kCommands.size());
  for (const Command* command : kCommands) names.emplace_back(command->name);
  return names;
}

/// As typed, for a shell; it is recorded, so bytes that are no text are escaped.
std::string command_line(const std::string& program, std::span<const std::string> words) {
  std::string line = shell_word(program);
  for (const std::string& word : words) line += " " + shell_word(word);
  return printable(line);
}

void print_help(std::ostream& out) {
  out << kDescription << "\n\nUsage: fovea COMMAND [ARGUMENTS] [OPTIONS]\n\nCommands:\n";
  for (const Command* command : kCommands) out << fmt::format("  {:<10}{}\n", command->name, command->summary);
  out << "\nOptions:\n  --help, -h   this text\n  --version    version and precision\n\n" << kExamples << kExitCodes;
}

int dispatch(std::span<const std::string> words, const Console& console) {
  if (words.empty()) {
    throw UsageError("fovea", fmt::format("expected a command; none came; known: {}. See 'fovea --help'.",
                                          fmt::join(command_names(), ", ")));
  }
  const std::string& name = words[0];
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(console.out);
    return kOk;
  }
  if (name == "--version") {
    console.out << version_text() << '\n';
    return kOk;
  }
  for (const Command* command : kCommands) {
    if (name == command->name) return command->run(*command, words.subspan(1), console);
  }
  std::vector<std::string> known = command_names();
  if (name[0] == '-') known = {"--help", "--version"};
  throw UsageError("fovea", unknown_name(name, known));
}

}  // namespace

int run_command(std::span<const std::string> words, std::ostream& out, std::ostream& err, const std::string& program) {
  int code = kFailure;
  try {
    code = dispatch(words, {out, err, program, command_line(program, words)});
  } catch (const UsageError& error) {
    err << error.what() << '\n';
    code = kUsage;
  } catch (const SettingError& error) {
    err << error.what() << '\n';
    code = kUsage;
  } catch (...) {
    err << caught_error("fovea").what() << '\n';
  }
  out << std::flush;
  if (out || code != kOk) return code;
  err << "[standard output] expected to print everything; it cannot be written: its disk is full, or its reader has ended; "
         "print to another place. Files were written as usual.\n";
  return kFailure;
}

int main(int count, char** arguments) {
  prepare_process();
  const std::vector<std::string> words(arguments + std::min(count, 1), arguments + count);
  return run_command(words, std::cout, std::cerr, count > 0 ? arguments[0] : "fovea");
}

}  // namespace fovea::cli
