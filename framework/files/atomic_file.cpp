#include "framework/files/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <xxhash.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <utility>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"

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

std::filesystem::path with_ending(std::filesystem::path path, const std::string& ending) {
  path += ending;
  return path;
}

/// Writes to `file`, which is open at `temporary`, and puts it in the place of `path`.
void write_through(PosixFile file, const std::filesystem::path& temporary, const std::filesystem::path& path,
                   std::initializer_list<std::span<const std::byte>> parts) {
  try {
    for (const std::span<const std::byte> part : parts) file.write(part);
    file.sync();
    file.close();
    replace_file(temporary, path);
  } catch (...) {
    discard_file(temporary);  // the first error is the one to report
    throw;
  }
}

void write_parts(const std::filesystem::path& path, std::initializer_list<std::span<const std::byte>> parts) {
  expect_replaceable(path);
  const std::filesystem::path temporary = with_ending(path, ".tmp");
  write_through(create_anew(temporary), temporary, path, parts);
}

}  // namespace

void write_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes) { write_parts(path, {bytes}); }

void write_output(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  expect_replaceable(path);
  const std::filesystem::path temporary = with_ending(path, fmt::format(".{}.tmp", ::getpid()));
  PosixFile file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  write_through(std::move(file), temporary, path, {bytes});
}

void write_hashed(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const Digest digest = digest_of(bytes);
  write_parts(path, {digest, bytes});
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
  const std::uintmax_t size = file.size();
  if (from >= size) return {};
  constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 40U;
  if (size > kMostBytes) {
    throw Error(path.string(),
                fmt::format("expected a file of at most {} bytes; it has {}; check the path.", kMostBytes, size));
  }
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
