#pragma once

#include <functional>
#include <string>

namespace fovea {

/// Runs `work` in a child process and returns what it returns. The HDF5 library can crash or loop on a file made or
/// damaged for it; here that ends the child only.
///
/// Errors    the child crashed or used more than ten minutes; no process could be made. What `work` throws is lost: it
///           should return its errors as text.
std::string run_apart(const std::function<std::string()>& work);

}  // namespace fovea
