#pragma once

#include <string>
#include <string_view>

namespace fovea {

/// Checks the name of something that a results file keeps: a run, metric, slice, evaluation, scope, site, or a part of the
/// path of a parameter. `what` continues "the name": "of a metric".
/// Errors    an empty name, "." and "..", '/', control characters, bytes that are not UTF-8, more than 200 bytes.
void expect_name(const std::string& where, const std::string& what, std::string_view name);

/// Checks every part of "decoder/weights".
void expect_path(const std::string& where, const std::string& what, std::string_view path);

}  // namespace fovea
