#include "framework/cli/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <ostream>

#include "framework/core/error.h"

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
  std::size_t written = 0;
  while (descriptor >= 0 && written < content.size()) {
    const ssize_t count = ::write(descriptor, content.data() + written, content.size() - written);
    if (count < 0 && errno != EINTR) break;
    if (count > 0) written += static_cast<std::size_t>(count);
  }
  if (descriptor >= 0) ::lseek(descriptor, 0, SEEK_SET);
  return descriptor;
}

std::string read_all(int descriptor, std::ostream* echo) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = ::read(descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (echo != nullptr) echo->write(buffer.data(), count).flush();
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& command, const std::string& input, std::ostream* echo) {
  const Descriptor source(memory_file(input));
  std::array<int, 2> ends{-1, -1};
  [[maybe_unused]] const int piped = ::pipe2(ends.data(), O_CLOEXEC);
  const Descriptor output(ends[0]);
  Descriptor child_end(ends[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, source.value(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, child_end.value(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, child_end.value(), STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));  // as POSIX wants it
  words.push_back(nullptr);

  pid_t process = 0;
  const int status = ::posix_spawnp(&process, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  child_end.close();
  if (status == ENOENT) return {.found = false, .exit_code = 127, .output = {}};
  if (status != 0) throw Error(command[0], std::string("cannot be started: ") + std::strerror(status) + "; try again.");
  ProcessResult result;
  result.output = read_all(output.value(), echo);
  result.exit_code = wait_for(process);
  return result;
}

std::filesystem::path program_file() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error);
}

std::string shell_quote(const std::string& text) {
  static constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace fovea::cli
