#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace fovea::cli {

struct ProcessResult {
  bool found = true;   // false: there is no such program
  int exit_code = 0;   // 128 + its number where a signal ended it
  std::string output;  // standard output and standard error, as they came
};

/// Runs a program (looked up in PATH where its name has no slash), gives it `input` and waits for its end. Its output
/// goes to `echo` too, as it comes.
///
/// Errors    the system cannot start any process.
ProcessResult run_process(const std::vector<std::string>& command, const std::string& input = "",
                          std::ostream* echo = nullptr);

/// The file of the running program.
std::filesystem::path program_file();

/// The text as one word for a shell, in quotes where it needs them.
std::string shell_quote(const std::string& text);

}  // namespace fovea::cli
