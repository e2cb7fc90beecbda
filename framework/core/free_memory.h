#pragma once

#include <cstddef>

namespace fovea {

/// The bytes that this process may still take: what the system has available, within the limit of its control group.
std::size_t free_memory();

/// Called before a block of memory is taken and filled: without it, the system would end the process when the memory is used
/// up, without a word. Blocks below 64 KiB are not looked at.
/// Errors    the block is larger than what is free.
void expect_memory(std::size_t bytes);

}  // namespace fovea
