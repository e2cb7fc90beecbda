#pragma once

#include <string>
#include <vector>

namespace fovea {

/// Errors where a setting has patterns that fit no parameter: a slip of the pen would be without effect. `unmatched`: what
/// PathPatterns and PathNumbers call so; the message names the path that needs the fewest changes to fit the first of them.
void expect_matched(const std::string& option, const std::vector<std::string>& unmatched,
                    const std::vector<std::string>& paths);

}  // namespace fovea
