#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace fovea::cli {

struct ProcessResult {
  bool found = true;   // false: there is no such program
  int exit_code = 0;   // 128 + its number where a signal ended it
  std::string output;  // standard output; of run_process, standard error as well, as they came
  std::string errors;  // standard error, of run_filter
};

/// Runs a program (looked up in PATH where its name has no slash), gives it `input` and waits for its end. Its output
/// goes to `echo` too, as it comes.
///
/// Errors    the system cannot start any process.
ProcessResult run_process(const std::vector<std::string>& command, const std::string& input = "",
                          std::ostream* echo = nullptr);

/// The same with the two kinds of output apart.
ProcessResult run_filter(const std::vector<std::string>& command, const std::string& input);

/// The file of the running program.
std::filesystem::path program_file();

}  // namespace fovea::cli
