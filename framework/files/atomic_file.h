#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace fovea {

/// Replaces a file as a whole: temporary name, write, fsync, rename, fsync the directory. After an error the previous
/// file is still there and the temporary one is gone.
///
/// Errors    a missing or read-only directory, a full disk, a quota, a link or a device in its place: Error with the path
///           and the remedy.
void write_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// As write_atomically, for a path that the user names: the temporary name is one that no other file has.
void write_output(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// As write_atomically, with the XXH3-128 hash of `bytes` in front.
void write_hashed(const std::filesystem::path& path, std::span<const std::byte> bytes);

/// The bytes that write_hashed was given.
/// Errors    a missing, truncated or damaged file.
std::vector<std::byte> read_hashed(const std::filesystem::path& path);

/// The content of a regular file from byte `from` on; nothing where the file is shorter.
std::vector<std::byte> read_file(const std::filesystem::path& path, std::uint64_t from = 0);

/// XXH3-128 as 32 hexadecimal digits.
std::string hash_of(std::span<const std::byte> bytes);
std::string hash_of_file(const std::filesystem::path& path);

}  // namespace fovea
