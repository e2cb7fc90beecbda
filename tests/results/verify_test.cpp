#include "framework/results/verify.h"

#include <doctest/doctest.h>
#include <hdf5.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>

#include "framework/core/error.h"
#include "framework/core/rng.h"
#include "framework/files/atomic_file.h"
#include "framework/results/apart.h"
#include "framework/results/hash_list.h"
#include "framework/results/run_file.h"
#include "framework/results/summary.h"
#include "tests/results/sample_record.h"

using namespace fovea;
using namespace fovea::testing;

namespace {

/// The one line for a file that fails.
std::string failure(const std::filesystem::path& path, HashCheck hash = HashCheck::kRequired) {
  const VerifyReport report = verify(path, hash);
  return report.passed() ? "" : report.failures.front();
}

bool contains(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// A copy of a sound file that `change` has made hostile, and what is said about it without its hash.
std::string hostile(void (*change)(hid_t file)) {
  const ScratchDirectory scratch;
  publish(sample_record(), scratch.path());
  const auto path = scratch.path() / kResultsName;
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  change(file);
  H5Fclose(file);
  return failure(path, HashCheck::kSkipped);
}

void add_data_set(hid_t file, hid_t properties, hsize_t extent, hid_t type = H5T_NATIVE_DOUBLE) {
  const hid_t space = H5Screate_simple(1, &extent, nullptr);
  const hid_t data_set = H5Dcreate2(file, "hostile", type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  const double value = 1;
  const hsize_t first = 0;
  H5Sselect_elements(space, H5S_SELECT_SET, 1, &first);
  const hid_t one = H5Screate(H5S_SCALAR);
  if (type == H5T_NATIVE_DOUBLE) H5Dwrite(data_set, type, one, space, H5P_DEFAULT, &value);
  H5Sclose(one);
  H5Dclose(data_set);
  H5Sclose(space);
  H5Pclose(properties);
}

}  // namespace

TEST_CASE("a missing, empty, other or absent file fails in one line") {
  const ScratchDirectory scratch;
  CHECK(contains(failure(scratch.path() / "none.h5"), "none.h5] expected to open the file; No such file"));
  CHECK(contains(failure(scratch.path()), "] expected a file; it is a directory;"));
  CHECK(contains(failure("/dev/null"), "expected a regular file;"));
  std::ofstream(scratch.path() / "empty.h5").flush();
  CHECK(contains(failure(scratch.path() / "empty.h5", HashCheck::kSkipped), "it is empty;"));
  std::ofstream(scratch.path() / "text.h5") << "text";
  CHECK(contains(failure(scratch.path() / "text.h5", HashCheck::kSkipped), "expected an HDF5 file;"));
}

TEST_CASE("a file without its hash beside it fails, but only in that") {
  const ScratchDirectory scratch;
  publish(sample_record(), scratch.path());
  std::filesystem::remove(scratch.path() / kResultsHashName);
  const VerifyReport report = verify(scratch.path() / kResultsName);
  REQUIRE(report.failures.size() == 1);
  CHECK(contains(report.failures[0], "expected its hash in results.h5.xxh128; there is none;"));
}

TEST_CASE("every flipped bit is found by the hash, and reading without it never crashes") {
  const ScratchDirectory scratch;
  publish(sample_record(), scratch.path());
  const auto path = scratch.path() / kResultsName;
  const std::vector<std::byte> whole = read_file(path);
  Rng rng({.seed = 5});
  for (int i = 0; i < 300; ++i) {
    std::vector<std::byte> damaged = whole;
    const auto bit = static_cast<std::size_t>(rng.below(static_cast<Extent>(8 * whole.size())));
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    overwrite(path, damaged);
    CHECK(contains(failure(path), "the file is damaged or was changed"));
    if (i % 10 != 0) continue;  // reading in separate processes takes longer
    verify(path, HashCheck::kSkipped);
    try {
      read_summary(path);
    } catch (const Error& error) {
      CHECK(contains(error.what(), "results.h5] expected"));
    }
  }
}

TEST_CASE("a crash of the library on a hostile file becomes an error") {
  CHECK(run_apart(std::chrono::seconds(1), [] { return std::string("text\0with zero", 14); }).size() == 14);
  CHECK_THROWS_WITH_AS(run_apart(std::chrono::seconds(1),
                                 []() -> std::string {
                                   ::raise(SIGSEGV);
                                   return "";
                                 }),
                       doctest::Contains("it crashed on this one"), Error);
  CHECK_THROWS_AS(run_apart(std::chrono::seconds(1), []() -> std::string { throw Error("lost"); }), Error);
}

TEST_CASE("a reading that does not end is ended within seconds, by the size of the file") {
  const auto began = std::chrono::steady_clock::now();
  CHECK_THROWS_WITH_AS(run_apart(std::chrono::seconds(1),
                                 []() -> std::string {
                                   for (std::atomic<int> turn = 0;; ++turn) {
                                   }
                                 }),
                       doctest::Contains("it did not end within 1 seconds of computing on this one"), Error);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(60));
  CHECK(reading_limit(0) == std::chrono::seconds(3));
  CHECK(reading_limit(800U << 20U) == std::chrono::seconds(103));
}

TEST_CASE("a reading process ends with the one that waits for it, and does not take its signals") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::dup2(ends[1], STDIN_FILENO);  // one of the standard files, which alone a reading process keeps
    const std::string nothing = run_apart(std::chrono::seconds(1), []() -> std::string {
      ::raise(SIGINT);
      ::raise(SIGHUP);
      const pid_t own = ::getpid();
      if (::write(STDIN_FILENO, &own, sizeof(own)) == sizeof(own)) ::pause();
      return "";
    });
    ::_exit(0);
  }
  pid_t child = 0;
  REQUIRE(::read(ends[0], &child, sizeof(child)) == sizeof(child));
  ::close(ends[1]);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  pollfd other_end{ends[0], POLLIN, 0};
  constexpr int kMilliseconds = 20'000;
  CHECK(::poll(&other_end, 1, kMilliseconds) == 1);  // its end: nobody is left who could write
  CHECK((other_end.revents & POLLHUP) != 0);
  ::kill(child, SIGKILL);
  ::close(ends[0]);
}

TEST_CASE("a hash that does not fit is told without the structure, a missing one is not") {
  const ScratchDirectory scratch;
  publish(sample_record(), scratch.path());
  const auto path = scratch.path() / kResultsName;
  CHECK(hash_failure(path).empty());
  std::vector<std::byte> bytes = read_file(path);
  bytes[bytes.size() / 2] ^= std::byte{1};
  overwrite(path, bytes);
  CHECK(contains(hash_failure(path), "the file is damaged or was changed"));
  std::filesystem::remove(hash_path(path));
  CHECK(hash_failure(path).empty());
}

TEST_CASE("many attributes are read in a time that grows with their number") {
  const ScratchDirectory scratch;
  RunRecord record = sample_record();
  for (int i = 0; i < 3000; ++i) record.config.emplace_back("setting_" + std::to_string(i), std::to_string(i));
  publish(record, scratch.path());
  // Sorted anew for each of them, they would take several times the limit of the process that reads them first.
  CHECK(read_summary(scratch.path() / kResultsName).config == record.config);
}

TEST_CASE("every truncation is found, with and without the hash") {
  const ScratchDirectory scratch;
  publish(sample_record(), scratch.path());
  const auto path = scratch.path() / kResultsName;
  const auto size = std::filesystem::file_size(path);
  for (std::uintmax_t left = size - 1; left > 0; left = left * 4 / 5) {
    std::filesystem::resize_file(path, left);
    CHECK(contains(failure(path), "the file is damaged or was changed"));
    CHECK_FALSE(verify(path, HashCheck::kSkipped).passed());
    CHECK_THROWS_AS(read_summary(path), Error);
  }
}

TEST_CASE("links that leave the tree are refused") {
  CHECK(contains(hostile([](hid_t file) { H5Lcreate_soft("/train", file, "hostile", H5P_DEFAULT, H5P_DEFAULT); }),
                 "expected hard links only; '/hostile' is a soft or an external link;"));
  CHECK(contains(hostile([](hid_t file) { H5Lcreate_external("/etc/passwd", "/", file, "x", H5P_DEFAULT, H5P_DEFAULT); }),
                 "is a soft or an external link;"));
  CHECK(contains(hostile([](hid_t file) { H5Lcreate_hard(file, "/", file, "/train/x", H5P_DEFAULT, H5P_DEFAULT); }),
                 "expected a tree of groups;"));
}

TEST_CASE("values outside the file are refused") {
  CHECK(contains(hostile([](hid_t file) {
                   const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
                   H5Pset_external(properties, "fovea_no_such_file", 0, 80);
                   add_data_set(file, properties, 10, H5T_STD_I64LE);
                 }),
                 "keeps them in other files"));
  CHECK(contains(hostile([](hid_t file) {
                   const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
                   const hsize_t extent = 10;
                   const hid_t space = H5Screate_simple(1, &extent, nullptr);
                   H5Pset_virtual(properties, space, "other.h5", "/x", space);
                   H5Sclose(space);
                   add_data_set(file, properties, 10, H5T_STD_I64LE);
                 }),
                 "is a virtual data set"));
}

TEST_CASE("a size that the stored bytes cannot hold is refused before memory is asked for") {
  const auto chunked = [](hid_t file, hsize_t extent, hsize_t chunk) {
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_deflate(properties, 1);
    add_data_set(file, properties, extent);
  };
  static const auto add = chunked;
  CHECK(contains(hostile([](hid_t file) { add(file, hsize_t{1} << 32, 1024); }), "declares far more"));
  CHECK(contains(hostile([](hid_t file) { add(file, hsize_t{1} << 50, 1024); }), "data sets of at most 64 GiB"));
  CHECK(contains(hostile([](hid_t file) { add(file, 9'000'000, 9'000'000); }), "expected chunks of at most 64 MiB"));
}

TEST_CASE("tables that contradict themselves are found") {
  CHECK(contains(hostile([](hid_t file) { H5Ldelete(file, "/train/step", H5P_DEFAULT); }), "/train/step; it is missing"));
  CHECK(contains(hostile([](hid_t file) { H5Adelete(file, "experiment"); }), "the attribute experiment; it is missing"));
  CHECK(contains(hostile([](hid_t file) { H5Ldelete(file, "/graph", H5P_DEFAULT); }), "the group /graph; it is missing"));
  CHECK(contains(hostile([](hid_t file) {
                   const hid_t data_set = H5Dopen2(file, "/train/loss", H5P_DEFAULT);
                   const hsize_t rows = 19;
                   H5Dset_extent(data_set, &rows);
                   H5Dclose(data_set);
                 }),
                 "expected as many rows in /train/loss as in step"));
  CHECK(hostile([](hid_t) {}).empty());
}
