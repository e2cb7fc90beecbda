#include "framework/cli/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ostream>
#include <span>
#include <utility>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX declares it in no header

namespace fovea::cli {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {
    if (descriptor < 0) throw Error("process", std::string("cannot be started: ") + std::strerror(errno) + "; try again.");
  }
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int value() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_;
};

// A file in memory, so that no amount of input or output can make both sides wait for each other.
int memory_file(const std::string& content) {
  const int descriptor = ::memfd_create("fovea", MFD_CLOEXEC);
  if (descriptor < 0) return descriptor;
  Descriptor file(descriptor);
  write_all(descriptor, std::as_bytes(std::span(content)), "input of a process");
  ::lseek(descriptor, 0, SEEK_SET);
  return file.release();
}

std::string read_all(int descriptor, std::ostream* echo) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = uninterrupted([&] { return ::read(descriptor, buffer.data(), buffer.size()); });
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (echo != nullptr) echo->write(buffer.data(), count).flush();
  }
}

int wait_for(pid_t process) {
  int status = 0;
  if (uninterrupted([&] { return ::waitpid(process, &status, 0); }) < 0) {
    throw Error("process", std::string("expected to learn how it ended; ") + std::strerror(errno) + "; try again.");
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// What this program has set for signals is not for others.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&value_);
    sigset_t set;
    ::sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&value_, &set);
    for (const int number : {SIGPIPE, SIGXFSZ}) ::sigaddset(&set, number);
    ::posix_spawnattr_setsigdefault(&value_, &set);
    ::posix_spawnattr_setflags(&value_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&value_); }
  const posix_spawnattr_t* get() const { return &value_; }

 private:
  posix_spawnattr_t value_{};
};

/// Runs the program with these descriptors as its standard input and error; its standard output goes into the result.
ProcessResult run(const std::vector<std::string>& command, int input, int errors, std::ostream* echo) {
  std::array<int, 2> ends{-1, -1};
  [[maybe_unused]] const int piped = ::pipe2(ends.data(), O_CLOEXEC);
  const Descriptor output(ends[0]);
  Descriptor child_end(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, child_end.value(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors < 0 ? child_end.value() : errors, STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));  // as POSIX wants it
  words.push_back(nullptr);

  pid_t process = 0;
  const Attributes attributes;
  const int status = ::posix_spawnp(&process, words[0], &actions, attributes.get(), words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  child_end.close();
  if (status == ENOENT) return {.found = false, .exit_code = 127, .output = {}, .errors = {}};
  if (status != 0) throw Error(command[0], std::string("cannot be started: ") + std::strerror(status) + "; try again.");
  ProcessResult result;
  result.output = read_all(output.value(), echo);
  result.exit_code = wait_for(process);
  return result;
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& command, const std::string& input, std::ostream* echo) {
  const Descriptor source(memory_file(input));
  return run(command, source.value(), -1, echo);
}

ProcessResult run_filter(const std::vector<std::string>& command, const std::string& input) {
  const Descriptor source(memory_file(input));
  const Descriptor errors(memory_file(""));
  ProcessResult result = run(command, source.value(), errors.value(), nullptr);
  ::lseek(errors.value(), 0, SEEK_SET);
  result.errors = read_all(errors.value(), nullptr);
  return result;
}

std::filesystem::path program_file() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

}  // namespace fovea::cli
