#include "framework/cli/cli.h"

#include <fmt/format.h>
#include <array>
#include <iostream>

#include "framework/cli/command.h"
#include "framework/cli/process.h"

namespace fovea::cli {
namespace {

constexpr const char* kDescription = "Fovea: a research framework for attention that chooses.";

constexpr const char* kExitCodes =
    "Exit codes: 0 done; 1 it failed (one line says why); 2 the command line is wrong; 3 verify found damage;\n"
    "130 and 143 stopped by SIGINT or SIGTERM: the same command resumes the run, a second signal leaves at once.\n";

constexpr const char* kExamples =
    "Examples:\n"
    "  fovea run sort_by_pointing                train, evaluate, publish runs/sort_by_pointing/main/results.h5\n"
    "  fovea run sort_by_pointing steps=200      a shorter training\n"
    "  fovea list selector                       what can be plugged in\n"
    "  fovea describe top_k                      what it does, its options and defaults\n"
    "  fovea COMMAND --help                      more of one command\n\n";

// In the order of the help.
constexpr std::array kCommands = {&kList, &kDescribe, &kCheck, &kDraw, &kRun, &kSample, &kStudy, &kShow, &kVerify, &kWatch};

std::string version_text() { return fmt::format("fovea {} ({})", FOVEA_VERSION, kPrecision); }

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command* command : kCommands) names.emplace_back(command->name);
  return names;
}

std::string command_line(const std::string& program, std::span<const std::string> words) {
  std::string line = shell_quote(program);
  for (const std::string& word : words) line += " " + shell_quote(word);
  return line;
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
  try {
    const int code = dispatch(words, {out, err, program, command_line(program, words)});
    out << std::flush;
    return code;
  } catch (const UsageError& error) {
    err << error.what() << '\n';
    return kUsage;
  } catch (const Error& error) {
    err << error.what() << '\n';
  } catch (const std::bad_alloc&) {
    err << "[fovea] expected enough memory; there is none left; use a smaller batch or model.\n";
  } catch (const std::exception& error) {
    err << "[fovea] unexpected error: " << error.what() << "; please report it with the command line.\n";
  }
  return kFailure;
}

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + std::min(count, 1), arguments + count);
  return run_command(words, std::cout, std::cerr, count > 0 ? arguments[0] : "fovea");
}

}  // namespace fovea::cli
