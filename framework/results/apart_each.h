#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace fovea {

/// What was answered for one item, or why nothing was.
struct ApartAnswer {
  std::string text;
  std::string problem;  // "what was expected; what came; what to do."
};

/// run_apart for many items: the answers of `work` for 0, 1, ..., count - 1, made in some child processes side by side, each
/// for many items. An item that crashes its process, or computes for longer than `limit` says, is the only one without an
/// answer; so is one whose `work` throws.
///
/// Errors    no process could be made.
std::vector<ApartAnswer> run_apart_each(std::size_t count, const std::function<std::chrono::seconds(std::size_t)>& limit,
                                        const std::function<std::string(std::size_t)>& work);

}  // namespace fovea
