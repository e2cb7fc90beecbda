// Feeds the reader of results files with anything (libFuzzer). Not part of the build; by hand, as qa_reader.cpp says:
//
//     clang++-14 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
//       -DH5_USE_110_API $(pkg-config --cflags hdf5-serial) tests/fuzz/results.cpp \
//       framework/results/{hdf5,hdf5_axes,hdf5_read,hdf5_text,hdf5_values,structure}.cpp \
//       -Lbuild/release -lfovea $(pkg-config --libs hdf5-serial) -lhdf5_serial_hl -lfmt -Wl,-rpath,build/release \
//       -o build/fuzz_results
//     mkdir -p build/fuzz_results_corpus
//     cp tests/results/golden/*.h5 build/fuzz_results_corpus
//     ASAN_OPTIONS=detect_leaks=0 build/fuzz_results -max_total_time=600 -max_len=200000 \
//       -fork=1 -ignore_crashes=1 -ignore_ooms=1 -ignore_timeouts=1 build/fuzz_results_corpus
//
// The HDF5 library loses some bytes whenever it opens a file in memory, and can crash on a damaged one; the program then
// reads in a process apart. So crashes do not end the search: look at the stack of each (`build/fuzz_results crash-...`),
// and take those of our own functions for faults.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/results/hdf5_read.h"
#include "framework/results/structure.h"

namespace {

using namespace fovea;

const std::filesystem::path& file() {
  static const std::filesystem::path made = [] {
    std::string name = "/dev/shm/fovea-fuzz-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    return std::filesystem::path(name) / "results.h5";
  }();
  return made;
}

void read_values(const hdf5::Reader& reader, const TreeLine& line) {
  reader.attributes(line.path);
  if (line.type == "group") return;
  reader.read_through(line.path);
  if (line.type == "int64" || line.type == "int32") reader.integers(line.path);
  if (line.type == "float64" || line.type == "float32") reader.reals(line.path);
  if (line.type == "string" || line.type == "text") reader.texts(line.path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  write_atomically(file(), std::as_bytes(std::span(data, size)));
  try {
    check_structure(file());
    const hdf5::Session session;
    const hdf5::Reader reader(file());
    for (const TreeLine& line : reader.tree()) {
      try {
        read_values(reader, line);
      } catch (const Error&) {  // NOLINT(bugprone-empty-catch): what is damaged is refused
      }
    }
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): what is no results file is refused
  }
  return 0;
}
