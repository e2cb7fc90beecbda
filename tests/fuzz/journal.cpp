// Feeds the reader of journals and the reader of checkpoints with anything (libFuzzer). Not part of the build; by hand, as
// qa_reader.cpp says, with the library of a finished build for what the readers need and is not looked at:
//
//     clang++-14 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -I. \
//       tests/fuzz/journal.cpp framework/results/journal.cpp framework/train/checkpoint.cpp \
//       -Lbuild/release -lfovea -lfmt -lxxhash -Wl,-rpath,build/release -o build/fuzz_journal
//     mkdir -p build/fuzz_journal_corpus
//     cp runs/*/*/journal runs/*/*/checkpoint build/fuzz_journal_corpus
//     build/fuzz_journal -max_total_time=600 -max_len=20000 build/fuzz_journal_corpus

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "framework/core/error.h"
#include "framework/files/atomic_file.h"
#include "framework/results/journal.h"
#include "framework/train/checkpoint.h"

namespace {

using namespace fovea;

const std::filesystem::path& directory() {
  static const std::filesystem::path made = [] {
    std::string name = "/dev/shm/fovea-fuzz-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    return std::filesystem::path(name);
  }();
  return made;
}

/// Whole rows are read; a follower reads the same ones.
void read_as_journal(std::span<const std::byte> bytes) {
  const std::filesystem::path path = directory() / "journal";
  write_atomically(path, bytes);
  try {
    const std::vector<JournalRow> rows = read_journal(path);
    JournalFollower follower(path);
    if (follower.next().rows.size() != rows.size()) std::abort();
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): what is no journal is refused
  }
}

/// With the hash that belongs to it, so that the fields are looked at; what is taken can be written and read again.
void read_as_checkpoint(std::span<const std::byte> bytes) {
  constexpr std::size_t kHash = 16;  // a file of the corpus begins with its hash
  const std::filesystem::path path = directory() / kCheckpointName;
  write_hashed(path, bytes.size() < kHash ? bytes : bytes.subspan(kHash));
  try {
    const std::optional<Checkpoint> checkpoint = Checkpoint::read(directory());
    if (!checkpoint) std::abort();
    checkpoint->write(directory());
    if (!Checkpoint::read(directory())) std::abort();
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): what is no checkpoint is refused
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  read_as_journal(bytes);
  read_as_checkpoint(bytes);
  return 0;
}
