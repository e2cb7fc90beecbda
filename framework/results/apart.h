#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace fovea {

/// Runs `work` in a child process and returns what it returns. The HDF5 library can crash or loop on a file made or
/// damaged for it; here that ends the child only. The child ends with this process.
///
/// Errors    the child crashed, or computed for longer than `limit`; no process could be made. What `work` throws is lost:
///           it should return its errors as text. Where `stop` is given, the child is ended as soon as that is not 0.
std::string run_apart(std::chrono::seconds limit, const std::function<std::string()>& work,
                      const std::atomic<int>* stop = nullptr);

/// Seconds of computing that to read a file of this size never takes: three, and one for every 8 MiB.
std::chrono::seconds reading_limit(std::uintmax_t bytes);

}  // namespace fovea
