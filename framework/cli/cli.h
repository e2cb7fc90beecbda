#pragma once

#include <iosfwd>
#include <span>
#include <string>

namespace fovea::cli {

/// The exit codes of the program; a run that a signal stopped exits with 128 + its number (130 and 143, for example).
enum ExitCode : int { kOk = 0, kFailure = 1, kUsage = 2, kVerifyFailure = 3 };

/// Runs one command: `arguments` are what follows the name of the program. Never throws; every failure is one line on `err`,
/// also where all that failed is the printing. Commands that it suggests start with `program`.
int run_command(std::span<const std::string> arguments, std::ostream& out, std::ostream& err,
                const std::string& program = "fovea");

/// The program `fovea`.
int main(int count, char** arguments);

}  // namespace fovea::cli
