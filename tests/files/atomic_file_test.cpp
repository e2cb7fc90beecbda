#include "framework/files/atomic_file.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <csignal>
#include <span>
#include <string>

#include "framework/core/error.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using fovea::testing::ScratchDirectory;

namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

std::string message(auto call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

std::size_t entries(const std::filesystem::path& directory) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

void write_file(const std::filesystem::path& path, std::string_view text) {
  fovea::testing::overwrite(path, bytes_of(text));
}

/// No file may grow past `bytes`, as on a full disk; the signal that comes with it is ignored.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace

TEST_CASE("a file is replaced as a whole and no temporary file stays") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "file";
  write_atomically(path, bytes_of("first"));
  write_atomically(path, bytes_of("second"));
  CHECK(read_file(path) == bytes_of("second"));
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
}

TEST_CASE("a write that does not fit leaves the old file and no temporary one") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "file";
  write_atomically(path, bytes_of("old"));
  std::string text;
  {
    const FileSizeLimit limit(1000);
    text = message([&] { write_atomically(path, std::vector<std::byte>(100'000)); });
  }
  CHECK(text.find("[" + path.string() + ".tmp] expected to write the file;") == 0);
  CHECK(text.find("free some space") != std::string::npos);
  CHECK(read_file(path) == bytes_of("old"));
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
}

TEST_CASE("a missing directory and a file in its place are errors with the path") {
  const ScratchDirectory scratch;
  CHECK(message([&] { write_atomically(scratch.path() / "none" / "file", {}); }).find("none/file.tmp] expected to") !=
        std::string::npos);
  write_atomically(scratch.path() / "file", {});
  CHECK(message([&] { write_atomically(scratch.path() / "file" / "inner", {}); }).find("create its directory first") !=
        std::string::npos);
}

TEST_CASE("hashed bytes come back as they were written") {
  const ScratchDirectory scratch;
  for (const std::string& text : {std::string(), std::string("x"), std::string(100'000, 'y')}) {
    write_hashed(scratch.path() / "checkpoint", bytes_of(text));
    CHECK(read_hashed(scratch.path() / "checkpoint") == bytes_of(text));
  }
}

TEST_CASE("every flipped bit and every truncation of a hashed file is found") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "checkpoint";
  write_hashed(path, bytes_of("parameters and moments"));
  const std::vector<std::byte> whole = read_file(path);
  for (std::size_t bit = 0; bit < 8 * whole.size(); bit += 5) {
    std::vector<std::byte> damaged = whole;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    fovea::testing::overwrite(path, damaged);
    CHECK_THROWS_AS(read_hashed(path), Error);
  }
  for (std::size_t size = 0; size < whole.size(); ++size) {
    fovea::testing::overwrite(path, std::span(whole).first(size));
    CHECK_THROWS_AS(read_hashed(path), Error);
  }
}

TEST_CASE("the hash is XXH3-128: that of no bytes is the published one") {
  CHECK(hash_of({}) == "99aa06d3014798d86001c324468d497f");
  const ScratchDirectory scratch;
  const std::vector<std::byte> bytes(3'000'000, std::byte{7});
  write_atomically(scratch.path() / "file", bytes);
  CHECK(hash_of_file(scratch.path() / "file") == hash_of(bytes));
}

TEST_CASE("a link, a directory or a device is never replaced, and its target stays") {
  const ScratchDirectory scratch;
  const auto target = scratch.path() / "target";
  write_atomically(target, bytes_of("precious"));
  std::filesystem::create_symlink(target, scratch.path() / "link");
  std::filesystem::create_symlink(scratch.path() / "none", scratch.path() / "dangling");
  std::filesystem::create_symlink(scratch.path() / "loop", scratch.path() / "loop");
  std::filesystem::create_directory(scratch.path() / "directory");
  REQUIRE(::mkfifo((scratch.path() / "pipe").c_str(), 0600) == 0);
  std::vector<std::string> names{"link", "dangling", "loop", "directory", "pipe"};
  // A device of its own, which root may make: code that is broken would put a file in the place of that of the system.
  const bool has_device = ::mknod((scratch.path() / "device").c_str(), S_IFCHR | 0600, ::makedev(1, 3)) == 0;
  if (has_device) names.emplace_back("device");
  const std::size_t before = entries(scratch.path());
  for (const std::string& name : names) {
    const auto path = scratch.path() / name;
    INFO(path.string());
    for (const auto& text :
         {message([&] { write_atomically(path, bytes_of("new")); }), message([&] { write_output(path, bytes_of("new")); }),
          message([&] { write_hashed(path, bytes_of("new")); })}) {
      CHECK(text.find("expected a regular file, or none, at this path; it is a") != std::string::npos);
    }
  }
  CHECK(read_file(target) == bytes_of("precious"));
  CHECK(entries(scratch.path()) == before);
  CHECK(std::filesystem::is_symlink(scratch.path() / "link"));
  if (has_device) CHECK(std::filesystem::is_character_file(scratch.path() / "device"));
}

TEST_CASE("what stands at the temporary name is not followed, and does not make a writer wait") {
  const ScratchDirectory scratch;
  const auto path = scratch.path() / "file";
  const auto temporary = scratch.path() / "file.tmp";
  const auto target = scratch.path() / "target";
  write_atomically(target, bytes_of("precious"));
  std::filesystem::create_symlink(target, temporary);
  write_atomically(path, bytes_of("one"));
  REQUIRE(::mkfifo(temporary.c_str(), 0600) == 0);
  write_atomically(path, bytes_of("two"));
  write_file(temporary, "what a kill has left, which is longer");
  write_hashed(path, bytes_of("three"));
  CHECK(read_hashed(path) == bytes_of("three"));
  CHECK(read_file(target) == bytes_of("precious"));
  CHECK(entries(scratch.path()) == 2);
  std::filesystem::create_directory(temporary);
  CHECK(message([&] { write_atomically(path, bytes_of("four")); }).find("file.tmp] expected to remove the file;") !=
        std::string::npos);
  CHECK(read_hashed(path) == bytes_of("three"));
}

TEST_CASE("a file that the user names leaves a file with .tmp behind its name alone") {
  const ScratchDirectory scratch;
  write_file(scratch.path() / "table.tmp", "mine");
  write_output(scratch.path() / "table", bytes_of("first"));
  write_output(scratch.path() / "table", bytes_of("second"));
  CHECK(read_file(scratch.path() / "table") == bytes_of("second"));
  CHECK(read_file(scratch.path() / "table.tmp") == bytes_of("mine"));
  CHECK(entries(scratch.path()) == 2);
}

TEST_CASE("reading a directory or nothing is an error, reading past the end gives nothing") {
  const ScratchDirectory scratch;
  CHECK(message([&] { read_file(scratch.path()); }).find("expected a file; it is a directory;") != std::string::npos);
  CHECK(message([&] { read_file(scratch.path() / "none"); }).find("No such file") != std::string::npos);
  CHECK(message([&] { read_file("/dev/null"); }).find("expected a regular file") != std::string::npos);
  write_atomically(scratch.path() / "file", bytes_of("abc"));
  CHECK(read_file(scratch.path() / "file", 1) == bytes_of("bc"));
  CHECK(read_file(scratch.path() / "file", 9).empty());
}
