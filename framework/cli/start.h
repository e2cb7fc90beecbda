#pragma once

#include <filesystem>

namespace fovea::cli {

/// What the program does before anything else. Standard streams that are closed are opened to /dev/null: otherwise the first
/// file that is opened would be one of them, and what is printed would be written into it. SIGPIPE and SIGXFSZ become errors
/// of the write, and children can be waited for, whatever the parent process has ignored. An exception that nothing can
/// catch ends the program with one line and exit code 1.
void prepare_process();

/// While it lives, the line about an exception that nothing can catch is about this library: one that its initialisers throw
/// cannot pass through the loader.
class LoadingOf {
 public:
  explicit LoadingOf(const std::filesystem::path& library);
  LoadingOf(const LoadingOf&) = delete;
  LoadingOf& operator=(const LoadingOf&) = delete;
  ~LoadingOf();
};

}  // namespace fovea::cli
