#include "framework/results/hash_list.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "framework/files/atomic_file.h"

namespace fovea {
namespace {

constexpr std::size_t kDigits = 32;

bool is_hash(std::string_view text) {
  constexpr std::string_view kHexadecimal = "0123456789abcdef";
  return text.size() == kDigits && text.find_first_not_of(kHexadecimal) == std::string_view::npos;
}

}  // namespace

std::filesystem::path hash_path(const std::filesystem::path& results) {
  std::filesystem::path path = results;
  path += ".xxh128";
  return path;
}

std::vector<std::string> listed_hashes(const std::filesystem::path& results) {
  const std::filesystem::path path = hash_path(results);
  std::error_code error;
  constexpr std::uintmax_t kMaxBytes = 64 * 1024;
  if (!std::filesystem::is_regular_file(path, error) || std::filesystem::file_size(path, error) > kMaxBytes) return {};
  const std::vector<std::byte> bytes = read_file(path);
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::vector<std::string> hashes;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string digits = text.substr(begin, std::min(kDigits, end - begin));
    if (is_hash(digits)) hashes.push_back(digits);
    begin = end + 1;
  }
  return hashes;
}

void write_hashes(const std::filesystem::path& results, const std::vector<std::string>& hashes) {
  std::string text;
  for (const std::string& hash : hashes) text += hash + "  " + results.filename().string() + "\n";
  write_atomically(hash_path(results), std::as_bytes(std::span(text)));
}

}  // namespace fovea
