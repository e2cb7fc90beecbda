#pragma once

#include <iosfwd>
#include <span>
#include <string>

#include "framework/cli/arguments.h"
#include "framework/cli/cli.h"
#include "framework/core/error.h"

namespace fovea::cli {

/// What was typed is wrong: exit code kUsage. Everything else that is thrown exits with kFailure.
class UsageError : public Error {
 public:
  using Error::Error;
  explicit UsageError(const Error& error) : Error(error) {}
};

/// What a command is given besides its arguments.
struct Console {
  std::ostream& out;
  std::ostream& err;
  std::string program;       // what suggested commands start with
  std::string command_line;  // as typed
};

/// A command of the program. Each is defined in one source, with its arguments, and is listed in the table of cli.cpp.
struct Command {
  const char* name;
  const char* summary;   // one line
  const char* examples;  // lines, each indented by two spaces
  /// Parses the words after the name and does the work. Returns the exit code; throws Error for a failure.
  int (*run)(const Command& command, std::span<const std::string> words, const Console& console);
};

/// The `run` of a command that works on `Arguments`, which lists them in fields(ArgumentList&).
template <class Arguments, int (*kWork)(const Arguments&, const Console&)>
int run_with(const Command& command, std::span<const std::string> words, const Console& console) {
  Arguments arguments;
  ArgumentList list;
  arguments.fields(list);
  return parse(command, list, words, console.out) ? kWork(arguments, console) : static_cast<int>(kOk);
}

extern const Command kCheck, kCompare, kDescribe, kDraw, kEvaluate, kExport, kFigure, kList, kLs, kPredict, kReads, kReport,
    kRun, kSample, kServe, kShow, kStudy, kSweep, kVerify, kWatch;

}  // namespace fovea::cli
