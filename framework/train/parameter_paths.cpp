#include "framework/train/parameter_paths.h"

#include <algorithm>
#include <string_view>

#include "framework/core/error.h"
#include "framework/core/text.h"

namespace fovea {
namespace {

/// The characters that have to be inserted, removed or changed before the path fits the pattern.
std::size_t changes(std::string_view path, std::string_view pattern) {
  std::vector<std::size_t> row(path.size() + 1);  // for the pattern so far and each length of the path
  for (std::size_t length = 0; length <= path.size(); ++length) row[length] = length;
  for (const char wanted : pattern) {
    std::size_t diagonal = row[0];
    row[0] += wanted == '*' ? 0 : 1;
    for (std::size_t length = 1; length <= path.size(); ++length) {
      const std::size_t above = row[length];
      const bool is_same = wanted == '?' || wanted == path[length - 1];
      row[length] = wanted == '*' ? std::min(above, row[length - 1])
                                  : std::min({above + 1, row[length - 1] + 1, diagonal + (is_same ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

void expect_matched(const std::string& option, const std::vector<std::string>& unmatched,
                    const std::vector<std::string>& paths) {
  if (unmatched.empty()) return;
  const std::string& pattern = unmatched.front();
  const auto nearer = [&](const std::string& a, const std::string& b) { return changes(a, pattern) < changes(b, pattern); };
  const auto nearest = std::min_element(paths.begin(), paths.end(), nearer);
  throw Error(option, "patterns that fit the path of a parameter were expected; " + in_quotes(pattern) +
                          " fits none of the " + std::to_string(paths.size()) + " it may fit" +
                          (nearest == paths.end() ? "" : ", the nearest is " + in_quotes(*nearest)) +
                          "; correct it: * stands for any characters, ? for one.");
}

}  // namespace fovea
