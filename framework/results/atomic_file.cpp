#include "framework/results/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "framework/core/error.h"
#include "framework/results/posix_file.h"

namespace fovea {
namespace {

using Digest = std::array<std::byte, sizeof(XXH128_canonical_t)>;

Digest canonical(XXH128_hash_t hash) {
  XXH128_canonical_t text;
  XXH128_canonicalFromHash(&text, hash);
  Digest digest;
  std::memcpy(digest.data(), text.digest, digest.size());
  return digest;
}

Digest digest_of(std::span<const std::byte> bytes) { return canonical(XXH3_128bits(bytes.data(), bytes.size())); }

std::string hexadecimal(const Digest& digest) {
  std::string text;
  for (const std::byte byte : digest) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

void write_parts(const std::filesystem::path& path, std::span<const std::byte> head, std::span<const std::byte> body) {
  std::filesystem::path temporary = path;
  temporary += ".tmp";
  PosixFile file(temporary, O_WRONLY | O_CREAT | O_TRUNC);
  try {
    file.write(head);
    file.write(body);
    file.sync();
    file.close();
    replace_file(temporary, path);
  } catch (...) {
    std::error_code ignored;  // the first error is the one to report
    std::filesystem::remove(temporary, ignored);
    throw;
  }
}

}  // namespace

void write_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) { write_parts(path, {}, bytes); }

void write_hashed(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  write_parts(path, digest_of(bytes), bytes);
}

std::vector<std::byte> read_hashed(const std::filesystem::path& path) {
  std::vector<std::byte> bytes = read_file(path);
  Digest stored{};
  if (bytes.size() < stored.size()) {
    throw Error(path.string(), fmt::format("expected a file that begins with a hash of {} bytes; it has {} bytes; "
                                           "delete it to start again.",
                                           stored.size(), bytes.size()));
  }
  std::memcpy(stored.data(), bytes.data(), stored.size());
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(stored.size()));
  const Digest found = digest_of(bytes);
  if (found != stored) {
    throw Error(path.string(), fmt::format("expected content with the hash {}; it has {}: the file is damaged; "
                                           "delete it to start again.",
                                           hexadecimal(stored), hexadecimal(found)));
  }
  return bytes;
}

std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t from) {
  PosixFile file = open_regular(path);
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) throw_file_error(path, "read the size of the file", errno);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (from >= size) return {};
  if (::lseek(file.descriptor(), static_cast<off_t>(from), SEEK_SET) < 0) {
    throw_file_error(path, "read the file", errno);
  }
  std::vector<std::byte> bytes(static_cast<std::size_t>(size - from));
  bytes.resize(file.read(bytes));
  return bytes;
}

std::string hash_of(std::span<const std::byte> bytes) { return hexadecimal(digest_of(bytes)); }

std::string hash_of_file(const std::filesystem::path& path) {
  PosixFile file = open_regular(path);
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(), XXH3_freeState);
  XXH3_128bits_reset(state.get());
  std::vector<std::byte> piece(std::size_t{1} << 20);
  while (const std::size_t size = file.read(piece)) XXH3_128bits_update(state.get(), piece.data(), size);
  return hexadecimal(canonical(XXH3_128bits_digest(state.get())));
}

}  // namespace fovea
