#include "framework/core/name.h"

#include <algorithm>

#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

constexpr std::size_t kMostBytes = 200;  // a run and its seed are the name of a directory

const char* fault_of(std::string_view name) {
  if (name.empty()) return "it is empty";
  if (name == "." || name == "..") return "it stands for a folder";
  if (name.find('/') != std::string_view::npos) return "it has a '/'";
  if (name.size() > kMostBytes) return "it has more than 200 bytes";
  if (!is_utf8(name)) return "it is not UTF-8";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return std::any_of(name.begin(), name.end(), is_control) ? "it has a control character" : nullptr;
}

[[noreturn]] void reject(const std::string& where, const std::string& what, std::string_view name, const char* fault) {
  throw Error(where, "the name " + what + " was expected to be one that a file can hold; " + in_quotes(name) +
                         " came, but " + fault + "; rename it.");
}

}  // namespace

void expect_name(const std::string& where, const std::string& what, std::string_view name) {
  if (const char* fault = fault_of(name); fault != nullptr) reject(where, what, name, fault);
}

void expect_path(const std::string& where, const std::string& what, std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (const char* fault = fault_of(path.substr(begin, end - begin)); fault != nullptr) {
      reject(where, what + ", and every part of it,", path, fault);
    }
    begin = end + 1;
  }
}

}  // namespace fovea
