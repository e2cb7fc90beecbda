#include "framework/files/posix_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <string>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/files/input.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using fovea::testing::ScratchDirectory;

namespace {

std::string message(auto call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A call that a signal interrupts `times` times before it comes to its end.
struct Interrupted {
  int times;
  int calls = 0;
  int operator()() {
    if (calls++ < times) {
      errno = EINTR;
      return -1;
    }
    return 7;
  }
};

void make_socket(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  REQUIRE(name.size() < sizeof(address.sun_path));
  std::copy(name.begin(), name.end(), address.sun_path);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  ::close(descriptor);
}

}  // namespace

TEST_CASE("an interrupted call is repeated, but not for ever") {
  CHECK(uninterrupted(Interrupted{0}) == 7);
  CHECK(uninterrupted(Interrupted{1}) == 7);
  CHECK(uninterrupted(Interrupted{100}) == 7);
  CHECK(uninterrupted(Interrupted{1'000'000}) == -1);
  CHECK(errno == EINTR);
}

TEST_CASE("what is no regular file is refused in one line, without waiting, by every reader") {
  const ScratchDirectory scratch;
  const auto at = [&](const std::string& name) { return scratch.path() / name; };
  REQUIRE(::mkfifo(at("pipe").c_str(), 0600) == 0);
  make_socket(at("socket"));
  std::filesystem::create_symlink("pipe", at("link"));
  std::filesystem::create_symlink("loop", at("loop"));
  struct Case {
    std::filesystem::path path;
    std::string part;
  };
  const std::vector<Case> cases = {{at("pipe"), "expected a regular file; it is a device, pipe or socket"},
                                   {at("socket"), "expected a regular file; it is a device, pipe or socket"},
                                   {at("link"), "expected a regular file; it is a device, pipe or socket"},
                                   {"/dev/null", "expected a regular file; it is a device, pipe or socket"},
                                   {"/dev/tty", "expected a regular file; it is a device, pipe or socket"},
                                   {scratch.path(), "expected a file; it is a directory"},
                                   {at("loop"), "check the link: it leads to itself."},
                                   {at(std::string(300, 'n')), "give a shorter path."},
                                   {at(std::string(9000, '/') + "n"), "give a shorter path."},
                                   {at("none"), "No such file or directory; check the path."},
                                   {at("pipe") / "below", "Not a directory; check the path."},
                                   {"", "No such file or directory; check the path."}};
  for (const Case& c : cases) {
    for (const std::string& text : {message([&] { open_regular(c.path); }), message([&] { read_file(c.path); }),
                                    message([&] { hash_of_file(c.path); }), message([&] { read_input(c.path); })}) {
      INFO(c.path.string().substr(0, 100), ": ", text);
      CHECK(contains(text, c.part));
      CHECK_FALSE(contains(text, "\n"));
    }
  }
}

TEST_CASE("a file of the program is not followed where it is a link") {
  const ScratchDirectory scratch;
  const auto target = scratch.path() / "target";
  write_atomically(target, {});
  std::filesystem::create_symlink(target, scratch.path() / "link");
  std::filesystem::create_symlink(scratch.path() / "none", scratch.path() / "dangling");
  std::filesystem::create_directory(scratch.path() / "directory");
  REQUIRE(::mkfifo((scratch.path() / "pipe").c_str(), 0600) == 0);
  for (const std::string name : {"link", "dangling", "directory", "pipe"}) {
    for (const int flags : {O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_APPEND, O_RDONLY, O_WRONLY}) {
      const std::string text = message([&] { open_own(scratch.path() / name, flags); });
      CHECK(contains(text, "expected a regular file, as this program writes it; it is a"));
    }
  }
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "none"));
  CHECK(message([&] { open_own(scratch.path() / "new", O_RDWR | O_CREAT); }) == "no error");
}

TEST_CASE("directories are made as far as they are missing") {
  const ScratchDirectory scratch;
  const auto deep = scratch.path() / "a" / "b" / "c";
  make_directories(deep);
  make_directories(deep);
  CHECK(std::filesystem::is_directory(deep));
  make_directories(scratch.path() / "d" / "");
  CHECK(std::filesystem::is_directory(scratch.path() / "d"));
  std::filesystem::create_directory_symlink(deep, scratch.path() / "link");
  make_directories(scratch.path() / "link" / "e");
  CHECK(std::filesystem::is_directory(deep / "e"));
  write_atomically(scratch.path() / "file", {});
  CHECK(contains(message([&] { make_directories(scratch.path() / "file" / "x"); }),
                 "x] expected to make the directory; Not a directory;"));
  CHECK(contains(message([&] { make_directories(scratch.path() / std::string(300, 'n')); }), "give a shorter path."));
}
