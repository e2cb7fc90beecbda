#pragma once

#include <chrono>
#include <cstdint>
#include <string>

// What the child processes that read the files of anybody have in common.
namespace fovea {

/// The first call in a child: it ends with `parent`, however that ends; it crashes without a word; what asks the parent to
/// stop is not for it; and of the files of the parent it keeps the standard ones and `out`.
void begin_child(int parent, int out);

/// Ends this process after so much more of computing.
void limit_computing(std::chrono::seconds limit);

/// A reservation of more memory than this is refused from now on, to the process and to those that it starts.
void limit_memory(std::uint64_t bytes);

/// Why a child that ended with this status, of waitpid, did not come to its end.
std::string ended_early(int status, std::chrono::seconds limit);

/// `purpose` continues "expected to", `code` is an errno.
[[noreturn]] void throw_no_process(const char* purpose, int code);

}  // namespace fovea
