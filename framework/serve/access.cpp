#include "framework/serve/access.h"

#include <fmt/format.h>
#include <sys/random.h>
#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

#include "framework/core/error.h"
#include "framework/files/posix_file.h"

namespace fovea {

std::string make_token() {
  std::array<unsigned char, 16> bytes{};
  const ssize_t size = uninterrupted([&] { return ::getrandom(bytes.data(), bytes.size(), 0); });
  if (size != static_cast<ssize_t>(bytes.size())) {
    throw Error("token",
                "expected random bytes from the system; " + std::generic_category().message(errno) + "; try again.");
  }
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

bool is_token(std::string_view given, std::string_view token) {
  if (given.size() != token.size() || token.empty()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < token.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(token[i]));
  }
  return difference == 0;
}

bool is_own_host(std::string_view host, int port) {
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name == fmt::format("127.0.0.1:{}", port) || name == fmt::format("localhost:{}", port);
}

}  // namespace fovea
