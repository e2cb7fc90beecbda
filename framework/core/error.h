#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// An error that its user can fix. The text has the form
///   [where] what was expected; what came; what to do.
/// on one line: what() shows control characters escaped.
/// Inner code throws the fact; an outer layer adds the place with `at` and rethrows.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& fact);
  Error(const std::string& where, const std::string& fact);

  const std::string& where() const { return where_; }
  const std::string& fact() const { return fact_; }

  /// The same error with `outer` put before its place: "decoder" + "pointer" -> "decoder/pointer".
  Error at(std::string_view outer) const;

 private:
  std::string where_;
  std::string fact_;
};

/// The exception that is handled now, as an Error: an Error stays what it is, anything else says what was at work when it
/// came, as in "run 'main', step 3". For `catch (...)` around the code of plugins and libraries.
Error caught_error(std::string_view at_work);

/// The known name nearest to `name` by edit distance, or "" where none is near.
std::string nearest_name(std::string_view name, std::span<const std::string> known);

/// "no 'sparsmax'; known: argmax, softmax. Did you mean 'softmax'?"
std::string unknown_name(std::string_view name, std::span<const std::string> known);

namespace detail {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

}  // namespace fovea

// A broken promise of our own code: checked in debug builds only.
#if defined(FOVEA_DEBUG)
#define FOVEA_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::fovea::detail::assertion_failed(#condition, __FILE__, __LINE__))
#else
#define FOVEA_ASSERT(condition) static_cast<void>(0)
#endif
