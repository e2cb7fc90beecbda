#include "framework/cli/start.h"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <exception>
#include <string>

#include "framework/cli/cli.h"
#include "framework/core/error.h"
#include "framework/files/posix_file.h"

namespace fovea::cli {
namespace {

std::string& library_at_work() {
  static std::string library;  // "" while none is loaded
  return library;
}

std::string thrown_text() {
  if (std::current_exception() == nullptr) return "no exception came";
  try {
    throw;
  } catch (const std::exception& error) {
    return "'" + std::string(error.what()) + "' came";
  } catch (...) {
    return "one without a text came";
  }
}

// The last thing that the program does; what other threads hold is left alone.
[[noreturn]] void end_at_once() {
  const std::string& library = library_at_work();
  const Error error =
      library.empty()
          ? Error("fovea", "no exception was expected outside of every handler; " + thrown_text() +
                               "; report it with the command line.")
          : Error(library, "expected a library that can be loaded; one of its initialisers has thrown: " + thrown_text() +
                               "; catch it in the library.");
  const std::string line = std::string(error.what()) + "\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  ::_exit(kFailure);
}

void open_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. Without /dev/null any file that cannot be written holds the place.
    const int flags = stream == STDIN_FILENO ? O_RDONLY : O_WRONLY;
    if (uninterrupted([&] { return ::open("/dev/null", flags); }) < 0) ::open("/", O_RDONLY | O_DIRECTORY);
  }
}

}  // namespace

void prepare_process() {
  open_streams();
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
  std::set_terminate(end_at_once);
}

LoadingOf::LoadingOf(const std::filesystem::path& library) { library_at_work() = library.string(); }

LoadingOf::~LoadingOf() { library_at_work().clear(); }

}  // namespace fovea::cli
